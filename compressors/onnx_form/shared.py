"""A weight that operators of several kinds read, such as an embedding that is the output layer too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import onnx
from onnx import helper

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PRODUCTS = ("MatMul", "Gemm")


def split(model: onnx.ModelProto) -> bool:
    """Give each kind of reader a copy of its own, in place; whether there was such a weight.

    The channels of a Gather are other ones than those of a product, and the quantizer gives a weight the
    scales of one of them. As integers two copies are still half of what the floats took.
    """
    weights = {tensor.name: tensor for tensor in model.graph.initializer if len(tensor.dims) > 1}
    copies: dict[tuple[str, str], str] = {}
    first: dict[str, str] = {}
    for node in model.graph.node:
        for at, name in enumerate(node.input):
            if name not in weights:
                continue
            kind = _kind(node, at)
            if first.setdefault(name, kind) == kind:
                continue
            if (name, kind) not in copies:
                copy = model.graph.initializer.add()
                copy.CopyFrom(weights[name])
                copy.name = copies[name, kind] = f"{name}@{kind}"
            node.input[at] = copies[name, kind]
    return bool(copies)


def _kind(node: onnx.NodeProto, at: int) -> str:
    turned = any(a.name == "transB" and helper.get_attribute_value(a) for a in node.attribute)
    return f"{node.op_type}{at}{'T' if turned else ''}"


def stored_twice(tied: Mapping[str, int], target: Path) -> list[str]:
    """Of tables that were shared those that a quantized file holds twice: one text each.

    The product has a scale for each column of what the embedding reads by rows.

    Args:
        tied: as `tables` found them before.
    """
    if not tied:
        return []
    after = onnx.load(target, load_external_data=False).graph
    sizes = [_elements(tensor) for tensor in after.initializer]
    return [
        f"{name} is stored twice: its embedding and its product read it along different axes, so that each "
        "has a copy with its own scales"
        for name, elements in tied.items()
        if sizes.count(elements) > 1
    ]


def tables(graph: onnx.GraphProto) -> dict[str, int]:
    """Weights that a Gather and a product read, the latter also turned → number of elements."""
    weights = {tensor.name: _elements(tensor) for tensor in graph.initializer if len(tensor.dims) > 1}
    turned = {n.output[0]: n.input[0] for n in graph.node if n.op_type in ("Transpose", "Identity")}
    rows = {node.input[0] for node in graph.node if node.op_type == "Gather"}
    columns = {
        turned.get(name, name) for node in graph.node if node.op_type in PRODUCTS for name in node.input
    }
    return {name: weights[name] for name in weights if name in rows & columns}


def _elements(tensor: onnx.TensorProto) -> int:
    return math.prod(tensor.dims)
