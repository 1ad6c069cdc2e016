"""Count what is in a TFLite file, from its flatbuffer alone (no interpreter)."""

from __future__ import annotations

import math
import struct
from collections import Counter
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from pytest_edgebench.artifacts.inspect_tflite_bits import binary
from pytest_edgebench.errors import build as errors
from pytest_edgebench.record.run import Counts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONVOLUTIONS = {"CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D"}
TRANSPOSED = {"TRANSPOSE_CONV", "CONV_3D_TRANSPOSE"}  # inputs: output shape, weights, data
RECURRENT = {"LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM", "RNN", "SVDF"}
RECURRENT |= {"UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_RNN"}
COMPUTE = CONVOLUTIONS | TRANSPOSED | RECURRENT | {"FULLY_CONNECTED", "BATCH_MATMUL"}
FLOATS = {"float16", "float32", "float64", "bfloat16"}
BITS = {"int2": 2, "int4": 4, "uint4": 4, "bfloat16": 16, "string": 0, "resource": 0, "variant": 0}
INDICES = {"int32", "int64", "uint32", "bool", "string"}


def count_tflite(path: Path) -> Counts:
    """Count a ``.tflite`` file; shapes are those stored in it, which are batch 1 unless exported otherwise.

    Raises:
        BuildError: truncated or damaged.
    """
    with reading(path):
        return _total(graphs_of(path))


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What goes wrong with a file's content in this block is told as damage of the file.

    Raises:
        BuildError: truncated or damaged.
    """
    try:
        yield
    except (struct.error, IndexError, TypeError, ValueError, AttributeError, UnicodeDecodeError) as cause:
        raise errors.damaged(path, "TFLite", str(cause).splitlines()[0] if str(cause) else "") from cause


def graphs_of(path: Path) -> list[_Graph]:
    """The subgraphs of a ``.tflite`` file; to be called in a block of `reading`.

    Raises:
        ValueError, struct.error, IndexError, ...: truncated or damaged.
    """
    content = path.read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    sizes = _buffer_sizes(content, model)
    graphs = [_Graph(model, subgraph, sizes) for subgraph in model.subgraphs or []]
    if not any(graph.operators for graph in graphs):
        raise ValueError("it has no operators")
    return graphs


def _buffer_sizes(content: bytes, model: Any) -> list[int]:
    """Bytes of each buffer, checked to lie inside the file (a truncated file often still parses)."""
    sizes = []
    for buffer in model.buffers or []:
        offset, size = buffer.offset or 0, buffer.size or 0
        if offset > 1:  # weights behind the flatbuffer, as in files over 2 GB
            if offset + size > len(content):
                raise ValueError("weights end after the end of the file")
            buffer.data = np.frombuffer(content, np.uint8, size, offset)
        sizes.append(0 if buffer.data is None else len(buffer.data))
    return sizes


class _Graph:
    """One subgraph with its tensors' names of dtypes, and which tensors are constants."""

    def __init__(self, model: Any, subgraph: Any, sizes: list[int]) -> None:
        self.tensors = subgraph.tensors or []
        self.inputs, self.outputs = list(subgraph.inputs), list(subgraph.outputs)
        self.buffers = model.buffers
        self.operators = [
            (_op_name(model.operatorCodes[op.opcodeIndex]), list(op.inputs), list(op.outputs))
            for op in subgraph.operators or []
        ]
        self.constants = {i: sizes[t.buffer] for i, t in enumerate(self.tensors) if sizes[t.buffer]}
        self.computed = {i for name, inputs, _ in self.operators if name in COMPUTE for i in inputs}
        for index, size in self.constants.items():
            if size < math.ceil(self.elements(index) * _bits(self.dtype(index)) / 8):
                raise ValueError(f"tensor {index} is shorter than its shape")

    def dtype(self, index: int) -> str:
        return _dtypes()[self.tensors[index].type]

    def shape(self, index: int) -> tuple[int, ...]:
        shape = self.tensors[index].shape
        return () if shape is None else tuple(int(n) for n in shape)

    def elements(self, index: int) -> int:
        return math.prod(self.shape(index))

    def peak(self) -> int:
        """Bytes of all tensors that are alive at once, where that is most; constants stay in the file.

        A tensor is alive from the operator that writes it, or the start, to the last one that reads it, or
        the end.
        """
        end = len(self.operators)
        first = dict.fromkeys(self.inputs, 0)
        last = dict.fromkeys(self.outputs, end)
        for place, (_, read, written) in enumerate(self.operators):
            for index in (i for i in (*read, *written) if i >= 0 and i not in self.constants):
                first.setdefault(index, place)
                last[index] = max(last.get(index, 0), place)
        sizes = {i: math.ceil(self.elements(i) * _bits(self.dtype(i)) / 8) for i in first}
        return max(
            sum(size for i, size in sizes.items() if first[i] <= place <= last.get(i, 0))
            for place in range(max(1, end))
        )

    def macs(self, name: str, inputs: list[int], outputs: list[int]) -> int:
        """Multiply-accumulates of one operator; weight layouts are those of the TFLite operators."""
        if name in CONVOLUTIONS:
            weight = self.shape(inputs[1])
            taps = (
                weight[1:3]
                if name == "DEPTHWISE_CONV_2D"
                else weight[1:]
                if name == "CONV_2D"
                else weight[:4]
            )
            return self.elements(outputs[0]) * math.prod(taps)
        if name in TRANSPOSED:
            return self.elements(inputs[2]) * self.elements(inputs[1]) // max(1, self.shape(inputs[2])[-1])
        if name == "FULLY_CONNECTED":
            return self.elements(outputs[0]) * self.shape(inputs[1])[-1]
        if name == "BATCH_MATMUL":
            left, right = self.shape(inputs[0]), self.shape(inputs[1])
            columns = self.shape(outputs[0])[-1]
            depth = math.prod(right) // max(1, math.prod(right[:-2]) * columns)
            return self.elements(outputs[0]) * depth if left else 0
        if name in RECURRENT:
            steps = self.elements(inputs[0]) // max(1, self.shape(inputs[0])[-1])
            return steps * sum(
                self.elements(i) for i in inputs if i in self.constants and len(self.shape(i)) == 2
            )
        return 0

    def is_float(self, name: str, inputs: list[int]) -> bool:
        """Whether a compute operator multiplies floats; int8 weights with float data run in integers."""
        if name == "BATCH_MATMUL":
            return all(self.dtype(i) in FLOATS for i in inputs[:2])
        weights = [i for i in inputs[1:] if i >= 0 and len(self.shape(i)) >= 2]
        return any(self.dtype(i) in FLOATS for i in weights) if weights else self.dtype(inputs[0]) in FLOATS

    def zeros(self, index: int) -> int:
        """Elements of a weight tensor that stand for 0, i.e. equal its zero point."""
        tensor, dtype = self.tensors[index], self.dtype(index)
        raw = np.asarray(self.buffers[tensor.buffer].data, np.uint8)
        if _bits(dtype) < 8:
            fields = 8 // _bits(dtype)
            mask = (1 << _bits(dtype)) - 1
            values = np.stack([(raw >> (_bits(dtype) * k)) & mask for k in range(fields)], 1).ravel()
            return int((values[: self.elements(index)] == 0).sum())
        zero_points = None if tensor.quantization is None else tensor.quantization.zeroPoint
        zero = int(zero_points[0]) if zero_points is not None and len(zero_points) else 0
        return int((raw.view(np.dtype(dtype)) == zero).sum())

    def is_parameter(self, index: int) -> bool:
        """Shapes, axes and paddings are constants but no parameters; int32 biases are."""
        return self.dtype(index) not in INDICES or index in self.computed


