"""Binary weights in TFLite files: packed bits, expanded by FLOOR_MOD, GREATER_EQUAL and SELECT_V2."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from pytest_edgebench.compressors.binary_weights import binary_of, check_patterns

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.binary_weights import Asked

    Array = np.ndarray[Any, np.dtype[Any]]

OPS = schema.BuiltinOperator
TYPES = schema.TensorType
# Operator → axis of the output channels of its weight, which is its second input.
AXES = {OPS.CONV_2D: 0, OPS.FULLY_CONNECTED: 0, OPS.DEPTHWISE_CONV_2D: 3}
DTYPES = {
    "uint8": TYPES.UINT8,
    "float16": TYPES.FLOAT16,
    "float32": TYPES.FLOAT32,
    "int32": TYPES.INT32,
    "bool": TYPES.BOOL,
}


def binarize(source: Path, target: Path, asked: Asked) -> dict[str, tuple[int, int]]:
    """Binarize the weights of the model file `source` into `target`.

    Bit k of a byte b is 1 where b mod 2**(k + 1) is at least 2**k: small whole numbers, exact in floats.

    Returns:
        Weight → its bytes as floats, and as signs and scales.

    Raises:
        BuildError: a pattern of `exclude` that matches no weight, NaN in a weight.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(source.read_bytes(), 0))
    done: dict[str, tuple[int, int]] = {}
    graphs = [_Graph(model, graph) for graph in model.subgraphs]
    weights = [graph.weights() for graph in graphs]
    check_patterns(
        asked, [g.name(index) for g, found in zip(graphs, weights, strict=True) for index in found]
    )
    for graph, axes in zip(graphs, weights, strict=True):
        for index, axis in axes.items():
            name, values = graph.name(index), graph.values(index)
            found = binary_of(asked, name, values, axis)
            if found is None:
                continue
            graph.expand(index, values, *found)
            done[name] = values.nbytes, sum(array.nbytes for array in found)
        graph.finish()
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    target.write_bytes(builder.Output())
    return done


