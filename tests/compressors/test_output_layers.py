"""Layers that must keep their channels are found in few trials, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_edgebench.base.errors import BuildError, NoEffectError
from pytest_edgebench.compressors.prune_channels import PruneChannels
from pytest_edgebench.declare.model import Model, StepContext


def widths(net: Any) -> dict[str, int]:
    kinds = ("out_features", "out_channels", "hidden_size")
    return {n: getattr(m, kind) for n, m in net.named_modules() for kind in kinds if hasattr(m, kind)}


def pruned(net: Any, *shape: int, **options: Any) -> tuple[Any, set[str]]:
    """The module with half of its channels, and the layers that kept all."""
    import numpy as np
    from tiny_nets import score

    before = widths(net)
    model = Model(net, (np.zeros(shape, np.float32), np.zeros(shape[0])), score)
    context = StepContext("onnx", model, lambda n: {}, 0, lambda text: None)
    found = PruneChannels(0.5, **options).torch(net, context)
    return found, {name for name, width in widths(found).items() if before[name] == width}


def residual(depth: int, heads: tuple[str, ...]) -> Any:
    """`depth` blocks of two convolutions round which a sum goes, and `heads` layers that answer."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)

        def forward(self, x: Any) -> Any:
            return torch.relu(x + self.b(torch.relu(self.a(x))))

    class Net(nn.Module):
        calls = 0

        def __init__(self) -> None:
            super().__init__()
            self.heads = nn.ModuleDict({name: nn.Linear(8, 4) for name in heads})
            self.first, self.blocks = nn.Conv2d(3, 8, 3), nn.Sequential(*(Block() for _ in range(depth)))

        def forward(self, x: Any) -> Any:
            Net.calls += 1
            mean = self.blocks(self.first(x)).mean((2, 3))
            answers = tuple(head(mean) for head in self.heads.values())
            return answers[0] if len(answers) == 1 else answers

    torch.manual_seed(0)
    return Net().eval()


@pytest.mark.parametrize("heads", [("only",), ("left", "right")])
def test_found_in_few_trials(heads: tuple[str, ...]) -> None:
    """The heads are registered first here, where they are not guessed."""
    calls = {}
    for depth in (5, 20):
        net = residual(depth, heads)
        assert pruned(net, 1, 3, 8, 8)[1] == {f"heads.{name}" for name in heads}
        calls[depth] = type(net).calls
    # Three runs a trial: to see what hangs together, without channels, and with nobody reading them.
    assert calls[20] <= calls[5] + 2 * 3 * 2 * len(heads)
    assert calls[20] < 60


def test_a_layer_that_cannot_lose_a_channel_is_kept_alone() -> None:
    """A shape that is written out breaks what comes before it."""
    from torch import nn

    net = nn.Sequential(
        nn.Conv2d(3, 6, 1),
        nn.ReLU(),
        nn.Unflatten(1, (3, 2)),
        nn.Flatten(),
        nn.Linear(96, 8),
        nn.Linear(8, 4),
    )
    assert pruned(net.eval(), 1, 3, 4, 4)[1] == {"0", "5"}


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_recurrent_layers_lose_whole_units(kind: str) -> None:
    """Units that nobody listens to go, with their rows in every gate, and no answer changes."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(5, 6)
            self.cell = getattr(nn, kind)(6, 8, batch_first=True)
            self.last = nn.Linear(8, 3)

        def forward(self, x: Any) -> Any:
            return {"answer": self.last(self.cell(torch.relu(self.first(x)))[0][:, -1]), "nothing": None}

    torch.manual_seed(0)
    net: Any = Net().eval()
    idle = [1, 3, 4, 6]
    with torch.no_grad():
        net.last.weight[:, idle] = 0
        net.cell.weight_hh_l0[:, idle] = 0
        for weight in (net.cell.weight_ih_l0, net.cell.weight_hh_l0):
            rows = [row for row in range(len(weight)) if row % 8 in idle]
            weight[rows] *= 0.01
        x = torch.randn(2, 7, 5)
        wanted = net(x)["answer"]
        found, kept = pruned(net, 2, 7, 5, layer_ratios={"first": 0.0})
        torch.testing.assert_close(found(x)["answer"], wanted)
    assert kept - {"first"} == {"last"}  # what a GRU reads is not followed
    assert found.cell.weight_hh_l0.shape == ({"LSTM": 4, "GRU": 3}[kind] * 4, 4)


def test_layers_whose_channels_change_places() -> None:
    """A channel shuffle is not followed: what goes into it and comes out keeps its channels."""
    import torch
    from torch import nn

    class Shuffled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1)
            self.c, self.d = nn.Conv2d(8, 16, 1), nn.Linear(16, 3)

        def forward(self, x: Any) -> Any:
            x = torch.relu(self.a(x))
            n, c, h, w = x.shape
            x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
            return self.d(torch.relu(self.c(torch.relu(self.b(x)))).mean((2, 3)))

    torch.manual_seed(0)
    found, kept = pruned(Shuffled().eval(), 1, 3, 4, 4)
    assert kept == {"a", "d"}
    assert found.c.weight.shape == (8, 4, 1, 1)


def test_units_read_in_several_places_stay() -> None:
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.GRU(5, 8, 2, batch_first=True, bidirectional=True)
            self.last = nn.Linear(16, 3)

        def forward(self, x: Any) -> Any:
            return self.last(self.cell(x)[0][:, -1])

    with pytest.raises(NoEffectError, match="without some, cell, last would fail or change the outputs'"):
        pruned(Net().eval(), 2, 7, 5)


def test_modules_that_are_not_followed() -> None:
    import torch
    from torch import nn

    class Inference(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 3)

        def forward(self, x: Any) -> Any:
            if torch.is_grad_enabled():
                raise RuntimeError("no gradients here")
            return self.b(self.a(x))

    with pytest.raises(BuildError, match=r"cannot tell which layers read .*no gradients here"):
        pruned(Inference().eval(), 2, 4)
