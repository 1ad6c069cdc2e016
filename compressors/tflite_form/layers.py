"""The layers of a TFLite file that hold float weights, and why a scheme leaves some of them as they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect import tflite_file

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.artifacts.inspect.tflite_file import Graph, Operator

RECURRENT = ("LSTM", "RNN", "SVDF")
PRODUCTS = ("FULLY_CONNECTED", "BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV")
EMBEDDINGS = ("GATHER", "EMBEDDING_LOOKUP")
# They hand a constant on, make a float of it, or read each of its numbers once a sample.
NO_LAYERS = (
    "DEQUANTIZE", "QUANTIZE", "CAST", "DENSIFY", "TRANSPOSE", "RESHAPE", "ADD", "SUB", "MUL", "DIV", "SELECT",
    "SELECT_V2", "CONCATENATION", "PRELU", "BROADCAST_TO", "SLICE", "POW", "MAXIMUM", "MINIMUM",
)  # fmt: skip


def stayed(target: Path, scheme: str, chosen: bool) -> list[tuple[str, int, str]]:
    """Layers of a quantized file whose weights are float: name, number of weights, why.

    With `chosen` the user has named operators that are left out.
    """
    with tflite_file.reading(target):
        graphs = tflite_file.read(target).graphs
    found = []
    for graph in graphs:
        for operator in graph.operators:
            floats = [i for i in operator.inputs if _is_weight(graph, i)]
            if floats and operator.name not in NO_LAYERS:
                weights = sum(math.prod(graph.shape(i)) for i in floats)
                found.append(
                    (f"{operator.name} {_name(graph, operator)}", weights, _why(scheme, operator, chosen))
                )
    return found


def _is_weight(graph: Graph, index: int) -> bool:
    return index in graph.constants and len(graph.shape(index)) > 1 and graph.dtype(index) == "float32"


def _name(graph: Graph, operator: Operator) -> str:
    name = graph.tensors[operator.outputs[0]].name
    return name.decode() if isinstance(name, bytes) else str(name)


def _why(scheme: str, operator: Operator, chosen: bool) -> str:
    if any(kind in operator.name for kind in RECURRENT):
        return f"ai-edge-quantizer leaves {operator.name} float in every scheme"
    if operator.name in EMBEDDINGS:
        return f"ai-edge-quantizer has no {scheme} form of this embedding"
    if operator.name == "DEPTHWISE_CONV_2D" and scheme == "weight-int4":
        return "LiteRT has no depthwise convolution of 4-bit weights"
    if chosen and operator.name in PRODUCTS:
        return "it was left out by exclude=, ops=, preset= or keep="
    return f"ai-edge-quantizer has no {scheme} form of {operator.name}"
