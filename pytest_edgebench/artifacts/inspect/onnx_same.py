"""Operators of ONNX Runtime's own domain, put as the operator of ONNX whose outputs have the same shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import onnx.helper

if TYPE_CHECKING:
    from collections.abc import Mapping

MICROSOFT = "com.microsoft"
SAME_SHAPE = frozenset(
    [
        "Gelu",
        "FastGelu",
        "QuickGelu",
        "BiasGelu",
        "BiasDropout",
        "BiasSoftmax",
        "SkipLayerNormalization",
        "SkipSimplifiedLayerNormalization",
        "SimplifiedLayerNormalization",
        "SkipGroupNorm",
        "GroupNorm",
        "QLinearSigmoid",
        "QLinearLeakyRelu",
        "QLinearSoftmax",
        "RotaryEmbedding",
        "DequantizeLinear",
        "QuantizeLinear",
        "Inverse",
        "BiasAdd",
        "GatedRelativePositionBias",
    ]
)
"""What their first output has is the shape of their first input."""
ML = "ai.onnx.ml"
ML_SAME_SHAPE = frozenset({"Scaler", "Normalizer", "Imputer", "Binarizer", "LabelEncoder"})
"""As `SAME_SHAPE`; ONNX itself has no rule for them."""
ALIASES: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "QLinearAdd": ("Add", (0, 3)),
    "QLinearMul": ("Mul", (0, 3)),
    "QGemm": ("Gemm", (0, 3)),
    "FusedGemm": ("Gemm", (0, 1)),
    "MatMulIntegerToFloat": ("MatMul", (0, 1)),
    "DynamicQuantizeMatMul": ("MatMul", (0, 1)),
    "FusedConv": ("Conv", (0, 1)),
    "QLinearConv": ("Conv", (0, 3)),
    "QLinearAveragePool": ("AveragePool", (0,)),
    "QLinearGlobalAveragePool": ("GlobalAveragePool", (0,)),
    "QLinearReduceMean": ("ReduceMean", (0,)),
    "QLinearWhere": ("Where", (0, 1, 4)),
}
PASSED_ON = {
    "Gemm": {"transA", "transB"},
    "Conv": {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"},
    "AveragePool": {"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"},
    "ReduceMean": {"axes", "keepdims"},
    "Concat": {"axis"},
}


def rewritten(node: onnx.NodeProto) -> onnx.NodeProto | None:
    """The node, or one of ONNX's own operators with outputs of the same shapes; None where none is known."""
    if node.domain in ("", "ai.onnx", "ai.onnx.ml", "ai.onnx.preview", "ai.onnx.preview.training"):
        if node.op_type == "SimplifiedLayerNormalization":  # ONNX Runtime's, in the domain of ONNX
            return _as(node, "Identity", [node.input[0]])
        # Texts have no number: what they are turned into is an index all the same.
        if node.domain == ML and node.op_type in ML_SAME_SHAPE:
            return _as(node, "Identity", [node.input[0]])
        return node
    if node.domain != MICROSOFT:
        return None
    if node.op_type in SAME_SHAPE:
        return _as(node, "Identity", [node.input[0]])
    if node.op_type == "QLinearConcat":  # output scale and zero point, then three of each part
        return _as(node, "Concat", list(node.input[2::3]))
    given = {attribute.name: attribute for attribute in node.attribute}
    if "channels_last" in given and given["channels_last"].i:
        return None
    op_type, places = ALIASES.get(node.op_type, ("", ()))
    if not op_type or any(place >= len(node.input) for place in places):
        return None
    return _as(node, op_type, [node.input[place] for place in places])


def _as(node: onnx.NodeProto, op_type: str, inputs: list[str]) -> onnx.NodeProto:
    made = onnx.helper.make_node(op_type, inputs, [node.output[0]])
    kept = PASSED_ON.get(op_type, set())
    made.attribute.extend(attribute for attribute in node.attribute if attribute.name in kept)
    return made
