"""Types of what ONNX Runtime's own operators write, which onnx's shape inference does not know.

Without them onnxruntime's quantizers leave what comes after such an operator alone, or end in an error: files
that were optimized for transformers are full of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect.onnx_macs import Walk

if TYPE_CHECKING:
    import onnx


def add_types(model: onnx.ModelProto) -> bool:
    """Add, in place, the types that are missing and known here; whether there were any.

    Args:
        model: with names that are unique over all graphs.
    """
    graph = model.graph
    if not any(node.domain not in ("", "ai.onnx") for node in graph.node):
        return False
    known = {value.name for value in (*graph.input, *graph.output, *graph.value_info)}
    walk, added = Walk(model, {}), False
    for node, _ in walk.each(graph):
        for name in node.output:
            kind = walk.values.types.get(name) if name and name not in known else None
            if kind is not None and kind.HasField("tensor_type") and kind.tensor_type.elem_type:
                made = graph.value_info.add(name=name)
                # Lengths are those of some call, and serve nothing here.
                made.type.tensor_type.elem_type = kind.tensor_type.elem_type
                added = True
    return added
