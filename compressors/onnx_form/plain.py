"""Any way to store a weight in an ONNX file, rewritten as the usual one: an initialiser of the graph.

The quantizers of onnxruntime look for weights among the initialisers alone, take one that is listed as an
input too for something the caller gives, and know no sparse ones and no local functions.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.inliner
from onnx import numpy_helper

from pytest_edgebench.artifacts.inspect import onnx_constants
from pytest_edgebench.artifacts.inspect.onnx_file import load
from pytest_edgebench.artifacts.inspect.onnx_names import graphs, make_unique
from pytest_edgebench.compressors.onnx_form.one_table import tied
from pytest_edgebench.compressors.onnx_form.scaled import has_factors, take_in
from pytest_edgebench.compressors.onnx_form.taken import is_quantized, set_apart

if TYPE_CHECKING:
    from pathlib import Path

FLOATS = (
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.FLOAT16,
    onnx.TensorProto.DOUBLE,
    onnx.TensorProto.BFLOAT16,
)
NEW_OPSET = 13
LISTED_APART = 4  # the first IR version whose initialisers need not be listed as inputs


def plain(path: Path) -> onnx.ModelProto:
    """Read a model whose weights are then all initialisers, none an input, of names used once.

    Raises:
        BuildError: as `load`.
    """
    model = load(path)
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    make_unique(model.graph)
    _unlist(model)
    set_apart(model.graph)
    for graph in graphs(model.graph):
        _dense(graph)
        _from_nodes(graph)
        _past_identities(graph)
        take_in(graph)
    return model


@lru_cache(maxsize=64)
def is_odd(path: Path) -> bool:
    """Whether a file is of a kind that is quantized otherwise than at first: its steps have another key.

    Args:
        path: an artifact's, whose content does not change.
    """
    model = onnx.load(path, load_external_data=False)
    graph = model.graph
    own = any(node.domain not in ("", "ai.onnx") for node in graph.node)
    return own or is_quantized(graph) or len(list(graphs(graph))) > 1 or has_factors(graph)


@lru_cache(maxsize=64)
def is_tied(path: Path, block: int) -> bool:
    """Whether a table of a file is stored once for its embedding and its product by weight-only schemes.

    Args:
        path: an artifact's, whose content does not change.
    """
    return bool(tied(onnx.load(path, load_external_data=False).graph, block))


@lru_cache(maxsize=64)
def is_plain(path: Path) -> bool:
    """Whether a file is of the kind that the quantizers took rightly before this package looked at it.

    Args:
        path: an artifact's, whose content does not change.
    """
    model = onnx.load(path, load_external_data=False)
    graph = model.graph
    version = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)
    weights = {tensor.name: tensor for tensor in graph.initializer}
    if version < NEW_OPSET or model.functions or len(list(graphs(graph))) > 1 or graph.sparse_initializer:
        return False
    if any(value.name in weights for value in graph.input):
        return False
    if any(t.data_type in FLOATS[1:] or t.float_data for t in weights.values()):
        return False
    uses = [name for node in graph.node for name in node.input if name in weights]
    matrices = [name for name in uses if len(weights[name].dims) > 1]
    if len(matrices) > len(set(matrices)):
        return False
    for node in graph.node:
        ranks = [len(weights[name].dims) for name in node.input if name in weights]
        copied = node.op_type in ("Identity", "Transpose", "Cast") and ranks
        batched = node.op_type == "MatMul" and max(ranks, default=0) > 2
        if node.op_type in ("Constant", "Attention") or copied or batched:
            return False
    return True


def _unlist(model: onnx.ModelProto) -> None:
    """Take initialisers out of the inputs: a caller could override them, but what is quantized is fixed."""
    weights = {tensor.name for tensor in model.graph.initializer}
    weights |= {stored.values.name for stored in model.graph.sparse_initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) < len(model.graph.input):
        del model.graph.input[:]
        model.graph.input.extend(inputs)
        model.ir_version = max(model.ir_version, LISTED_APART)


def _dense(graph: onnx.GraphProto) -> None:
    for name, (values, indices, dims) in _sparse(graph).items():
        full = np.zeros(dims, numpy_helper.to_array(values).dtype)
        positions = numpy_helper.to_array(indices)
        if positions.ndim == 1:
            full.reshape(-1)[positions] = numpy_helper.to_array(values)
        else:
            full[tuple(positions.T)] = numpy_helper.to_array(values)
        graph.initializer.append(numpy_helper.from_array(full, name))
    del graph.sparse_initializer[:]


def _sparse(
    graph: onnx.GraphProto,
) -> dict[str, tuple[onnx.TensorProto, onnx.TensorProto, tuple[int, ...]]]:
    return {s.values.name: (s.values, s.indices, tuple(s.dims)) for s in graph.sparse_initializer}


def _from_nodes(graph: onnx.GraphProto) -> None:
    """Make initialisers of the Constant nodes that hold floats; shapes and indices stay as they are."""
    for node in [node for node in graph.node if node.op_type == "Constant" and node.attribute]:
        tensor = onnx_constants.value(node)
        if tensor is not None and tensor.data_type in FLOATS and tensor.dims:
            graph.initializer.append(tensor)
            graph.node.remove(node)


def _past_identities(graph: onnx.GraphProto) -> None:
    """Let nodes read a weight itself rather than a copy of its, transposed where it was."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    kept = {value.name for value in graph.output}
    uses: dict[str, int] = {}
    for inner in graphs(graph):
        for node in inner.node:
            for name in node.input:
                uses[name] = uses.get(name, 0) + 1
        for value in inner.output:
            uses[value.name] = uses.get(value.name, 0) + 1
    renamed: dict[str, str] = {}
    for node in [node for node in graph.node if node.op_type in ("Identity", "Transpose")]:
        name = renamed.get(node.input[0], node.input[0])
        tensor, result = weights.get(name), node.output[0]
        if tensor is None or tensor.data_type not in FLOATS or result in kept:
            continue
        if node.op_type == "Transpose":
            if uses[node.input[0]] > 1 or name != node.input[0]:
                continue  # two uses of one weight: a second copy would make the file grow
            order = next((list(a.ints) for a in node.attribute if a.name == "perm"), None)
            turned = np.ascontiguousarray(numpy_helper.to_array(tensor).transpose(order))
            tensor.CopyFrom(numpy_helper.from_array(turned, name))
        renamed[result] = name
        graph.node.remove(node)
    if renamed:
        for inner in graphs(graph):
            for node in inner.node:
                node.input[:] = [renamed.get(name, name) for name in node.input]
