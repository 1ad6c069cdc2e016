"""Layers of an ONNX file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import onnx
import onnx.inliner

from pytest_edgebench.artifacts.inspect import onnx_constants
from pytest_edgebench.artifacts.inspect.onnx_file import load
from pytest_edgebench.artifacts.inspect.onnx_macs import Walk
from pytest_edgebench.artifacts.inspect.onnx_names import bodies, make_unique
from pytest_edgebench.artifacts.inspect.tally import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def onnx_layers(path: Path, given: Mapping[str, Array]) -> Iterator[Layer]:
    """The nodes of the main graph, without those that only hold a constant."""
    model = load(path)
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    make_unique(model.graph)
    left = _constants(model.graph)
    for node, tally in Walk(model, given).each(model.graph):
        if node.op_type == "Constant":
            continue
        stored = sum(left.pop(name, 0) for name in _read(node))
        stored += sum(onnx_constants.bytes_of(*found) for found in onnx_constants.coefficients(node))
        yield Layer(node.name or next(iter(node.output), ""), node.op_type, tally.macs, stored)


def _constants(graph: onnx.GraphProto) -> dict[str, int]:
    """Bytes by name."""
    found = {
        tensor.name: onnx_constants.bytes_of(onnx_constants.dtype(tensor), math.prod(tensor.dims))
        for tensor in onnx_constants.dense(graph)
    }
    for name, sparse in onnx_constants.sparse(graph).items():
        values = onnx_constants.bytes_of(onnx_constants.dtype(sparse.values), math.prod(sparse.values.dims))
        found[name] = values + sparse.index_bytes
    return found


def _read(node: onnx.NodeProto) -> Iterator[str]:
    """Names that a node reads, and those of its bodies."""
    yield from node.input
    for body in bodies(node):
        for inner in body.node:
            yield from _read(inner)
