"""The order in which an ONNX graph runs: a file may list its nodes in another one, and runtimes sort them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect.onnx_names import bodies

if TYPE_CHECKING:
    from collections.abc import Iterable

    import onnx


def ordered(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Nodes after all whose values they, or the bodies that they hold, read; as listed where that will do."""
    nodes = list(graph.node)
    makers = {name: at for at, node in enumerate(nodes) for name in node.output if name}
    found: list[onnx.NodeProto] = []
    done: set[int] = set()
    begun: set[int] = set()
    for start in range(len(nodes)):
        waiting = [start]
        while waiting:
            at = waiting[-1]
            if at in done:
                waiting.pop()
                continue
            missing = [makers[name] for name in read_by(nodes[at]) if makers.get(name, at) not in done | {at}]
            if missing and at not in begun:
                waiting += reversed(missing)
            else:  # those that read each other's values run in no order at all
                waiting.pop()
                done.add(at)
                found.append(nodes[at])
            begun.add(at)
    return found


def sort(graph: onnx.GraphProto) -> None:
    """Put the nodes of a graph and of all its bodies in that order, in place."""
    import onnx

    nodes = ordered(graph)
    if any(one is not other for one, other in zip(nodes, graph.node, strict=True)):
        kept = onnx.GraphProto(node=nodes)  # copies, since clearing the list frees what it held
        del graph.node[:]
        graph.node.extend(kept.node)
    for node in graph.node:
        for body in bodies(node):
            sort(body)


def read_by(node: onnx.NodeProto) -> Iterable[str]:
    """Names of the values that a node reads, by its bodies too, in the graph that it stands in."""
    found = dict.fromkeys(name for name in node.input if name)
    for body in bodies(node):
        own = {value.name for value in body.input} | {tensor.name for tensor in body.initializer}
        own |= {stored.values.name for stored in body.sparse_initializer}
        own |= {name for inner in body.node for name in inner.output}
        inside = [name for inner in body.node for name in read_by(inner)]
        inside += [value.name for value in body.output]
        found |= dict.fromkeys(name for name in inside if name not in own)
    return found
