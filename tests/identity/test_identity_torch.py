"""Digests of tensors and modules."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.identity.digest import digest

if TYPE_CHECKING:
    from collections.abc import Callable

torch = pytest.importorskip("torch")
nn = torch.nn


class Net(nn.Module):  # type: ignore[name-defined,misc]
    def __init__(self, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, stride=stride)
        self.other = nn.Conv2d(1, 4, 3)
        self.rnn = nn.LSTM(2, 3)
        self.activation = nn.functional.relu
        self.register_buffer("scale", torch.ones(2), persistent=False)

    def forward(self, x: Any) -> Any:
        return self.activation(self.conv(x))


@pytest.fixture
def net() -> Any:
    torch.manual_seed(0)
    return Net()


def nudge(net: Any) -> None:
    weight = net.conv.weight.data.view(-1)
    weight[0] = float(np.nextafter(np.float32(weight[0]), np.float32(np.inf)))


def tie(net: Any) -> None:
    net.other.weight = net.conv.weight


@pytest.mark.parametrize(
    "change",
    [
        nudge,
        lambda net: net.scale.mul_(2),
        lambda net: setattr(net.conv, "stride", (2, 2)),
        lambda net: setattr(net, "activation", nn.functional.gelu),
        lambda net: setattr(net.conv, "bias", None),
        lambda net: net.conv.weight.requires_grad_(False),
        lambda net: setattr(net, "rnn", nn.Identity()),
        lambda net: net.half(),
    ],
    ids=["one ulp", "buffer", "stride", "function", "no bias", "frozen", "structure", "dtype"],
)
def test_module_moved(net: Any, change: Callable[[Any], object]) -> None:
    before = digest(net)
    assert digest(copy.deepcopy(net)) == before
    change(net)
    assert digest(net) != before


def test_module_moved_by_a_shared_tensor(net: Any) -> None:
    net.other.load_state_dict(net.conv.state_dict())
    before = digest(net)
    tie(net)
    assert digest(net) != before


def test_module_unmoved_by_training_mode_and_use(net: Any) -> None:
    before = digest(net)
    net.eval()
    net(torch.zeros(1, 1, 5, 5))
    assert digest(net) == before


def test_traced_graph_counts_by_its_code() -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    first = torch.fx.symbolic_trace(layers)
    assert digest(first) == digest(torch.fx.symbolic_trace(layers))
    assert digest(first) != digest(torch.fx.symbolic_trace(nn.Sequential(layers[0], nn.GELU())))


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_hooks_are_refused(net: Any, register: str) -> None:
    getattr(net.conv, register)(lambda *args: None)
    with pytest.raises(DeclarationError, match=r"Conv2d \(submodule `conv`\) has hooks") as caught:
        digest(net)
    assert "remove the hooks" in caught.value.fix


def test_tensors() -> None:
    values = [
        torch.zeros(2),
        torch.zeros(1, 2),
        torch.zeros(2, dtype=torch.bfloat16),
        torch.zeros(2, dtype=torch.bool),
        torch.zeros(0),
        torch.tensor(0.0),
        torch.zeros(2, dtype=torch.complex64),
        torch.float32,
        torch.device("cpu"),
        torch.relu,
        torch.Size([2]),
    ]
    assert len({digest(value) for value in values}) == len(values)
    assert digest(torch.arange(6).reshape(2, 3).t()) == digest(torch.tensor([[0, 3], [1, 4], [2, 5]]))


@pytest.mark.parametrize("make", [lambda: torch.zeros(2, device="meta"), lambda: torch.zeros(2).to_sparse()])
def test_tensors_without_plain_data_are_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(DeclarationError, match="has no identity"):
        digest({"w": make()})


def test_loaders_count_by_what_they_hold() -> None:
    import torch
    from torch.utils.data import ConcatDataset, DataLoader, Subset, TensorDataset

    zeros, ones = (TensorDataset(fill((8, 3)), torch.zeros(8)) for fill in (torch.zeros, torch.ones))

    def uses(loader: Any) -> Any:
        def tune(module: Any) -> None:
            for x, _ in loader:
                module(x)

        return tune

    distinct = [
        DataLoader(zeros, 4),
        DataLoader(ones, 4),
        DataLoader(zeros, 2),
        DataLoader(zeros, 4, shuffle=True),
        DataLoader(zeros, 4, shuffle=True, generator=torch.Generator().manual_seed(1)),
        DataLoader(Subset(zeros, [0, 1]), 4),
        DataLoader(ConcatDataset([zeros, ones]), 4),
    ]
    keys = [digest(uses(loader)) for loader in distinct]
    assert len({*keys}) == len(keys)
    for loader in distinct:
        list(loader)
    assert [digest(uses(loader)) for loader in distinct] == keys


def test_a_key_on_what_has_no_identity() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        loader: Any = pool
        with pytest.raises(DeclarationError) as raised:
            digest(loader)
        assert 'edgebench_key = "v1"' in raised.value.fix
        loader.edgebench_key = "one"
        first = digest(loader)
        loader.edgebench_key = "two"
        assert digest(loader) != first
