"""Which operators of an ONNX file multiply floats, and what only scales quantized numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import onnx.numpy_helper

from pytest_edgebench.artifacts.inspect.onnx_rules.table import FUSED, INTEGER, computes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

QUANTIZE, DEQUANTIZE = "QuantizeLinear", "DequantizeLinear"
# ONNX Runtime folds these between a product and its QuantizeLinear.
FOLDED = {"Relu", "Clip"}
# ONNX Runtime carries a DequantizeLinear past these, so that what comes after it reads integers.
MOVED = {"Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten"}
# ONNX Runtime has integer kernels of them (MatMulIntegerToFloat, QGemm) whose results are floats.
ANSWERING_FLOATS = {"MatMul", "Gemm"}
# (tensor, zero point) positions of operators that carry a zero point.
ZERO_POINTS = {"DequantizeLinear": (0, 2), "QLinearConv": (3, 5), "QLinearMatMul": (3, 5), "QGemm": (3, 5)}
ZERO_POINTS |= {"ConvInteger": (1, 3), "MatMulInteger": (1, 3)}


def float_ops(nodes: Sequence[onnx.NodeProto]) -> int:
    """How many operators that compute do so in floats."""
    makers = {output: node for node in nodes for output in node.output}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in nodes:
        for name in node.input:
            users.setdefault(name, []).append(node)
    return sum(computes(n.domain, n.op_type) and _is_float(n, makers, users) for n in nodes)


def scaling(nodes: Sequence[onnx.NodeProto]) -> set[str]:
    """Names of scales and zero points, which are constants but no parameters."""
    found = {name for node in nodes if node.op_type in ZERO_POINTS for name in _scaling(node)}
    measured = {name for node in nodes if node.op_type == "DynamicQuantizeLinear" for name in node.output}
    return found | {
        n for node in nodes if node.op_type == "Mul" and measured & {*node.input} for n in node.input
    }


def zero_points(nodes: Sequence[onnx.NodeProto], constants: Mapping[str, onnx.TensorProto]) -> dict[str, int]:
    """Weight → the number that stands for 0 (the first, where each channel has one)."""
    found = {}
    for node in nodes:
        at, zero = ZERO_POINTS.get(node.op_type, (0, 99))
        if len(node.input) > zero and node.input[zero] in constants:
            values = onnx.numpy_helper.to_array(constants[node.input[zero]])
            found[node.input[at]] = int(values.reshape(-1)[0]) if values.size else 0
    return found


def _scaling(node: onnx.NodeProto) -> Iterator[str]:
    data = {0, 1} if node.op_type in ("ConvInteger", "MatMulInteger") else {0}
    data |= {3, 8} if node.op_type == "QLinearConv" else {3} if node.op_type == "QLinearMatMul" else set()
    data |= {3, 6} if node.op_type == "QGemm" else set()
    return (name for i, name in enumerate(node.input) if i not in data)


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
