"""Which operators of an ONNX file multiply floats, and what only scales quantized numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import onnx.numpy_helper

from pytest_edgebench.artifacts.inspect.onnx_rules.table import FUSED, INTEGER, computes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

QUANTIZE, DEQUANTIZE = "QuantizeLinear", "DequantizeLinear"
# ONNX Runtime folds these between a product and its QuantizeLinear.
FOLDED = {"Relu", "Clip"}
# ONNX Runtime carries a DequantizeLinear past these, so that what comes after it reads integers.
MOVED = {"Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten"}
# ONNX Runtime has integer kernels of them (MatMulIntegerToFloat, QGemm) whose results are floats.
ANSWERING_FLOATS = {"MatMul", "Gemm"}
# (tensor, zero point) positions of operators that carry a zero point.
ZERO_POINTS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "DequantizeLinear": ((0, 2),),
    "QLinearConv": ((3, 5),),
    "QLinearMatMul": ((3, 5),),
    "QGemm": ((3, 5),),
    "ConvInteger": ((1, 3),),
    "MatMulInteger": ((1, 3),),
    "MatMulIntegerToFloat": ((1, 5),),
    "DynamicQuantizeMatMul": ((1, 3),),
    "DynamicQuantizeLSTM": ((1, 9), (2, 11)),
    "QAttention": ((1, 7),),
    "GatherBlockQuantized": ((0, 3),),
}
_ONE, _TWO, _MIXED = (1, 2, 3, 4), (1, 2, 4, 5, 6, 7), (2, 3, 4, 5)
# Positions of scales and zero points.
SCALING: Mapping[str, tuple[int, ...]] = {
    "QuantizeLinear": (1, 2),
    "DequantizeLinear": (1, 2),
    "ConvInteger": (2, 3),
    "MatMulInteger": (2, 3),
    **dict.fromkeys(("QLinearConv", "QLinearMatMul", "QLinearAdd", "QLinearMul"), _TWO),
    **dict.fromkeys(("QLinearSigmoid", "QLinearLeakyRelu", "QLinearSoftmax", "QLinearReduceMean"), _ONE),
    **dict.fromkeys(("QLinearAveragePool", "QLinearGlobalAveragePool"), _ONE),
    "QLinearWhere": (2, 3, 5, 6, 7, 8),
    "QGemm": (1, 2, 4, 5, 7, 8),
    "MatMulIntegerToFloat": _MIXED,
    "DynamicQuantizeMatMul": (2, 3),
    "DynamicQuantizeLSTM": (8, 9, 10, 11),
    "QAttention": (3, 4, 6, 7),
    "GatherBlockQuantized": (2, 3),
    "MatMulBnb4": (2,),
}


WHOLE = frozenset(
    (
        onnx.TensorProto.INT8, onnx.TensorProto.INT16, onnx.TensorProto.INT32, onnx.TensorProto.INT64,
        onnx.TensorProto.UINT8, onnx.TensorProto.UINT16, onnx.TensorProto.UINT32, onnx.TensorProto.UINT64,
    )
)  # fmt: skip
SAME = FOLDED | MOVED | {"MatMul", "Gemm", "Einsum", "Add", "Sub", "Mul", "Identity", "Concat", "Slice"}
"""Operators whose result has the type of their first input."""


def float_ops(nodes: Sequence[onnx.NodeProto], whole: Collection[str] = ()) -> int:
    """How many operators that compute do so in floats.

    Args:
        nodes: in the order of their values.
        whole: inputs and constants of integer types.
    """
    integers = {*whole}
    for node in nodes:
        to = next((each.i for each in node.attribute if each.name == "to"), None)
        is_whole = (
            to in WHOLE if node.op_type == "Cast" else node.op_type in SAME and node.input[0] in integers
        )
        integers |= {*node.output} if is_whole else set()
    makers = {output: node for node in nodes for output in node.output}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in nodes:
        for name in node.input:
            users.setdefault(name, []).append(node)
    return sum(
        computes(n.domain, n.op_type)
        and not (n.op_type in SAME and {*n.input[:2]} & integers)
        and _is_float(n, makers, users)
        for n in nodes
    )


def scaling(nodes: Sequence[onnx.NodeProto]) -> set[str]:
    """Names of scales and zero points, which are constants but no parameters."""
    found = {name for node in nodes for name in _scaling(node)}
    measured = {name for node in nodes if node.op_type == "DynamicQuantizeLinear" for name in node.output}
    makers = {output: node for node in nodes for output in node.output}
    for node in nodes:
        if node.op_type != "Mul":
            continue
        if measured & {*node.input}:
            found |= {*node.input}
        elif any(_counted(name, makers) for name in node.input):  # its other factor makes floats of integers
            factors = [makers.get(name) for name in node.input]
            found |= {n for maker in factors if maker and maker.op_type == "Mul" for n in maker.input}
            found |= {*node.input}
    return found


def _counted(name: str, makers: Mapping[str, onnx.NodeProto]) -> bool:
    """Whether a value is what a product of integers gave, as floats."""
    cast = makers.get(name)
    if cast is None or cast.op_type != "Cast":
        return False
    product = makers.get(cast.input[0])
    return product is not None and product.op_type in ("MatMulInteger", "ConvInteger")


def zero_points(nodes: Sequence[onnx.NodeProto], constants: Mapping[str, onnx.TensorProto]) -> dict[str, int]:
    """Weight → the number that stands for 0 (the first, where each channel has one)."""
    found = {}
    for node in nodes:
        for at, zero in ZERO_POINTS.get(node.op_type, ()):
            if len(node.input) > zero and node.input[zero] in constants:
                values = onnx.numpy_helper.to_array(constants[node.input[zero]])
                found[node.input[at]] = int(values.reshape(-1)[0]) if values.size else 0
    return found


def _scaling(node: onnx.NodeProto) -> Iterator[str]:
    if node.op_type == "QLinearConcat":  # those of the output, then each part with its own
        return (name for at, name in enumerate(node.input) if at < 2 or (at - 2) % 3)
    positions = SCALING.get(node.op_type, ())
    return (node.input[at] for at in positions if at < len(node.input))


def _is_float(
    node: onnx.NodeProto, makers: Mapping[str, onnx.NodeProto], users: Mapping[str, list[onnx.NodeProto]]
) -> bool:
    """Whether a compute operator multiplies floats.

    In the QDQ form an operator between DequantizeLinear and QuantizeLinear is run on integers, if it is one
    that runtimes have such a kernel for; a matrix product also without the QuantizeLinear.
    """
    if node.op_type in INTEGER:
        return False
    factors = [_before_moves(name, makers) for name in node.input[:2]]
    if node.op_type not in FUSED or any(maker is None or maker.op_type != DEQUANTIZE for maker in factors):
        return True
    if node.op_type in ANSWERING_FLOATS:
        return False
    output = node.output[0]
    while len(users.get(output, ())) == 1 and users[output][0].op_type in FOLDED:
        output = users[output][0].output[0]
    return not any(user.op_type == QUANTIZE for user in users.get(output, ()))


def _before_moves(name: str, makers: Mapping[str, onnx.NodeProto]) -> onnx.NodeProto | None:
    """What makes a tensor, looked at through operators that only rearrange it."""
    node = makers.get(name)
    while node is not None and node.op_type in MOVED:
        node = makers.get(node.input[0])
    return node
