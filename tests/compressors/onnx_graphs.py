"""Small ONNX files that store their weights in all the ways that files of others do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from pytest_edgebench.declare.model import Model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FLOAT = TensorProto.FLOAT
node = helper.make_node


def info(name: str, shape: Any, dtype: int = FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, shape)


def weight(name: str, *shape: int, seed: int = 0, dtype: str = "float32") -> Any:
    values = np.random.default_rng([seed, *shape]).normal(size=shape) / np.sqrt(shape[0])
    return numpy_helper.from_array(values.astype(dtype), name)


def write(
    path: Path,
    nodes: Any,
    inputs: Any,
    outputs: Any,
    weights: Any = (),
    *,
    opset: int = 17,
    ir: int = 8,
    **graph: Any,
) -> Path:
    made = helper.make_graph(nodes, "g", inputs, outputs, weights, **graph)
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir), path)
    return path


def session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def answers(path: Path, inputs: Any, batch: int = 1) -> Any:
    """The first output for all samples."""
    loaded = session(path)
    (name,) = [value.name for value in loaded.get_inputs()]
    calls = [loaded.run(None, {name: inputs[n : n + batch]})[0] for n in range(0, len(inputs), batch)]
    return np.concatenate(calls)


def noise(found: Any, wanted: Any) -> float:
    """Root of the mean squared error, over that of what is wanted."""
    return float(np.sqrt(np.square(found - wanted).mean() / np.square(wanted).mean()))


def model(path: Path, inputs: Any) -> Model:
    return Model(path, (inputs, np.zeros(len(inputs))), lambda outputs, labels: 0.0, place="conftest.py:3")


def inputs(*shape: int, count: int = 32, dtype: str = "float32") -> Any:
    return np.random.default_rng(1).normal(size=(count, *shape)).astype(dtype)


def products(names: Sequence[str] = ("W", "V")) -> Any:
    return [
        node("MatMul", ["x", names[0]], ["h"]),
        node("Relu", ["h"], ["r"]),
        node("MatMul", ["r", names[1]], ["y"]),
    ]
