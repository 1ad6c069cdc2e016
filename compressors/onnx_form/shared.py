"""A weight that operators of several kinds read, such as an embedding that is the output layer too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import helper

if TYPE_CHECKING:
    import onnx


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
