"""Operators that stay float read floats: onnxruntime's quantizer hands them what it rounded for others.

A residual branch from a normalisation, as BERT has it, is otherwise rounded to 8 bits at each layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

PRODUCTS = ("MatMul", "Gemm", "Conv", "ConvTranspose")
# What is rounded right after these is part of their integer kernel.
FUSED = ("Conv", "ConvTranspose", "Relu", "Clip")


def read_floats(model: onnx.ModelProto) -> None:
    """Let all but products read the tensors themselves, in place; the products alone are quantized."""
    makers = {output: node for node in model.graph.node for output in node.output}
    kept = {value.name for value in model.graph.output}
    for node in model.graph.node:
        if node.op_type in PRODUCTS:
            continue
        for at, name in enumerate(node.input):
            back = makers.get(name)
            rounded = makers.get(back.input[0]) if back is not None else None
            if back is None or rounded is None or name in kept:
                continue
            if (back.op_type, rounded.op_type) == ("DequantizeLinear", "QuantizeLinear"):
                made = makers.get(rounded.input[0])
                if made is None or made.op_type not in FUSED:
                    node.input[at] = rounded.input[0]
