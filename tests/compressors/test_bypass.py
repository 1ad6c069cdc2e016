"""Under the transformer preset residual branches are not rounded, though products read them rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest

from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.declare.model import Model

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder


def samples() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(48, 8, 16)).astype(np.float32), np.zeros(48)


def normed_after() -> Any:
    """Branches start at the normalised tensor, as in BERT, and add little to it."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norms = nn.ModuleList([nn.LayerNorm(16) for _ in range(3)])
            self.layers = nn.ModuleList([nn.Linear(16, 16) for _ in range(3)])
            for layer in self.layers:
                torch.nn.init.uniform_(next(layer.parameters()), -0.01, 0.01)

        def forward(self, x: Any) -> Any:
            for norm, layer in zip(self.norms, self.layers, strict=True):
                x = norm(x)
                x = x + torch.relu(layer(x))
            return x

    torch.manual_seed(0)
    return Net()


def in_float(path: Path, inputs: Any) -> Any:
    """What a file says, each step as it is written.

    Kernels of processors without VNNI saturate where all 8 bits are used, which says nothing of residuals.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: x[None]})[0] for x in inputs])


@pytest.mark.parametrize("reduce_range", [True, False])
def test_residuals_are_not_rounded(shared_builder: Builder, reduce_range: bool) -> None:
    model = Model(normed_after, samples, lambda outputs, labels: 0.0, name="post", place="conftest.py:3")
    recipe = quantize(model, "static-int8", preset="transformer", reduce_range=reduce_range)
    made = shared_builder.build(recipe, "onnx").path
    inputs = samples()[0]
    wanted = in_float(shared_builder.build(model, "onnx").path, inputs)
    error = np.square(in_float(made, inputs) - wanted).mean()
    assert 10 * np.log10(np.square(wanted).mean() / error) > 55  # 8 bits of the sums themselves give 41
    makers = {output: node.op_type for node in onnx.load(made).graph.node for output in node.output}
    readers = [node for node in onnx.load(made).graph.node if node.op_type in ("MatMul", "Gemm")]
    assert all(makers[node.input[0]] == "DequantizeLinear" for node in readers)


def test_results_of_convolutions_stay_part_of_their_kernels(shared_builder: Builder, cnn: Model) -> None:
    made = shared_builder.build(quantize(cnn, "static-int8", preset="transformer"), "onnx")
    assert made.record.counts.float_ops == 0
