"""Read a TFLite file's flatbuffer (no interpreter): subgraphs, tensors, operators of all ages."""

from __future__ import annotations

import math
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from pytest_edgebench.artifacts import errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BITS = {"int2": 2, "int4": 4, "uint4": 4, "bfloat16": 16, "string": 0, "resource": 0, "variant": 0}
INDICES = {"int32", "int64", "uint32", "bool", "string"}


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of a subgraph.

    Attributes:
        name: e.g. "CONV_2D", "CUSTOM:Name" for a custom one.
        inputs, outputs: tensors by index; -1 for an input that is left out.
        graphs: indices of the subgraphs that it runs.
    """

    name: str
    inputs: list[int]
    outputs: list[int]
    graphs: tuple[int, ...] = ()


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What goes wrong with a file's content in this block is raised as damage of the file.

    Raises:
        BuildError: truncated or damaged.
    """
    try:
        yield
    except (struct.error, IndexError, TypeError, ValueError, AttributeError, UnicodeDecodeError) as cause:
        raise errors.damaged(path, "TFLite", errors.first_line(cause)) from cause


@dataclass(frozen=True, slots=True)
class File:
    """A ``.tflite`` file.

    Attributes:
        graphs: its subgraphs, the first of which is run where nothing else is said.
        signatures: name → index of its subgraph, in the file's order.
    """

    graphs: list[Graph]
    signatures: dict[str, int]


def read(path: Path) -> File:
    """The subgraphs of a ``.tflite`` file; to be called in a block of `reading`.

    Raises:
        ValueError, struct.error, IndexError, ...: truncated or damaged.
    """
    content = path.read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    sizes = _buffer_sizes(content, model)
    graphs = [Graph(model, subgraph, sizes) for subgraph in model.subgraphs or []]
    if not any(graph.operators for graph in graphs):
        raise ValueError("it has no operators")
    signatures = {}
    for signature in model.signatureDefs or []:
        key = signature.signatureKey
        signatures[key.decode() if isinstance(key, bytes) else str(key)] = int(signature.subgraphIndex or 0)
    return File(graphs, signatures)


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


