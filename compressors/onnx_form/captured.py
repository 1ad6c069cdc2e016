"""What the bodies of If, Loop and Scan read of the graph round them, kept apart from its quantization.

The quantizer of onnxruntime renames and removes values in the graph that it works on, and does not look
whether a body reads them: a branch then answers something else, or the file does not load.
"""

from __future__ import annotations

import onnx
from onnx import helper

from pytest_edgebench.artifacts.inspect.onnx_names import bodies

SUFFIX = "@body"


def keep_apart(model: onnx.ModelProto) -> None:
    """Give every value that a body reads a copy of its own, in place; names must be unique."""
    graph = model.graph
    wanted = sorted(set().union(*(_read(node) for node in graph.node)))
    made = {name for node in graph.node for name in node.output}
    given = {value.name for value in graph.input}
    weights = {tensor.name: tensor for tensor in graph.initializer}
    used = {name for node in graph.node for name in node.input}
    renamed: dict[str, str] = {}
    for name in wanted:
        if name in weights and name not in used:
            continue  # read by bodies alone: nothing quantizes it
        if name in weights:
            copy = graph.initializer.add()
            copy.CopyFrom(weights[name])
            copy.name = renamed[name] = name + SUFFIX
        elif name in made or name in given:
            renamed[name] = name + SUFFIX
    for node in graph.node:
        for body in bodies(node):
            _rename(body, renamed)
    _copies(graph, [name for name in renamed if name not in weights], given)


def _copies(graph: onnx.GraphProto, names: list[str], given: set[str]) -> None:
    """Put an Identity behind the node that makes each value."""
    nodes: list[onnx.NodeProto] = [_copy(name) for name in names if name in given]
    for node in graph.node:
        nodes.append(node)
        nodes += [_copy(name) for name in names if name in node.output]
    kept = onnx.GraphProto(node=nodes)  # copies, since clearing the list frees what it held
    del graph.node[:]
    graph.node.extend(kept.node)


def _copy(name: str) -> onnx.NodeProto:
    return helper.make_node("Identity", [name], [name + SUFFIX], name=f"{name}{SUFFIX}")


def _read(node: onnx.NodeProto) -> set[str]:
    """Names that the bodies of a node read and do not make themselves."""
    found: set[str] = set()
    for body in bodies(node):
        own = {value.name for value in body.input} | {tensor.name for tensor in body.initializer}
        own |= {name for inner in body.node for name in inner.output}
        read = {name for inner in body.node for name in inner.input if name}
        read |= {value.name for value in body.output}
        for inner in body.node:
            read |= _read(inner)
        found |= read - own
    return found


def _rename(body: onnx.GraphProto, names: dict[str, str]) -> None:
    for node in body.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        for inner in bodies(node):
            _rename(inner, names)
    for value in body.output:
        value.name = names.get(value.name, value.name)
