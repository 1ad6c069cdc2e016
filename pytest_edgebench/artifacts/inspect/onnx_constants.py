"""Constants of an ONNX model: initialisers, sparse ones, Constant nodes and coefficients of ai.onnx.ml."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.helper
import onnx.numpy_helper

from pytest_edgebench.artifacts.inspect.onnx_names import graphs

if TYPE_CHECKING:
    from collections.abc import Iterator

BITS = {"int4": 4, "uint4": 4, "int2": 2, "uint2": 2, "float4e2m1": 4, "string": 0}
ML_DOMAIN = "ai.onnx.ml"


@dataclass(frozen=True, slots=True)
class Sparse:
    """A constant of which only the elements that are not zero are stored.

    Attributes:
        shape: of the dense tensor. values: as stored. index_bytes: bytes of the positions beside them.
    """

    shape: tuple[int, ...]
    values: onnx.TensorProto
    index_bytes: int


def dense(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Initialisers and values of Constant nodes, each with the name it is read by."""
    for each in graphs(graph):
        yield from each.initializer
        for node in each.node:
            if node.op_type == "Constant" and node.attribute:
                tensor = value(node)
                if tensor is not None:
                    yield tensor


def sparse(graph: onnx.GraphProto) -> dict[str, Sparse]:
    """Sparse initialisers and Constant nodes by name."""
    found = {}
    for each in graphs(graph):
        for stored in each.sparse_initializer:
            found[stored.values.name] = _sparse(stored)
        for node in each.node:
            if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "sparse_value":
                found[node.output[0]] = _sparse(node.attribute[0].sparse_tensor)
    return found


def coefficients(node: onnx.NodeProto) -> Iterator[tuple[str, int]]:
    """(dtype, elements) of what a node of ai.onnx.ml has learnt, which stands in its attributes.

    Numbers with a fraction alone: the whole ones say how trees hang together.
    """
    if node.domain != ML_DOMAIN:
        return
    for attribute in node.attribute:
        if attribute.floats:
            yield "float32", len(attribute.floats)
        elif attribute.HasField("t") and dtype(attribute.t).startswith(("float", "bfloat")):
            yield dtype(attribute.t), math.prod(attribute.t.dims)


def dtype(tensor: onnx.TensorProto) -> str:
    """numpy's name where it has one, e.g. "float32", else ONNX's own in lower case, e.g. "float8e4m3fn"."""
    return dtype_name(tensor.data_type)


def dtype_name(number: int) -> str:
    """As `dtype`, of an element type by its number."""
    name: str = onnx.TensorProto.DataType.Name(number).lower()
    return {"float": "float32", "double": "float64"}.get(name, name)


def bytes_of(name: str, elements: int) -> int:
    """Bytes that elements of a dtype take, packed as ONNX packs those of less than a byte."""
    bits = BITS.get(name)
    if bits is None:
        bits = 8 if name.startswith("float8") else 16 if name == "bfloat16" else np.dtype(name).itemsize * 8
    return math.ceil(elements * bits / 8)


def _sparse(stored: onnx.SparseTensorProto) -> Sparse:
    indices = stored.indices
    index_bytes = bytes_of(dtype(indices), math.prod(indices.dims))
    return Sparse(tuple(stored.dims), stored.values, index_bytes)


def value(node: onnx.NodeProto) -> onnx.TensorProto | None:
    """The value of a Constant node, whichever way it is written; None for a sparse one."""
    attribute = node.attribute[0]
    if attribute.name == "value":
        tensor = onnx.TensorProto()
        tensor.CopyFrom(attribute.t)
        tensor.name = node.output[0]
        return tensor
    kinds = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64}
    kinds["value_ints"] = np.int64
    if attribute.name in kinds:
        numbers = np.asarray(onnx.helper.get_attribute_value(attribute), kinds[attribute.name])
        return onnx.numpy_helper.from_array(numbers, node.output[0])
    if attribute.name in ("value_string", "value_strings"):
        texts = [attribute.s] if attribute.name == "value_string" else list(attribute.strings)
        dims = [] if attribute.name == "value_string" else [len(texts)]
        return onnx.helper.make_tensor(node.output[0], onnx.TensorProto.STRING, dims, texts)
    return None
