"""Which operators of an ONNX file a step takes: those that ``ops`` names, but for those of ``exclude``."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect.onnx_names import graphs
from pytest_edgebench.compressors.onnx_form import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnx


def name_nodes(model: onnx.ModelProto) -> None:
    """Give every node a name, in place."""
    number = 0
    for graph in graphs(model.graph):
        for node in graph.node:
            node.name = node.name or f"{node.op_type}_{number}"
            number += 1


def left_out(model: onnx.ModelProto, step: str, ops: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """Names of the nodes that stay float; by type, by name, or by the name of a weight or its layer.

    Args:
        step: as messages call it.
        ops: patterns of the only ones that are taken; empty for all.
        exclude: patterns of those that are not.

    Raises:
        BuildError: a pattern that matches no operator.
    """
    if not ops and not exclude:
        return []
    name_nodes(model)
    known = _known(model)
    found: dict[str, None] = {}
    if ops:
        taken = {node for pattern in ops for node in _matching(known, step, "ops", pattern)}
        found = dict.fromkeys(node for node in known if node not in taken)
    for pattern in exclude:
        found |= dict.fromkeys(_matching(known, step, "exclude", pattern))
    return list(found)


def _known(model: onnx.ModelProto) -> dict[str, set[str]]:
    """Name of each node → the texts that a pattern may match."""
    weights = {tensor.name for graph in graphs(model.graph) for tensor in graph.initializer}
    names: dict[str, set[str]] = {}
    for graph in graphs(model.graph):
        for node in graph.node:
            given = weights.intersection(node.input)
            layers = {weight.rpartition(".")[0] for weight in given} - {""}
            names.setdefault(node.name, set()).update({node.name, node.op_type}, given, layers)
    return names


def _matching(known: dict[str, set[str]], step: str, name: str, pattern: str) -> list[str]:
    hits = [node for node, texts in known.items() if fnmatch.filter(texts, pattern)]
    if not hits:
        raise errors.matches_nothing(step, name, pattern, [*known][:20])
    return hits
