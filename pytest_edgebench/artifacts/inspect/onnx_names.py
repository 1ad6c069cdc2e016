"""Names of an ONNX model made unique over all its graphs: the body of an If or Loop has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import onnx


def graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and the bodies of its If, Loop and Scan nodes."""
    yield graph
    for node in graph.node:
        for body in bodies(node):
            yield from graphs(body)


def bodies(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs that a node holds itself."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def make_unique(graph: onnx.GraphProto) -> None:
    """Rename in place what two graphs of one model call alike, e.g. a constant of either branch of an If.

    What a body reads of the graphs round it keeps its name.
    """
    _rename(graph, {}, set())


def _rename(graph: onnx.GraphProto, outer: Mapping[str, str], taken: set[str]) -> None:
    names = dict(outer)
    defined = [value.name for value in graph.input]
    defined += [tensor.name for tensor in graph.initializer]
    defined += [sparse.values.name for sparse in graph.sparse_initializer]
    defined += [name for node in graph.node for name in node.output if name]
    for name in dict.fromkeys(defined):
        new, number = name, 1
        while new in taken:
            number += 1
            new = f"{name}@{number}"
        taken.add(new)
        names[name] = new
    for value in (*graph.input, *graph.output, *graph.value_info):
        value.name = names.get(value.name, value.name)
    for tensor in graph.initializer:
        tensor.name = names[tensor.name]
    for sparse in graph.sparse_initializer:
        sparse.values.name = names[sparse.values.name]
    for node in graph.node:
        for part in (node.input, node.output):
            for at, name in enumerate(part):
                if names.get(name, name) != name:
                    part[at] = names[name]
        for body in bodies(node):
            _rename(body, names, taken)
