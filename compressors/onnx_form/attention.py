"""Whether an ONNX file is a transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

FUSED = ("Attention", "MultiHeadAttention", "GroupQueryAttention")
# What may lie between a softmax and the product that it weighs values in.
PASSING = ("Dropout", "Identity", "Cast", "Where", "Reshape", "Transpose", "Squeeze", "Unsqueeze")


def has_attention(model: onnx.ModelProto) -> bool:
    """Whether a softmax is multiplied by values that the model computes, or an operator does all of it."""
    graph = model.graph
    if any(node.op_type in FUSED for node in graph.node):
        return True
    weights = {tensor.name for tensor in graph.initializer}
    shares: set[str] = set()
    for node in graph.node:  # in the order in which they run
        if node.op_type == "Softmax" or (node.op_type in PASSING and shares.intersection(node.input)):
            shares.update(node.output)
        elif (
            node.op_type == "MatMul"
            and shares.intersection(node.input)
            and not weights.intersection(node.input)
        ):
            return True
    return False
