"""`eb.Fit`: its loss, and all forms of data; training reads the roles of inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny_nets

from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.compressors.finetune import finetuned
from pytest_edgebench.compressors.fit import Fit
from pytest_edgebench.compressors.prune import Prune
from pytest_edgebench.compressors.training import label_loss
from pytest_edgebench.declare.model import Model, StepContext
from pytest_edgebench.declare.roles import Constant, Sample, State


def context(data: Any, source: Any = tiny_nets.mlp) -> StepContext:
    return StepContext("onnx", Model(source, data, tiny_nets.score), lambda n: {}, 0, lambda text: None)


def test_a_loss_of_the_users_own() -> None:
    """It gets what the module returns, all outputs of it, and is what training makes small."""
    import torch

    seen: list[Any] = []

    def loss(outputs: Any, labels: Any) -> Any:
        seen.append((outputs, labels))
        return (outputs[1] - 3).square().mean()

    torch.manual_seed(0)
    module = tiny_nets.pair()
    Fit(200, 4, 0.1, loss=loss)(module, tiny_nets.pair_samples())
    inputs = [torch.from_numpy(tiny_nets.pair_samples()[0][name]) for name in ("sound", "place")]
    assert float((module(*inputs)[1] - 3).abs().mean()) < 0.1
    outputs, labels = seen[0]
    assert [tuple(each.shape) for each in outputs] == [(4, 4)] * 2
    assert tuple(labels.shape) == (4,)


@pytest.mark.parametrize("returned", [3.0, None, "cut"])
def test_a_loss_that_trains_nothing(returned: Any) -> None:
    def loss(outputs: Any, labels: Any) -> Any:
        return outputs.mean().detach() if returned == "cut" else returned

    with pytest.raises(
        BuildError, match=r"loss= of Fit returned .*, not one number that depends on the outpu"
    ):
        Fit(loss=loss)(tiny_nets.mlp(), tiny_nets.flat_samples())


def test_data_in_every_form_train_alike() -> None:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    x, y = tiny_nets.flat_samples()
    pairs = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    forms: list[Any] = [
        (x, y),
        (torch.from_numpy(x), torch.from_numpy(y)),
        pairs,
        DataLoader(pairs, 7),
        [(x[:8], y[:8]), (x[8:], y[8:])],
        lambda: (x, y),
        lambda: DataLoader(pairs, 7),
    ]
    found = []
    for data in forms:
        torch.manual_seed(0)
        module = tiny_nets.mlp()
        Fit(1, data=data)(module)
        found.append(module[0].weight.detach().numpy().copy())
    assert all(np.array_equal(found[0], other) for other in found)


def test_dense_class_numbers() -> None:
    """(n, classes, ...) and (n, ..., classes) have cross-entropy for each place; -100 is left out."""
    import torch
    from torch.nn import functional

    scores, labels = torch.randn(2, 3, 4, 5), torch.randint(0, 3, (2, 4, 5))
    wanted = functional.cross_entropy(scores, labels)
    torch.testing.assert_close(label_loss(scores, labels), wanted)
    torch.testing.assert_close(label_loss(scores.movedim(1, -1), labels), wanted)
    torch.testing.assert_close(label_loss(scores, labels, 1), wanted)
    labels[0] = -100
    torch.testing.assert_close(label_loss(scores, labels), functional.cross_entropy(scores[1:], labels[1:]))
    with pytest.raises(BuildError, match="classes up to 5"):
        label_loss(scores, labels.clamp(min=2) + 3)
    with pytest.raises(BuildError, match=r"shape \(2, 4\)"):
        label_loss(scores, torch.zeros(2, 4, dtype=torch.long), 1)


def cell() -> Any:
    """One step of a recurrent network: its state has the sample as axis 1, its sound as axis 2."""
    from torch import nn

    class Cell(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.out = nn.GRU(3, 4), nn.Linear(4, 2)

        def forward(self, sound: Any, rate: Any, state: Any) -> Any:
            assert rate.shape == (1,)
            assert state.shape == (1, sound.shape[2], 4)
            found, last = self.gru(sound.movedim(2, 1) / rate, state)
            return self.out(found[-1]), last

    return Cell()


def sounds() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    inputs = {
        "sound": Sample(rng.normal(size=(5, 3, 16)).astype(np.float32), axis=2),
        "rate": Constant(np.array([2.0], np.float32)),
        "state": State(1, initial=np.zeros((1, 4), np.float32), axis=1),
    }
    return inputs, rng.integers(0, 2, 16)


def test_training_reads_roles() -> None:
    import torch

    given = context(sounds, cell)
    module = cell()
    before = module.out.weight.detach().clone()
    trained: Any = finetuned(module, Fit(1, 8), given)
    assert not torch.equal(trained.out.weight, before)
    Prune(0.5, Fit(1, 8)).torch(cell(), given)
