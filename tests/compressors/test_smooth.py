"""SmoothQuant under the transformer preset: large channels are handed on to weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from file_answers import answers
from onnx import numpy_helper

from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.compressors.onnx_form import smooth
from pytest_edgebench.declare.model import Model

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder


def samples() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(48, 8, 16)).astype(np.float32), np.zeros(48)


def net(*, normed: bool = True, shared: bool = False) -> Any:
    """A normalisation with one channel a hundred times the others, before two products."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.LayerNorm(16)
            self.norm.weight.data[3] = 100.0
            self.one, self.two = nn.Linear(16, 24), nn.Linear(16, 24, bias=False)
            for layer in (self.one, self.two):
                layer.weight.data[:, 3] /= 100

        def forward(self, x: Any) -> Any:
            x = self.norm(x) if normed else x * self.norm.weight
            found = torch.relu(self.one(x)) + self.two(x)
            return torch.cat([found, x], 2) if shared else found

    torch.manual_seed(0)
    return Net()


def scaled() -> Any:
    return net(normed=False)


def read_elsewhere() -> Any:
    return net(shared=True)


@pytest.mark.parametrize("source", [net, scaled])
def test_a_large_channel_takes_no_bits_of_the_others(
    source: Any, shared_builder: Builder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = Model(source, samples, lambda outputs, labels: 0.0, name="smooth", place="conftest.py:3")
    original = shared_builder.build(model, "onnx").path
    inputs = samples()[0]
    wanted = answers(original, inputs)
    made = shared_builder.build(quantize(model, "static-int8", preset="transformer"), "onnx").path
    assert np.square(answers(made, inputs) - wanted).mean() < np.square(wanted).mean() * 1e-3
    # In float the smoothed model answers as before, without one more operator.
    whole = onnx.load(original)
    before = [node.op_type for node in whole.graph.node]
    name = whole.graph.input[0].name
    assert smooth.smooth(original, whole, lambda: iter([{name: inputs}]), ())
    assert [node.op_type for node in whole.graph.node] == before
    onnx.save(whole, tmp_path / "smooth.onnx")
    assert np.abs(answers(tmp_path / "smooth.onnx", inputs) - wanted).max() < 1e-4
    norm = next(t for t in whole.graph.initializer if list(t.dims) == [16] and "norm" in t.name)
    assert np.abs(numpy_helper.to_array(norm)).max() < 30


def test_what_is_read_elsewhere_or_left_out_is_not_divided(shared_builder: Builder) -> None:
    model = Model(read_elsewhere, samples, lambda outputs, labels: 0.0, name="read", place="conftest.py:3")
    whole = onnx.load(shared_builder.build(model, "onnx").path)
    weights = {tensor.name: tensor for tensor in whole.graph.initializer}
    assert not smooth.places(whole, weights, ())
    model = Model(net, samples, lambda outputs, labels: 0.0, name="out", place="conftest.py:3")
    whole = onnx.load(shared_builder.build(model, "onnx").path)
    weights = {tensor.name: tensor for tensor in whole.graph.initializer}
    (place,) = smooth.places(whole, weights, ())
    assert len(place.products) == 2
    product = next(node.name for node in whole.graph.node if node.op_type in ("MatMul", "Gemm"))
    assert not smooth.places(whole, weights, [product])
