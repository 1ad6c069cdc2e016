"""Attention masks: numbers that stand for minus infinity, of which a scale would leave nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping

    Array = np.ndarray[Any, np.dtype[Any]]

ENDLESS = 1e30
"""Beyond this a number is of the order of float32's lowest (-3.4e38), wherever it stands."""
MASKING = 9e3
"""Beyond this it is a mask where it goes into a softmax: models use -1e4, half's lowest -65504, -1e9."""
# What may lie between a mask and its softmax.
PASSING = (
    "Add", "Sub", "Mul", "Div", "Where", "Cast", "Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze",
    "Expand", "Slice", "Concat", "Min", "Max", "Clip", "Tile", "Split", "Flatten",
)  # fmt: skip


def masked(model: onnx.ModelProto, ranges: Mapping[str, tuple[Array, Array]]) -> tuple[set[str], list[str]]:
    """Tensors that hold a mask, and the names of the nodes that read or make one.

    Args:
        ranges: smallest and largest value of each tensor that is not constant.
    """
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    region = _before_softmax(model)
    found = set()
    for name in {*ranges, *constants}:
        size = _size(constants[name]) if name in constants else _largest(ranges[name])
        if not size < ENDLESS or (name in region and size >= MASKING):
            found.add(name)
    nodes = [n.name for n in model.graph.node if found.intersection((*n.input, *n.output))]
    return found, nodes


def _before_softmax(model: onnx.ModelProto) -> set[str]:
    """Tensors that reach a softmax without a product or norm between."""
    makers = {name: node for node in model.graph.node for name in node.output}
    todo = [node.input[0] for node in model.graph.node if node.op_type == "Softmax"]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        maker = makers.get(name)
        if maker is not None and maker.op_type in PASSING:
            todo += [given for given in maker.input if given]
    return found


def _size(tensor: onnx.TensorProto) -> float:
    if tensor.data_type not in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16):
        return 0.0
    values = numpy_helper.to_array(tensor)
    return float(np.abs(values.astype(np.float64)).max()) if values.size else 0.0


def _largest(found: tuple[Array, Array]) -> float:
    with np.errstate(invalid="ignore"):
        return float(max(np.abs(np.asarray(bound, np.float64)).max() for bound in found))
