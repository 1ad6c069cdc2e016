"""Count what is in an ONNX file: operations, dtypes, parameters, zeros, multiply-accumulates."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import onnx
import onnx.inliner
import onnx.numpy_helper

from pytest_edgebench.artifacts.inspect import COUNTER_VERSION, onnx_constants
from pytest_edgebench.artifacts.inspect.onnx_bits import binary
from pytest_edgebench.artifacts.inspect.onnx_file import load
from pytest_edgebench.artifacts.inspect.onnx_float import WHOLE, float_ops, scaling, zero_points
from pytest_edgebench.artifacts.inspect.onnx_macs import count_macs
from pytest_edgebench.artifacts.inspect.onnx_names import graphs, make_unique
from pytest_edgebench.artifacts.inspect.onnx_nbits import unpacked
from pytest_edgebench.record.run import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

NO_PARAMETERS = (onnx.TensorProto.INT64, onnx.TensorProto.BOOL, onnx.TensorProto.STRING)
"""Shapes, indices, masks and names are constants, but nothing was learnt in them."""


def count_onnx(path: Path, given: Mapping[str, Array] | None = None) -> Counts:
    """Count an ``.onnx`` file.

    Args:
        given: the arrays of one call, by input; without them free lengths are 1.

    Raises:
        BuildError: truncated, damaged, not ONNX, or without its external data.
    """
    model = load(path)
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    make_unique(model.graph)
    nodes = [node for graph in graphs(model.graph) for node in graph.node]
    tally, guessed = count_macs(model, given or {})
    weights = _weights(model.graph, nodes)
    return Counts(
        ops=dict(sorted(Counter(_op_name(node) for node in nodes).items())),
        float_ops=float_ops(nodes, _whole(model.graph)),
        weight_bytes=dict(sorted(weights.bytes.items())),
        parameters=weights.parameters,
        zeros=weights.zeros,
        macs=tally.macs,
        uncounted=dict(sorted(tally.gaps.items())),
        guessed=guessed,
        counter=COUNTER_VERSION,
    )


def _whole(graph: onnx.GraphProto) -> set[str]:
    """Inputs and constants of integer types."""
    found = {value.name for value in graph.input if value.type.tensor_type.elem_type in WHOLE}
    return found | {tensor.name for tensor in onnx_constants.dense(graph) if tensor.data_type in WHOLE}


class _Weights:
    """Bytes by dtype, parameters and zeros, summed up."""

    def __init__(self) -> None:
        self.bytes: Counter[str] = Counter()
        self.parameters = 0
        self.zeros = 0


def _weights(graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto]) -> _Weights:
    total = _Weights()
    constants = {tensor.name: tensor for tensor in onnx_constants.dense(graph)}
    points = zero_points(nodes, constants)
    blocks = {node.input[1]: node for node in nodes if node.op_type == "MatMulNBits"}
    signs, helpers = binary(nodes, constants)
    left_out = scaling(nodes) | helpers | {n for node in blocks.values() for n in node.input[2:4]}
    for name, tensor in constants.items():
        elements, dtype = math.prod(tensor.dims), onnx_constants.dtype(tensor)
        if name in blocks:
            packed = unpacked(blocks[name], constants)
            total.bytes[packed.dtype] += elements
            total.parameters += packed.elements
            total.zeros += packed.zeros
            continue
        if name in signs:
            total.bytes["binary"] += elements
            total.parameters += signs[name]
            continue
        total.bytes[dtype] += onnx_constants.bytes_of(dtype, elements)
        if name in left_out or tensor.data_type in NO_PARAMETERS:
            continue
        total.parameters += elements
        if len(tensor.dims) >= 2:
            total.zeros += int((onnx.numpy_helper.to_array(tensor) == points.get(name, 0)).sum())
    for name, sparse in onnx_constants.sparse(graph).items():
        stored, dtype = math.prod(sparse.values.dims), onnx_constants.dtype(sparse.values)
        total.bytes[dtype] += onnx_constants.bytes_of(dtype, stored)
        total.bytes["int64"] += sparse.index_bytes
        if name not in left_out and sparse.values.data_type not in NO_PARAMETERS:
            total.parameters += stored
    for node in nodes:
        for dtype, elements in onnx_constants.coefficients(node):
            total.bytes[dtype] += onnx_constants.bytes_of(dtype, elements)
            total.parameters += elements
    return total


def _op_name(node: onnx.NodeProto) -> str:
    return f"{node.domain}:{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type
