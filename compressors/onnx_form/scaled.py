"""Gemm without factors of its own: alpha and beta multiplied into its weight and its bias.

onnxruntime's quantizers pass over a Gemm with factors, and write the bias of a static file as if it had
none: outputs are then wrong by what beta adds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper, numpy_helper

from pytest_edgebench.artifacts.inspect.onnx_names import graphs

if TYPE_CHECKING:
    from collections.abc import Mapping

FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE)


def factors(node: onnx.NodeProto) -> tuple[float, float]:
    """alpha and beta of a Gemm."""
    given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return float(given.get("alpha", 1.0)), float(given.get("beta", 1.0))


def has_factors(graph: onnx.GraphProto) -> bool:
    """Whether a graph, or a body in it, has a Gemm with factors."""
    return any(
        node.op_type == "Gemm" and factors(node) != (1.0, 1.0) for each in graphs(graph) for node in each.node
    )


def take_in(graph: onnx.GraphProto) -> None:
    """Multiply the factors of a graph's Gemms into their constants, in place.

    A weight that others read, or that is worked out, keeps its alpha: it would be stored twice.
    """
    weights = {tensor.name: tensor for tensor in graph.initializer}
    uses: dict[str, int] = {value.name: 1 for value in graph.output}
    for each in graphs(graph):
        for node in each.node:
            for name in node.input:
                uses[name] = uses.get(name, 0) + 1
    for node in [node for node in graph.node if node.op_type == "Gemm"]:
        alpha, beta = factors(node)
        if beta != 1.0 and len(node.input) > 2 and node.input[2] in weights:
            _bias(graph, node, weights, beta, alone=uses[node.input[2]] == 1)
        if alpha != 1.0:
            for name in node.input[:2]:
                if name in weights and uses[name] == 1 and weights[name].data_type in FLOATS:
                    _set(weights[name], alpha)
                    _drop(node, "alpha")
                    break


def _bias(
    graph: onnx.GraphProto,
    node: onnx.NodeProto,
    weights: Mapping[str, onnx.TensorProto],
    beta: float,
    *,
    alone: bool,
) -> None:
    tensor = weights[node.input[2]]
    if tensor.data_type not in FLOATS:
        return
    if beta == 0.0:
        del node.input[2:]
    elif alone:
        _set(tensor, beta)
    else:
        copy = graph.initializer.add()
        copy.CopyFrom(tensor)
        copy.name = node.input[2] = f"{tensor.name}@{node.output[0]}"
        _set(copy, beta)
    _drop(node, "beta")


def _set(tensor: onnx.TensorProto, factor: float) -> None:
    values = numpy_helper.to_array(tensor)
    made = (values * np.asarray(factor, values.dtype)).astype(values.dtype)
    tensor.CopyFrom(numpy_helper.from_array(made, tensor.name))


def _drop(node: onnx.NodeProto, name: str) -> None:
    node.attribute.remove(next(attribute for attribute in node.attribute if attribute.name == name))
