"""Count the weights of ``MatMulNBits``, which lie packed in bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnx.numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping

    Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Packed:
    """What a packed weight holds: "uint4" or the like, elements, and how many of them stand for 0."""

    dtype: str
    elements: int
    zeros: int


def unpacked(node: onnx.NodeProto, constants: Mapping[str, onnx.TensorProto]) -> Packed:
    """Count the weight of one node; layouts are those of the com.microsoft operator's definition.

    The weight is (N, blocks, block_size * bits / 8) bytes, the lowest bits first; zero points are packed in
    the same way, (N, blocks), each row on whole bytes; without them the middle of the range stands for 0.
    """
    given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    bits, depth, columns = given.get("bits", 4), given["K"], given["N"]
    block = given["block_size"]
    blocks = -(-depth // block)
    values = _fields(onnx.numpy_helper.to_array(constants[node.input[1]]), bits)
    values = values.reshape(columns, blocks, block)
    zero: Any = 1 << (bits - 1)
    if len(node.input) > 3 and node.input[3] in constants:
        points = onnx.numpy_helper.to_array(constants[node.input[3]])
        if points.dtype == np.uint8:
            zero = _fields(points.reshape(columns, -1), bits)[:, :blocks, None]
        else:  # one float for each block
            zero = points.reshape(columns, blocks, 1)
    equal = (values == zero).reshape(columns, -1)[:, :depth]
    return Packed(f"uint{bits}", depth * columns, int(equal.sum()))


def _fields(packed: Array, bits: int) -> Array:
    """Bytes (..., n) as numbers (..., n * 8 / bits)."""
    shifts = np.arange(0, 8, bits)
    fields: Array = (packed[..., None] >> shifts) & ((1 << bits) - 1)
    return fields.reshape(*packed.shape[:-1], -1)
