"""Small ONNX files written node by node, of which every count can be worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from onnx import GraphProto, NodeProto, ValueInfoProto


def value(name: str, shape: Any, kind: int = TensorProto.FLOAT) -> ValueInfoProto:
    """An input or output."""
    return helper.make_tensor_value_info(name, kind, shape)


def constant(name: str, *shape: int, dtype: str = "float32") -> onnx.TensorProto:
    """A weight of ones."""
    return numpy_helper.from_array(np.ones(shape, dtype), name)


def number(name: str, value: Any) -> onnx.TensorProto:
    """A constant that is looked at: a trip count, a condition, a shape."""
    return numpy_helper.from_array(np.asarray(value), name)


def body(
    nodes: Sequence[NodeProto],
    inputs: Sequence[ValueInfoProto],
    outputs: Sequence[ValueInfoProto],
    constants: Sequence[onnx.TensorProto] = (),
) -> GraphProto:
    """The body of an If, Loop or Scan."""
    return helper.make_graph(list(nodes), "body", list(inputs), list(outputs), list(constants))


def write(
    path: Path,
    nodes: Sequence[NodeProto],
    inputs: Sequence[ValueInfoProto],
    outputs: Sequence[ValueInfoProto],
    constants: Sequence[onnx.TensorProto] = (),
    opset: int = 21,
    **fields: Any,
) -> Path:
    """A file of these; `fields` are set in the model."""
    graph = helper.make_graph(list(nodes), "g", list(inputs), list(outputs), list(constants))
    domains: Mapping[str, int] = {"": opset, "com.microsoft": 1, "ai.onnx.ml": 3}
    opsets = [helper.make_opsetid(name, version) for name, version in domains.items()]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10, **fields), path)
    return path
