"""Names that an earlier quantization left in a file, and that onnxruntime's quantizers would give again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect.onnx_float import SCALING
from pytest_edgebench.artifacts.inspect.onnx_names import graphs

if TYPE_CHECKING:
    import onnx

ENDINGS = (
    "_scale", "_zero_point", "_quantized", "_QuantizeLinear_Output", "_DequantizeLinear_Output",
    "_output_quantized", "_cast", "_scales_mul",
)  # fmt: skip
NODES = ("_QuantizeLinear", "_DequantizeLinear", "_quant", *ENDINGS)
SUFFIX = "@before"
DYNAMIC = "DynamicQuantizeLinear"


def is_quantized(graph: onnx.GraphProto) -> bool:
    """Whether a graph, or a body in it, has operators of integers or such as make them."""
    return any(
        node.op_type in SCALING or node.op_type == DYNAMIC for each in graphs(graph) for node in each.node
    )


def set_apart(graph: onnx.GraphProto) -> None:
    """Rename, in place, what ends as the quantizers' own names do; names must be unique over all graphs."""
    if not is_quantized(graph):
        return
    kept = {value.name for value in (*graph.input, *graph.output)}
    names: dict[str, str] = {}
    for each in graphs(graph):
        made = [tensor.name for tensor in each.initializer]
        made += [name for node in each.node for name in node.output]
        names |= {name: name + SUFFIX for name in made if name.endswith(ENDINGS) and name not in kept}
    for each in graphs(graph):
        for value in (*each.value_info, *each.output):
            value.name = names.get(value.name, value.name)
        for tensor in each.initializer:
            tensor.name = names.get(tensor.name, tensor.name)
        for node in each.node:
            node.input[:] = [names.get(name, name) for name in node.input]
            node.output[:] = [names.get(name, name) for name in node.output]
            node.name = f"{node.name}{SUFFIX}" if node.name.endswith(NODES) else node.name
