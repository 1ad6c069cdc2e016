"""All rules in one table, and which operators do no multiply-accumulates worth a rule.

Counted are products of matrices or of weights with data: convolutions, matrix products, attention and
recurrent cells. Element by element work, pooling, normalisation, reductions, interpolation and trees are not,
as is usual. An operator that may compute more and has no rule is named as uncounted.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import onnx.defs

from pytest_edgebench.artifacts.inspect.onnx_rules import attention, convolutions, products, recurrent
from pytest_edgebench.artifacts.inspect.onnx_rules.view import MICROSOFT, Table
from pytest_edgebench.artifacts.inspect.onnx_same import SAME_SHAPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.artifacts.inspect.onnx_rules.view import Shapes

RULES: Table = {**convolutions.RULES, **products.RULES, **recurrent.RULES, **attention.RULES}
SHAPES: Mapping[tuple[str, str], Shapes] = {**products.SHAPES, **recurrent.SHAPES, **attention.SHAPES}
INTEGER = frozenset(
    [
        "ConvInteger",
        "QLinearConv",
        "QGemm",
        "MatMulInteger",
        "MatMulInteger16",
        "QLinearMatMul",
        "DynamicQuantizeMatMul",
        "MatMulIntegerToFloat",
        "DynamicQuantizeLSTM",
        "QAttention",
    ]
)
"""Operators that multiply integers by themselves."""
FUSED = frozenset({"Conv", "Gemm", "MatMul", "ConvTranspose"})
"""Operators that runtimes run on integers between DequantizeLinear and QuantizeLinear."""
SPECTRA = frozenset({"DFT", "STFT"})
"""How many multiplications a Fourier transform takes is the runtime's choice."""
SEEN_OPSET = 28
"""Operators of ONNX's own domain that came later may compute anything."""
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "ai.onnx.preview.training", "ai.onnx.training"})
FREE = SAME_SHAPE | frozenset(
    [
        "QLinearAdd",
        "QLinearMul",
        "QLinearConcat",
        "QLinearAveragePool",
        "QLinearGlobalAveragePool",
        "QLinearReduceMean",
        "QLinearWhere",
        "EmbedLayerNormalization",
        "QEmbedLayerNormalization",
        "NhwcMaxPool",
        "Pad",
        "Range",
        "Trilu",
        "Unique",
        "ExpandDims",
        "GatherND",
        "GatherBlockQuantized",
        "ComplexMul",
        "ComplexMulConj",
        "CropAndResize",
        "DynamicTimeWarping",
        "IsAllFinite",
        "MaxpoolWithMask",
        "MurmurHash3",
        "NGramRepeatBlock",
        "RemovePadding",
        "RestorePadding",
        "Tokenizer",
        "UnfoldTensor",
        "BiasSplitGelu",
        "DequantizeWithOrder",
        "QuantizeWithOrder",
    ]
)
"""Operators of ONNX Runtime's own domain that do no multiply-accumulates worth a rule."""


def key_of(domain: str, op_type: str) -> tuple[str, str]:
    """As the tables have it."""
    return ("" if domain == "ai.onnx" else domain, op_type)


@cache
def computes(domain: str, op_type: str) -> bool:
    """Whether an operator does multiply-accumulates, or may do."""
    return key_of(domain, op_type) in RULES or uncounted(domain, op_type)


@cache
def uncounted(domain: str, op_type: str) -> bool:
    """Whether an operator without a rule may do multiply-accumulates."""
    if key_of(domain, op_type) in RULES:
        return False
    if domain in DOMAINS:
        return op_type in SPECTRA or not _is_onnx("" if domain == "ai.onnx" else domain, op_type)
    return not (domain == MICROSOFT and op_type in FREE)


@cache
def _is_onnx(domain: str, op_type: str) -> bool:
    if op_type == "SimplifiedLayerNormalization":  # ONNX Runtime's, in the domain of ONNX
        return True
    try:
        onnx.defs.get_schema(op_type, max_inclusive_version=SEEN_OPSET, domain=domain)
    except onnx.defs.SchemaError:
        return False
    return True