class Graph:
    """One subgraph with its tensors' names of dtypes, and which tensors are constants."""

    def __init__(self, model: Any, subgraph: Any, sizes: list[int]) -> None:
        self.tensors = subgraph.tensors or []
        self.inputs, self.outputs = _indices(subgraph.inputs), _indices(subgraph.outputs)
        self.buffers = model.buffers
        self.operators = [
            Operator(
                op_name(model.operatorCodes[op.opcodeIndex]),
                _indices(op.inputs),
                _indices(op.outputs),
                _graphs(op.builtinOptions, op.builtinOptions2),
            )
            for op in subgraph.operators or []
        ]
        self.constants = {i: sizes[t.buffer] for i, t in enumerate(self.tensors) if sizes[t.buffer]}
        self._lengths: dict[int, tuple[int, ...]] = {}
        for index, size in self.constants.items():
            if self.sparse(index):
                continue
            if size < math.ceil(math.prod(self.shape(index)) * bits(self.dtype(index)) / 8):
                raise ValueError(f"tensor {index} is shorter than its shape")

    def dtype(self, index: int) -> str:
        return dtypes()[self.tensors[index].type]

    def name(self, index: int) -> str:
        """Of a tensor, as the file has it."""
        name = self.tensors[index].name
        return name.decode() if isinstance(name, bytes) else str(name or "")

    def resize(self, lengths: dict[int, tuple[int, ...]]) -> None:
        """Let tensors have other lengths than those stored."""
        self._lengths.update(lengths)

    def shape(self, index: int) -> tuple[int, ...]:
        """Lengths; a negative one is not known."""
        if index in self._lengths:
            return self._lengths[index]
        shape = self.tensors[index].shape
        return () if shape is None else tuple(int(n) for n in shape)

    def free(self, index: int) -> tuple[bool, ...]:
        """For each axis, whether it may have any length."""
        signature = self.tensors[index].shapeSignature
        lengths = self.shape(index) if signature is None or not len(signature) else signature
        return tuple(int(n) < 0 for n in lengths)

    def known(self, index: int) -> bool:
        """Whether all lengths are known."""
        return all(length >= 0 for length in self.shape(index))

    def elements(self, index: int) -> int:
        """How many elements; an axis of unknown length is taken as 1, and `known` tells."""
        return math.prod(max(1, n) if n < 0 else n for n in self.shape(index))

    def variable(self, index: int) -> bool:
        """Whether a tensor keeps state from one inference to the next."""
        return bool(self.tensors[index].isVariable)

    def sparse(self, index: int) -> bool:
        """Whether only the elements of a constant that are not zero are stored."""
        return self.tensors[index].sparsity is not None

    def scales(self) -> set[int]:
        """Tensors that hold scales and zero points of blocks of weights."""
        details = [tensor.quantization.details for tensor in self.tensors if tensor.quantization is not None]
        blocks = [each for each in details if isinstance(each, schema.BlockwiseQuantizationT)]
        return {index for each in blocks for index in (each.scales, each.zeroPoints) if index > 0}

    def stored(self, index: int) -> int:
        """Elements of a constant that the file holds."""
        if not self.sparse(index):
            return self.elements(index)
        width = bits(self.dtype(index))
        return self.constants[index] * 8 // width if width else 0

    def peak(self) -> int:
        """Bytes of all tensors that are alive at once, where that is most; constants stay in the file.

        A tensor is alive from the operator that writes it, or the start, to the last one that reads it, or
        the end.
        """
        end = len(self.operators)
        first = dict.fromkeys(self.inputs, 0)
        last = dict.fromkeys(self.outputs, end)
        for place, operator in enumerate(self.operators):
            for index in (*operator.inputs, *operator.outputs):
                if index < 0 or index in self.constants:
                    continue
                first.setdefault(index, place)
                last[index] = max(last.get(index, 0), place)
        sizes = {i: math.ceil(self.elements(i) * bits(self.dtype(i)) / 8) for i in first}
        return max(
            sum(size for i, size in sizes.items() if first[i] <= place <= last.get(i, 0))
            for place in range(max(1, end))
        )

    def zeros(self, index: int) -> int:
        """Elements of a weight tensor that stand for 0, i.e. equal its zero point."""
        tensor, dtype = self.tensors[index], self.dtype(index)
        raw = np.asarray(self.buffers[tensor.buffer].data, np.uint8)
        if bits(dtype) < 8:
            fields = 8 // bits(dtype)
            mask = (1 << bits(dtype)) - 1
            values = np.stack([(raw >> (bits(dtype) * k)) & mask for k in range(fields)], 1).ravel()
            return int((values[: self.stored(index)] == 0).sum())
        points = None if tensor.quantization is None else tensor.quantization.zeroPoint
        zero = int(points[0]) if points is not None and len(points) else 0
        return int((raw.view(np.dtype(dtype)) == zero).sum())


def op_name(code: Any) -> str:
    """A custom operator's own name; codes stand in an old field, over 127 only in the new one.

    An operator that came after the installed schema is as little known as a custom one.
    """
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    if number == schema.BuiltinOperator.CUSTOM and code.customCode:
        return f"CUSTOM:{code.customCode.decode() if isinstance(code.customCode, bytes) else code.customCode}"
    return _op_names().get(number, f"CUSTOM:operator {number}")


def bits(dtype: str) -> int:
    """Of one element."""
    return BITS[dtype] if dtype in BITS else np.dtype(dtype).itemsize * 8


@cache
def dtypes() -> dict[int, str]:
    """Names of the element types, in lower case, by number."""
    return {v: k.lower() for k, v in vars(schema.TensorType).items() if isinstance(v, int)}


@cache
def _op_names() -> dict[int, str]:
    return {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}


def _indices(array: Any) -> list[int]:
    return [] if array is None else [int(index) for index in array]


def _graphs(*options: Any) -> tuple[int, ...]:
    """Subgraphs that an operator's options name: of IF, WHILE, CALL_ONCE, CALL and composites."""
    found = []
    for option in options:
        for name, value in vars(option).items() if option is not None else ():
            if name.lower().endswith("subgraphindex") or name == "subgraph":
                found.append(int(value))
            elif name == "branchSubgraphIndices" and value is not None:
                found += [int(index) for index in value]
    return tuple(index for index in found if index >= 0)
