"""Find binary weights of ONNX files, which lie packed in bytes and are expanded by operators."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import onnx
import onnx.numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CHAIN = ("BitShift", "Cast", "Reshape", "Slice", "Where")


def binary(
    nodes: Sequence[onnx.NodeProto], constants: Mapping[str, onnx.TensorProto]
) -> tuple[dict[str, int], set[str]]:
    """Packed signs → the weight's elements, and the constants that only serve to expand them.

    Signs are what the first of two shifts reads, and a choice between a scale and its negative ends with.
    """
    users: dict[str, list[onnx.NodeProto]] = {}
    makers = {output: node for node in nodes for output in node.output}
    for node in nodes:
        for name in node.input:
            users.setdefault(name, []).append(node)
    signs: dict[str, int] = {}
    helpers: set[str] = set()
    for node in nodes:
        if node.op_type != "BitShift" or not _is_bytes(constants.get(node.input[0])):
            continue
        passed, elements = [node], 0
        while passed[-1].op_type != "Where":
            following = users.get(passed[-1].output[0], [])
            if len(following) != 1 or following[0].op_type not in CHAIN:
                break
            passed.append(following[0])
            if passed[-1].op_type == "Reshape" and passed[-1].input[1] in constants:
                shape = onnx.numpy_helper.to_array(constants[passed[-1].input[1]])
                elements = math.prod(shape.tolist())
        if passed[-1].op_type != "Where" or elements <= 0:
            continue
        signs[node.input[0]] = elements
        helpers |= {name for step in passed for name in step.input} - {node.input[0]}
        scale = makers.get(passed[-1].input[1])
        helpers |= set(scale.input) if scale is not None and scale.op_type == "Cast" else set()
    return signs, helpers & set(constants)


def _is_bytes(tensor: onnx.TensorProto | None) -> bool:
    return tensor is not None and tensor.data_type == onnx.TensorProto.UINT8
