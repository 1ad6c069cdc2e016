"""Any way to store a weight in a TFLite file, rewritten as the usual one: a dense tensor of floats.

ai-edge-quantizer reads the newer of two fields for the type of an operator, and looks for weights among float
constants: it passes over those that a file stores as halves or without their zeros and expands as it runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Array = np.ndarray[Any, np.dtype[Any]]

OPERATORS = schema.BuiltinOperator
DTYPES = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.FLOAT16: np.float16,
    schema.TensorType.INT8: np.int8,
    schema.TensorType.INT32: np.int32,
}
DENSE = schema.DimensionType.DENSE


@dataclass(frozen=True, slots=True)
class Kind:
    """How a file stores its weights.

    Attributes:
        old: types of operators in the old field alone.
        halves: as float16, which it expands as it runs. sparse: without their zeros, likewise.
    """

    old: bool
    halves: bool
    sparse: bool

    @property
    def plain(self) -> bool:
        return not (self.old or self.halves or self.sparse)


def expanded(model: Any) -> bool:
    """Rewrite a model read by the schema's own object API, in place; whether anything was."""
    codes = _newer_codes(model)
    return any(
        [_work_out(model, OPERATORS.DENSIFY, _dense), _work_out(model, OPERATORS.DEQUANTIZE, _float), codes]
    )


def kind_of(path: Path) -> Kind:
    """How a file stores its weights."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    old, halves, sparse = _newer_codes(model), False, False
    for graph in model.subgraphs:
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex].builtinCode
            tensor = graph.tensors[operator.inputs[0]] if len(operator.inputs) else None
            if tensor is not None and code in (OPERATORS.DEQUANTIZE, OPERATORS.DENSIFY):
                constant = model.buffers[tensor.buffer].data is not None
                halves |= tensor.type == schema.TensorType.FLOAT16 and constant
                sparse |= code == OPERATORS.DENSIFY
    return Kind(old, halves, sparse)


def _newer_codes(model: Any) -> bool:
    """Put types of operators that stand in the old field alone, as before 2020, into the new one, too."""
    changed = False
    for code in model.operatorCodes:
        number = max(code.builtinCode, code.deprecatedBuiltinCode)
        changed |= number != code.builtinCode
        code.builtinCode = number
    return changed


def _work_out(model: Any, kind: int, value: Callable[[Any, bytes], tuple[Array, int] | None]) -> bool:
    """Put constants for the outputs of all operators of a kind that read nothing but a constant."""
    changed = False
    for graph in model.subgraphs:
        kept = []
        for operator in graph.operators:
            given = graph.tensors[operator.inputs[0]] if len(operator.inputs) else None
            made = None
            if given is not None and model.operatorCodes[operator.opcodeIndex].builtinCode == kind:
                stored = model.buffers[given.buffer].data
                made = value(given, bytes(bytearray(stored))) if stored is not None and len(stored) else None
            if made is None:
                kept.append(operator)
                continue
            array, dtype = made
            output = graph.tensors[operator.outputs[0]]
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(array).tobytes(), np.uint8)
            output.buffer, output.type = len(model.buffers), dtype
            output.shape, output.shapeSignature = np.asarray(array.shape, np.int32), None
            model.buffers.append(buffer)
            changed = True
        graph.operators = kept
    if changed:
        _drop_unread(model)
    return changed


def _drop_unread(model: Any) -> None:
    """Take out constants that no operator reads any more."""
    for at, graph in enumerate(model.subgraphs):
        used = {int(i) for each in graph.operators for i in (*each.inputs, *each.outputs)}
        used |= {int(i) for i in (*graph.inputs, *graph.outputs)}
        gone = {
            index
            for index, tensor in enumerate(graph.tensors)
            if index not in used and model.buffers[tensor.buffer].data is not None
        }
        numbers = {-1: -1}
        for index in range(len(graph.tensors)):
            if index not in gone:
                numbers[index] = len(numbers) - 1
        graph.tensors = [tensor for index, tensor in enumerate(graph.tensors) if index not in gone]
        for each in (graph, *graph.operators):
            each.inputs, each.outputs = _numbered(each.inputs, numbers), _numbered(each.outputs, numbers)
        for operator in graph.operators:
            if operator.intermediates is not None:
                operator.intermediates = _numbered(operator.intermediates, numbers)
        for signature in model.signatureDefs or []:
            if signature.subgraphIndex == at:
                for entry in (*signature.inputs, *signature.outputs):
                    entry.tensorIndex = numbers[int(entry.tensorIndex)]
    read = {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    read |= {each.buffer for each in model.metadata or []}
    for number, buffer in enumerate(model.buffers):
        if number not in read:
            buffer.data = None


def _numbered(indices: Any, numbers: Mapping[int, int]) -> Array:
    return np.asarray([numbers[int(index)] for index in indices], np.int32)


def _float(tensor: Any, stored: bytes) -> tuple[Array, int] | None:
    """Of halves."""
    if tensor.type != schema.TensorType.FLOAT16 or tensor.sparsity is not None:
        return None
    values = np.frombuffer(stored, np.float16).astype(np.float32)
    return values.reshape(_shape(tensor)), schema.TensorType.FLOAT32


def _dense(tensor: Any, stored: bytes) -> tuple[Array, int] | None:
    """Of a tensor that is stored without its zeros."""
    dtype = DTYPES.get(tensor.type)
    if dtype is None or tensor.sparsity is None:
        return None
    return densified(np.frombuffer(stored, dtype), _shape(tensor), tensor.sparsity), tensor.type


def _shape(tensor: Any) -> tuple[int, ...]:
    return () if tensor.shape is None else tuple(int(n) for n in tensor.shape)


def densified(values: Array, shape: tuple[int, ...], sparsity: Any) -> Array:
    """A dense array of values in the order in which they are stored.

    Axes are gone through in an order of the tensor's own, after them the axes within a block; along each lie
    all elements, or those of a list (compressed rows). Layout: `SparsityParameters` in TFLite's schema.fbs.
    """
    blocked = [] if sparsity.blockMap is None else [int(axis) for axis in sparsity.blockMap]
    order = [int(axis) for axis in sparsity.traversalOrder]
    rank = len(shape)
    places: dict[int, Array] = {}
    at = np.zeros(1, np.int64)
    sizes: dict[int, int] = {}
    for axis, level in zip(order, sparsity.dimMetadata, strict=True):
        if level.format == DENSE:
            count = int(level.denseSize)
            chosen = np.tile(np.arange(count), len(at))
            repeats = np.full(len(at), count)
            at = np.repeat(at * count, count) + chosen
            sizes[axis] = count
        else:
            segments, indices = (
                np.asarray(each.values, np.int64) for each in (level.arraySegments, level.arrayIndices)
            )
            repeats = segments[at + 1] - segments[at]
            starts = np.repeat(segments[at], repeats)
            within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
            at = starts + within
            chosen = indices[at]
        places = {known: np.repeat(place, repeats) for known, place in places.items()}
        places[axis] = chosen
    for number, axis in enumerate(blocked):
        places[axis] = places[axis] * sizes[rank + number] + places.pop(rank + number)
    found = np.zeros(shape, values.dtype)
    found[tuple(places[axis] for axis in range(rank))] = values[: len(at)]
    return found
