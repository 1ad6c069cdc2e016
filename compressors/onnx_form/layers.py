"""The layers of an ONNX file that hold float weights, and why a scheme leaves some of them as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import onnx

from pytest_edgebench.artifacts.inspect import onnx_constants
from pytest_edgebench.artifacts.inspect.onnx_file import load
from pytest_edgebench.artifacts.inspect.onnx_names import bodies, graphs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FLOATS = ("float32", "float16", "float64", "bfloat16")
RECURRENT = ("LSTM", "GRU", "RNN")
EMBEDDINGS = ("Gather", "EmbedLayerNormalization")
CONVOLUTIONS = ("Conv", "ConvTranspose")
PRODUCTS = ("MatMul", "Gemm")
# Their second and further inputs are scales, not weights; or each of their constants is read once a sample.
NO_LAYERS = (
    "QuantizeLinear", "DequantizeLinear", "MatMulNBits", "DynamicQuantizeLSTM", "Cast", "Add", "Sub", "Mul",
    "Div", "Where", "Pow", "Concat", "Expand", "Slice", "Reshape", "Transpose", "Identity", "PRelu",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layer:
    """A node with a constant weight of two axes or more, or a product with a vector.

    Attributes:
        name, operator: of the node; its type as the file calls it.
        weight, dtype, rank, elements: of its largest weight.
        body: operator whose body it stands in; "" for the graph itself.
    """

    name: str
    operator: str
    weight: str
    dtype: str
    rank: int
    elements: int
    body: str

    def __str__(self) -> str:
        return f"{self.operator} {self.name or self.weight}"


def float_layers(model: onnx.ModelProto) -> list[Layer]:
    """Layers whose weight is a float, in the order of the file."""
    return list(_of(model.graph, {}, ""))


def _of(graph: onnx.GraphProto, outer: Mapping[str, onnx.TensorProto], body: str) -> Iterator[Layer]:
    known = {**outer, **{tensor.name: tensor for tensor in graph.initializer}}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute:
            tensor = onnx_constants.value(node)
            if tensor is not None:
                known[node.output[0]] = tensor
        if node.op_type == "Cast" and node.input[0] in known:
            known[node.output[0]] = known[node.input[0]]
    for node in graph.node:
        if node.op_type not in NO_LAYERS:
            least = 1 if node.op_type == "MatMul" else 2  # others add what has one axis
            given = [known[name] for name in node.input if name in known and len(known[name].dims) >= least]
            floats = [tensor for tensor in given if onnx_constants.dtype(tensor) in FLOATS]
            if floats:
                largest = max(floats, key=lambda tensor: math.prod(tensor.dims))
                yield Layer(
                    node.name, node.op_type, largest.name, onnx_constants.dtype(largest),
                    len(largest.dims), math.prod(largest.dims), body,
                )  # fmt: skip
        for inner in bodies(node):
            yield from _of(inner, known, node.op_type)


def other_dtype(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes that compute in floats of another width than 32 bits; shapes must be inferred."""
    kinds: dict[str, int] = {}
    for graph in graphs(model.graph):
        for value in (*graph.input, *graph.output, *graph.value_info):
            kinds[value.name] = value.type.tensor_type.elem_type
        for tensor in graph.initializer:
            kinds[tensor.name] = tensor.data_type
    other = (onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE, onnx.TensorProto.BFLOAT16)
    return [
        node.name
        for graph in graphs(model.graph)
        for node in graph.node
        if any(kinds.get(name) in other for name in (*node.input, *node.output))
    ]


LEFT_OUT = "it was left out by exclude=, ops=, preset= or keep="


def why_float(scheme: str, layer: Layer, chosen: bool) -> str:
    """Why `scheme` leaves a layer float, in one clause; `chosen` if the user named some to leave out."""
    found = _for_weights(layer) if scheme.startswith("weight-") else _for_all(scheme, layer)
    if found:
        return found
    kind = layer.operator
    return LEFT_OUT if chosen else f"onnxruntime's quantizer has no {scheme} form of this {kind}"


def stayed(target: Path, scheme: str, chosen: bool) -> list[tuple[str, int, str]]:
    """Layers of a quantized file whose weights are float: name, number of weights, why."""
    held = "float16" if scheme == "fp16" else ""
    layers = [layer for layer in float_layers(load(target)) if layer.dtype != held]
    return [(str(layer), layer.elements, why_float(scheme, layer, chosen)) for layer in layers]


def _for_weights(layer: Layer) -> str:
    if layer.operator in EMBEDDINGS:
        return "embeddings stay float: MatMulNBits holds matrix products only"
    if layer.operator not in PRODUCTS:
        return f"MatMulNBits holds matrix products only, not {layer.operator}"
    if layer.dtype not in ("float32", "float16"):
        return f"its weights are {layer.dtype}, MatMulNBits starts from float32 or float16"
    return f"its weight has {_axes(layer)}, MatMulNBits takes 2" if layer.rank != 2 else ""


def _axes(layer: Layer) -> str:
    return f"{layer.rank} {'axis' if layer.rank == 1 else 'axes'}"


def _for_all(scheme: str, layer: Layer) -> str:
    if layer.dtype != "float32":
        return f"its weights are {layer.dtype}, and the scheme starts from float32"
    if scheme == "fp16":
        return ""
    if layer.body:
        return f"it stands in the body of {layer.body}, which the quantizer leaves alone"
    if scheme == "dynamic-int8" and layer.operator == "MatMul" and layer.rank != 2:
        return f"its weight has {_axes(layer)}, ONNX Runtime's dynamic products take 2"
    if scheme == "static-int8" and layer.operator == "LSTM":
        return "ONNX Runtime has no int8 LSTM with fixed ranges; 'dynamic-int8' quantizes LSTM"
    if scheme == "dynamic-int8" and layer.operator == "LSTM":
        return ""
    if layer.operator in RECURRENT or layer.operator not in (*PRODUCTS, *CONVOLUTIONS, *EMBEDDINGS):
        return f"ONNX Runtime has no {scheme} form of {layer.operator}"
    return ""