def _total(graphs: list[_Graph]) -> Counts:
    ops: Counter[str] = Counter()
    weight_bytes: Counter[str] = Counter()
    parameters = zeros = macs = float_ops = 0
    for graph in graphs:
        for name, inputs, outputs in graph.operators:
            ops[name] += 1
            macs += graph.macs(name, inputs, outputs)
            float_ops += name in COMPUTE and graph.is_float(name, inputs)
        signs, helpers = binary(graph.operators)
        for index, size in graph.constants.items():
            if index in signs:
                weight_bytes["binary"] += size
                parameters += graph.elements(signs[index])
                continue
            weight_bytes[graph.dtype(index)] += size
            if index not in helpers and graph.is_parameter(index):
                parameters += graph.elements(index)
                if len(graph.shape(index)) >= 2 and graph.dtype(index) not in INDICES | {"bfloat16"}:
                    zeros += graph.zeros(index)
    return Counts(
        ops=dict(sorted(ops.items())),
        float_ops=float_ops,
        weight_bytes=dict(sorted(weight_bytes.items())),
        parameters=parameters,
        zeros=zeros,
        macs=macs,
    )


def _op_name(code: Any) -> str:
    """A custom operator's own name; builtin codes over 127 stand only in the second field."""
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    if number == schema.BuiltinOperator.CUSTOM and code.customCode:
        return f"CUSTOM:{code.customCode.decode() if isinstance(code.customCode, bytes) else code.customCode}"
    return _op_names()[number]


@cache
def _op_names() -> dict[int, str]:
    return {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}


@cache
def _dtypes() -> dict[int, str]:
    return {v: k.lower() for k, v in vars(schema.TensorType).items() if isinstance(v, int)}


def _bits(dtype: str) -> int:
    return BITS[dtype] if dtype in BITS else np.dtype(dtype).itemsize * 8
