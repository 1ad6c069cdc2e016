"""TFLite files written operator by operator: with state, several signatures, placeholders for lengths."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

UNITS, WIDTH = 8, 4


@dataclass
class Graph:
    """One subgraph as it grows; `add` gives the index of a tensor."""

    file: File
    tensors: list[Any] = field(default_factory=list)
    operators: list[Any] = field(default_factory=list)

    def add(
        self,
        name: str,
        shape: Sequence[int],
        data: Any = None,
        *,
        variable: bool = False,
        free: Sequence[int] | None = None,
    ) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name, list(shape), schema.TensorType.FLOAT32
        tensor.isVariable, tensor.buffer = variable, 0 if data is None else self.file.buffer(data)
        if free is not None:
            tensor.shapeSignature = list(free)
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def run(self, op: str, inputs: list[int], outputs: list[int], options: Any = None) -> None:
        operator = schema.OperatorT()
        operator.opcodeIndex = self.file.code(op)
        operator.inputs, operator.outputs = inputs, outputs
        if options is not None:
            kind = type(options).__name__.removesuffix("T")
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            operator.builtinOptions = options
        self.operators.append(operator)

    def finish(self, inputs: list[int], outputs: list[int]) -> Any:
        made = schema.SubGraphT()
        made.tensors, made.operators = self.tensors, self.operators
        made.inputs, made.outputs = inputs, outputs
        return made


class File:
    """Buffers and operator codes that all subgraphs share; codes stand in the old field alone if wanted."""

    def __init__(self, *, old: bool = False) -> None:
        self._old = old
        self._buffers: list[Any] = [schema.BufferT()]
        self._codes: dict[str, int] = {}

    def buffer(self, data: Any) -> int:
        made = schema.BufferT()
        made.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        self._buffers.append(made)
        return len(self._buffers) - 1

    def code(self, op: str) -> int:
        return self._codes.setdefault(op, len(self._codes))

    def write(self, path: Path, graphs: Sequence[Any], signatures: Mapping[str, int] | None = None) -> Path:
        model = schema.ModelT()
        model.version, model.buffers, model.subgraphs = 3, self._buffers, list(graphs)
        model.operatorCodes = []
        for op in self._codes:
            code = schema.OperatorCodeT()
            number = getattr(schema.BuiltinOperator, op)
            code.deprecatedBuiltinCode = min(number, 127)
            code.builtinCode = 0 if self._old else number
            code.version = 1
            model.operatorCodes.append(code)
        model.signatureDefs = [_signature(n, at, graphs[at]) for n, at in (signatures or {}).items()]
        builder = flatbuffers.Builder()
        builder.Finish(model.Pack(builder), b"TFL3")
        path.write_bytes(builder.Output())
        return path


def recurrent(path: Path) -> Path:
    """tanh(x Wx' + h Wh' + b) with the state h in the file; see `weights`."""
    file = File()
    graph = Graph(file)
    wx, wh, b = weights()
    x = graph.add("x", (1, WIDTH))
    inputs = [x, graph.add("wx", wx.shape, wx), graph.add("wh", wh.shape, wh), graph.add("b", b.shape, b)]
    inputs.append(graph.add("h", (1, UNITS), variable=True))
    y = graph.add("y", (1, UNITS))
    options = schema.RNNOptionsT()
    options.fusedActivationFunction = schema.ActivationFunctionType.TANH
    graph.run("RNN", inputs, [y], options)
    return file.write(path, [graph.finish([x], [y])])


def weights() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    wx, wh, b = (rng.normal(size=n).astype(np.float32) for n in ((UNITS, WIDTH), (UNITS, UNITS), (UNITS,)))
    return wx, wh, b


def signed(path: Path) -> Path:
    """Two signatures with one weight: "decode" y = x W' for (1, 4), "prefill" y = relu(x W') for (3, 4)."""
    file, graphs = File(), []
    weight = weights()[0]
    buffer = file.buffer(weight)
    for rows, act in ((1, "NONE"), (3, "RELU")):
        graph = Graph(file)
        x, w = graph.add("x", (rows, WIDTH)), graph.add("w", weight.shape)
        graph.tensors[w].buffer = buffer
        y = graph.add("y", (rows, UNITS))
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = getattr(schema.ActivationFunctionType, act)
        graph.run("FULLY_CONNECTED", [x, w, -1], [y], options)
        graphs.append(graph.finish([x], [y]))
    return file.write(path, graphs, {"decode": 0, "prefill": 1})


def free_convolution(path: Path, *, stored: int = 1, old: bool = False) -> Path:
    """(1, h, w, 2) by 3x3 without padding to 5 channels of ones, h and w free and stored as `stored`.

    With 1 no memory can be planned for the stored lengths: the output would have none.
    """
    file = File(old=old)
    graph = Graph(file)
    x = graph.add("x", (1, stored, stored, 2), free=(1, -1, -1, 2))
    w = graph.add("w", (5, 3, 3, 2), np.ones((5, 3, 3, 2), np.float32))
    b = graph.add("b", (5,), np.zeros(5, np.float32))
    y = graph.add("y", (1, max(1, stored - 2), max(1, stored - 2), 5), free=(1, -1, -1, 5))
    options = schema.Conv2DOptionsT()
    options.padding, options.strideW, options.strideH = schema.Padding.VALID, 1, 1
    graph.run("CONV_2D", [x, w, b], [y], options)
    return file.write(path, [graph.finish([x], [y])])


def unsigned(path: Path) -> Path:
    """A product of bytes without a sign, as files of 2018 to 2020 have them."""
    file = File()
    graph = Graph(file)
    x = graph.add("x", (1, 16))
    w = graph.add("w", (8, 16), np.ones((8, 16), np.uint8))
    b = graph.add("b", (8,), np.zeros(8, np.int32))
    y = graph.add("y", (1, 8))
    for tensor, kind in zip(graph.tensors, ("UINT8", "UINT8", "INT32", "UINT8"), strict=True):
        tensor.type = getattr(schema.TensorType, kind)
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = [0.0004 if kind == "INT32" else 0.02]
        tensor.quantization.zeroPoint = [0 if kind == "INT32" else 128]
    graph.run("FULLY_CONNECTED", [x, w, b], [y], schema.FullyConnectedOptionsT())
    return file.write(path, [graph.finish([x], [y])])


def _signature(name: str, at: int, graph: Any) -> Any:
    made = schema.SignatureDefT()
    made.signatureKey, made.subgraphIndex = name, at
    made.inputs, made.outputs = [], []
    for key, index, part in (("x", graph.inputs[0], made.inputs), ("y", graph.outputs[0], made.outputs)):
        mapped = schema.TensorMapT()
        mapped.name, mapped.tensorIndex = key, index
        part.append(mapped)
    return made
