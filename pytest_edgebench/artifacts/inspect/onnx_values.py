"""What is known of the values of an ONNX graph while it is walked: types, lengths and small numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnx.helper
import onnx.numpy_helper

from pytest_edgebench.artifacts.inspect.given import alone, match

if TYPE_CHECKING:
    from collections.abc import Mapping

    Array = np.ndarray[Any, np.dtype[Any]]

SMALL = 2048
"""Elements of a constant that is looked into: shapes, axes and trip counts, not weights."""


class Unknown(Exception):  # noqa: N818 - an answer rather than an error
    """A length that a count rests on is not known."""


class Values:
    """By name; names are unique over all graphs (`onnx_names.make_unique`)."""

    def __init__(self) -> None:
        self.types: dict[str, onnx.TypeProto] = {}
        self.numbers: dict[str, Array] = {}

    def shape(self, name: str) -> tuple[int, ...] | None:
        """All lengths of a tensor; None where one of them is not known."""
        return shape_of(self.types.get(name))

    def set_shape(self, name: str, element: int, shape: tuple[int | None, ...] | None) -> None:
        self.types[name] = tensor_type(element, shape)

    def element(self, name: str) -> int:
        """The element type's number; 0 where it is not known."""
        found = self.types.get(name)
        return found.tensor_type.elem_type if found is not None else 0

    def set_constant(self, tensor: onnx.TensorProto) -> None:
        self.set_shape(tensor.name, tensor.data_type, tuple(tensor.dims))
        elements = 1
        for length in tensor.dims:
            elements *= length
        if elements <= SMALL and tensor.data_type != onnx.TensorProto.STRING:
            self.numbers[tensor.name] = onnx.numpy_helper.to_array(tensor)

    def set_number(self, name: str, value: Array) -> None:
        """A small value that is known, with its type."""
        value = np.asarray(value)
        self.numbers[name] = value
        self.set_shape(name, onnx.helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)

    def copy(self, source: str, to: str) -> None:
        """Give a name what is known of another."""
        self.forget(to)
        if source in self.types:
            self.types[to] = self.types[source]
        if source in self.numbers:
            self.numbers[to] = self.numbers[source]

    def forget(self, name: str) -> None:
        self.types.pop(name, None)
        self.numbers.pop(name, None)


def tensor_type(element: int, shape: tuple[int | None, ...] | None) -> onnx.TypeProto:
    """The type of a tensor; a length that is not known is left empty, a rank likewise."""
    made = onnx.TypeProto()
    made.tensor_type.elem_type = element
    if shape is not None:
        made.tensor_type.shape.SetInParent()
        for length in shape:
            dimension = made.tensor_type.shape.dim.add()
            if length is not None and length >= 0:
                dimension.dim_value = length
    return made


def shape_of(kind: onnx.TypeProto | None) -> tuple[int, ...] | None:
    """All lengths of a tensor type; None where one of them is unknown or negative."""
    if kind is None or not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
        return None
    dims = kind.tensor_type.shape.dim
    if all(dim.HasField("dim_value") and dim.dim_value >= 0 for dim in dims):
        return tuple(dim.dim_value for dim in dims)
    return None


def given_shapes(
    graph: onnx.GraphProto, given: Mapping[str, Array]
) -> tuple[dict[str, tuple[int | None, ...] | None], dict[str, int], bool]:
    """Lengths of a graph's inputs in one call.

    Args:
        given: arrays of one call: by name where names agree, the others by position; empty for none, and
            then a free length is 1.

    Returns:
        Input → lengths (None: not known), lengths of symbolic dimensions, and whether a length other than
        that of the first axis had to be taken as 1.
    """
    constants = {tensor.name for tensor in graph.initializer}
    constants |= {stored.values.name for stored in graph.sparse_initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    matched = match([value.name for value in inputs], given)
    shapes: dict[str, tuple[int | None, ...] | None] = {}
    symbols: dict[str, int] = {}
    guessed = False
    for value in inputs:
        if not value.type.HasField("tensor_type"):
            continue
        declared = value.type.tensor_type
        array = alone(matched.get(value.name), len(declared.shape.dim))
        if not declared.HasField("shape"):
            shapes[value.name] = None if array is None else array.shape
            guessed = guessed or array is None
            continue
        if array is not None and not declared.shape.dim and array.ndim:
            shapes[value.name] = array.shape if array.size > 1 else ()
            continue
        fits = array is not None and array.ndim == len(declared.shape.dim)
        lengths: list[int | None] = []
        for axis, dim in enumerate(declared.shape.dim):
            if dim.HasField("dim_value") and dim.dim_value >= 0:
                lengths.append(dim.dim_value)
                continue
            symbol = dim.dim_param
            if array is not None and fits:
                length = array.shape[axis]
            else:
                length = symbols.get(symbol, 1)
                guessed = guessed or (axis > 0 and symbol not in symbols)
            lengths.append(length)
            if symbol:
                symbols.setdefault(symbol, length)
        shapes[value.name] = tuple(lengths)
    return shapes, symbols, guessed