class _Graph:
    """One subgraph, to which the expansion of weights is added."""

    def __init__(self, model: Any, graph: Any) -> None:
        self._model = model
        self._graph = graph
        self._added: list[Any] = []
        self._shared: dict[str, int] = {}

    def name(self, index: int) -> str:
        name = self._graph.tensors[index].name
        return name.decode() if isinstance(name, bytes) else str(name)

    def values(self, index: int) -> Array:
        tensor = self._graph.tensors[index]
        data = np.asarray(self._model.buffers[tensor.buffer].data, np.uint8)
        return data.view(np.float32).reshape(tuple(tensor.shape))

    def weights(self) -> dict[int, int]:
        """Constant float weight → axis of its channels, of those that are used in one way only."""
        buffers = Counter(tensor.buffer for g in self._model.subgraphs for tensor in g.tensors)
        axes: dict[int, int] = {}
        spoiled = {*self._graph.inputs, *self._graph.outputs}
        for operator in self._graph.operators:
            code = self._model.operatorCodes[operator.opcodeIndex].builtinCode
            for at, index in enumerate(operator.inputs):
                axis = AXES.get(code) if at == 1 else None
                if index < 0:
                    continue
                if axis is None or axes.setdefault(int(index), axis) != axis:
                    spoiled.add(int(index))
        return {
            index: axis for index, axis in axes.items() if index not in spoiled and self._held(index, buffers)
        }

    def _held(self, index: int, buffers: Counter[int]) -> bool:
        """Whether a tensor is a float constant that no other shares."""
        tensor = self._graph.tensors[index]
        data = self._model.buffers[tensor.buffer].data
        return (
            tensor.type == TYPES.FLOAT32
            and data is not None
            and len(data) > 0
            and tensor.shape is not None
            and len(tensor.shape) >= 2
            and buffers[tensor.buffer] == 1
        )

    def expand(self, index: int, values: Array, bits: Array, scale: Array) -> None:
        """Make the constant tensor `index` the result of operators on bits and scales."""
        name, count = self.name(index), len(bits)
        packed = self._constant(f"{name}.signs", bits)
        numbers = self._op(OPS.CAST, [packed], f"{name}.numbers", (count, 1), "float32")
        powers = np.float32(2) ** np.arange(8, dtype=np.float32)[None]
        above, below = self._once("binary.above", 2 * powers), self._once("binary.below", powers)
        rests = self._op(OPS.FLOOR_MOD, [numbers, above], f"{name}.rests", (count, 8), "float32")
        positive = self._op(OPS.GREATER_EQUAL, [rests, below], f"{name}.positive", (count, 8), "bool")
        if values.size % 8:  # the last byte is not full
            flat_shape = self._once(f"binary.flat{8 * count}", np.array([8 * count], np.int32))
            flat = self._op(OPS.RESHAPE, [positive, flat_shape], f"{name}.all", (8 * count,), "bool")
            start = self._once("binary.start", np.array([0], np.int32))
            size = self._constant(f"{name}.size", np.array([values.size], np.int32))
            positive = self._op(OPS.SLICE, [flat, start, size], f"{name}.used", (values.size,), "bool")
        shape = self._constant(f"{name}.shape", np.array(values.shape, np.int32))
        shaped = self._op(OPS.RESHAPE, [positive, shape], f"{name}.shaped", values.shape, "bool")
        one, minus = (self._once(f"binary.{n}", np.array([n], np.float32)) for n in (1, -1))
        signs = self._op(OPS.SELECT_V2, [shaped, one, minus], f"{name}.values", values.shape, "float32")
        factor = self._constant(f"{name}.scale", scale)
        if scale.dtype != np.float32:
            factor = self._op(OPS.DEQUANTIZE, [factor], f"{name}.factor", scale.shape, "float32")
        self._op(OPS.MUL, [signs, factor], index, values.shape, "float32")

    def finish(self) -> None:
        """Put what was added before the operators that use it."""
        self._graph.operators = [*self._added, *self._graph.operators]

    def _once(self, name: str, value: Array) -> int:
        if name not in self._shared:
            self._shared[name] = self._constant(name, value)
        return self._shared[name]

    def _constant(self, name: str, value: Array) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(value).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._tensor(name, value.shape, value.dtype.name, len(self._model.buffers) - 1)

    def _tensor(self, name: str, shape: tuple[int, ...], dtype: str, buffer: int) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), DTYPES[dtype], buffer
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _op(self, code: int, inputs: list[int], output: str | int, shape: tuple[int, ...], dtype: str) -> int:
        """Add an operator; its output is a new tensor, or an old one that was a constant."""
        if isinstance(output, int):
            tensor = self._graph.tensors[output]
            self._model.buffers[tensor.buffer].data = None  # no other tensor has it (`_held`)
            tensor.buffer = 0  # by convention the empty one
        else:
            output = self._tensor(output, shape, dtype, 0)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = self._code(code), inputs, [output]
        options = _options(code)
        if options is not None:
            operator.builtinOptionsType, operator.builtinOptions = options
        self._added.append(operator)
        return output

    def _code(self, code: int) -> int:
        for n, known in enumerate(self._model.operatorCodes):
            if known.builtinCode == code and known.version >= _version(code):
                return n
        made = schema.OperatorCodeT()
        made.builtinCode, made.version = code, _version(code)
        made.deprecatedBuiltinCode = min(code, 127)  # where old readers look; 127 says: see the other field
        self._model.operatorCodes.append(made)
        return len(self._model.operatorCodes) - 1


def _version(code: int) -> int:
    """First version of an operator that takes what is given here: floats, SLICE of bool, float16."""
    return {OPS.SLICE: 2, OPS.DEQUANTIZE: 3}.get(code, 1)


def _options(code: int) -> tuple[int, Any] | None:
    kinds = schema.BuiltinOptions
    if code == OPS.CAST:
        cast = schema.CastOptionsT()
        cast.inDataType, cast.outDataType = TYPES.UINT8, TYPES.FLOAT32
        return kinds.CastOptions, cast
    if code == OPS.MUL:
        return kinds.MulOptions, schema.MulOptionsT()
    return None
