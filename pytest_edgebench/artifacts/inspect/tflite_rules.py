"""Multiply-accumulates of TFLite operators; weight layouts are those of the operators' definitions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_edgebench.artifacts.inspect.tflite_file import Graph, Operator

    Rule = Callable[[Graph, Operator], int]


def convolution(graph: Graph, operator: Operator) -> int:
    """Weight: out, height, width, in / group."""
    return graph.elements(operator.outputs[0]) * math.prod(graph.shape(operator.inputs[1])[1:])


def depthwise(graph: Graph, operator: Operator) -> int:
    """Weight: 1, height, width, out."""
    return graph.elements(operator.outputs[0]) * math.prod(graph.shape(operator.inputs[1])[1:3])


def convolution_3d(graph: Graph, operator: Operator) -> int:
    """Weight: depth, height, width, in, out."""
    return graph.elements(operator.outputs[0]) * math.prod(graph.shape(operator.inputs[1])[:4])


def transposed(graph: Graph, operator: Operator) -> int:
    """Inputs: output shape, weight, data. Every input element is spread over the taps of all outputs."""
    return _spread(graph, operator.inputs[2], operator.inputs[1])


def transposed_custom(graph: Graph, operator: Operator) -> int:
    """MediaPipe's transposed convolution with bias: data, weight, bias."""
    return _spread(graph, operator.inputs[0], operator.inputs[1])


def fully_connected(graph: Graph, operator: Operator) -> int:
    """Weight: out, in."""
    return graph.elements(operator.outputs[0]) * graph.shape(operator.inputs[1])[-1]


def batch_matmul(graph: Graph, operator: Operator) -> int:
    """Either factor may be transposed: the depth is what the second has beside the output's columns."""
    right, columns = graph.shape(operator.inputs[1]), graph.shape(operator.outputs[0])[-1]
    depth = math.prod(right) // max(1, math.prod(right[:-2]) * columns)
    return graph.elements(operator.outputs[0]) * depth


def recurrent(graph: Graph, operator: Operator) -> int:
    """At every step all matrices once; states are matrices by their shape, too, but variable."""
    data = operator.inputs[0]
    steps = graph.elements(data) // max(1, graph.shape(data)[-1])
    if operator.name == "LSTM" and len(operator.inputs) == 5:  # the basic kernel: data, output, weights, ...
        return steps * graph.elements(operator.inputs[2])
    matrices = [
        i for i in operator.inputs[1:] if i >= 0 and len(graph.shape(i)) == 2 and not graph.variable(i)
    ]
    return steps * sum(graph.elements(i) for i in matrices)


def _spread(graph: Graph, data: int, weight: int) -> int:
    return graph.elements(data) * graph.elements(weight) // max(1, graph.shape(data)[-1])


RULES: Mapping[str, Rule] = {
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "CONV_3D": convolution_3d,
    "TRANSPOSE_CONV": transposed,
    "CONV_3D_TRANSPOSE": transposed,
    "CUSTOM:Convolution2DTransposeBias": transposed_custom,
    "FULLY_CONNECTED": fully_connected,
    "BATCH_MATMUL": batch_matmul,
    **dict.fromkeys(
        ("LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM", "RNN", "SVDF"), recurrent
    ),
    **dict.fromkeys(("UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_RNN"), recurrent),
}
FREE_CUSTOM = frozenset(
    [
        "TFLite_Detection_PostProcess",
        "MaxPoolingWithArgmax2D",
        "MaxUnpooling2D",
        "Landmarks2TransformMatrix",
        "TransformTensorBilinear",
        "TransformLandmarks",
        "ReduceMax",
        "Resampler",
    ]
)
"""Custom operators that do no multiply-accumulates worth a rule."""
UNCOUNTED = frozenset(
    {"STABLEHLO_CONVOLUTION", "STABLEHLO_DOT_GENERAL", "STABLEHLO_CUSTOM_CALL", "DELEGATE", "RFFT2D"}
)
"""Operators that compute and have no rule."""


def uncounted(name: str) -> bool:
    """Whether an operator without a rule may do multiply-accumulates."""
    if name in RULES:
        return False
    if name.startswith("CUSTOM"):
        return name.removeprefix("CUSTOM:") not in FREE_CUSTOM
    return name in UNCOUNTED


def computes(name: str) -> bool:
    """Whether an operator does multiply-accumulates, or may do."""
    return name in RULES or uncounted(name)
