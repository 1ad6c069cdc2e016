"""Multiply-accumulates of an ONNX model: its graph is walked once with the lengths of one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts.inspect import onnx_bodies, onnx_constants
from pytest_edgebench.artifacts.inspect.onnx_infer import infer, stored_types
from pytest_edgebench.artifacts.inspect.onnx_names import bodies
from pytest_edgebench.artifacts.inspect.onnx_order import ordered
from pytest_edgebench.artifacts.inspect.onnx_rules.table import RULES, SHAPES, key_of, uncounted
from pytest_edgebench.artifacts.inspect.onnx_rules.view import View
from pytest_edgebench.artifacts.inspect.onnx_values import Unknown, Values, given_shapes
from pytest_edgebench.artifacts.inspect.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    import onnx

    Array = np.ndarray[Any, np.dtype[Any]]


SCALED = {"GatherBlockQuantized": 2, "QAttention": 3}
"""Operators that write floats of the type of a scale → its place among what they read."""


class Walk:
    """The graphs of one model, walked in order; names have to be unique over them.

    Args:
        given: arrays of one call of one sample, by input; empty where none are known.

    Attributes:
        guessed: a free length, other than that of the first axis, was taken as 1.
    """

    def __init__(self, model: onnx.ModelProto, given: Mapping[str, Array]) -> None:
        self.values = Values()
        self.opsets = {opset.domain: opset.version for opset in model.opset_import}
        self.opsets.setdefault("", self.opsets.get("ai.onnx", 1))
        shapes, symbols, self.guessed = given_shapes(model.graph, given)
        self._stored = stored_types(model, symbols)
        for tensor in onnx_constants.dense(model.graph):
            self.values.set_constant(tensor)
        for name, sparse in onnx_constants.sparse(model.graph).items():
            self.values.set_shape(name, sparse.values.data_type, sparse.shape)
        for value in model.graph.input:
            if value.name in self.values.types:
                continue
            if value.type.HasField("tensor_type"):
                self.values.set_shape(value.name, value.type.tensor_type.elem_type, shapes[value.name])
            else:
                self.values.types[value.name] = value.type
        self._set_scalars(given)

    def graph(self, graph: onnx.GraphProto) -> Tally:
        """Multiply-accumulates of a graph, the bodies of its control flow by their trips."""
        total = Tally()
        for _, found in self.each(graph):
            total.add(found)
        return total

    def each(self, graph: onnx.GraphProto) -> Iterator[tuple[onnx.NodeProto, Tally]]:
        """The nodes of a graph as they run, with the multiply-accumulates of each."""
        for node in ordered(graph):
            kind = onnx_bodies.CONTROL.get(node.op_type) if node.domain in ("", "ai.onnx") else None
            yield node, (self.node(node) if kind is None else kind(self, node))

    def node(self, node: onnx.NodeProto) -> Tally:
        """Multiply-accumulates of a node without trips; what it writes is known afterwards."""
        if node.op_type == "Constant" and node.domain in ("", "ai.onnx"):
            return Tally()
        infer(node, self.values, self.opsets)
        key, view = key_of(node.domain, node.op_type), View(node, self.values)
        if key in SHAPES:
            self._own_shapes(node, view)
        for name in node.output:
            if name and self.values.shape(name) is None and name in self._stored:
                self.values.types[name] = self._stored[name]
        total = Tally()
        inside = Tally()
        for body in bodies(node):  # of an operator that is not known: how often it runs is not, either
            inside.add(self.graph(body))
        if key in RULES:
            total.add(inside)
            try:
                total.macs += RULES[key](view)
            except (Unknown, IndexError, ValueError, TypeError, ZeroDivisionError):
                total.gaps[node.op_type] += 1
        elif uncounted(node.domain, node.op_type) or not inside.empty:
            total.add(inside)
            total.gaps[node.op_type] += 1
        return total

    def _own_shapes(self, node: onnx.NodeProto, view: View) -> None:
        try:
            shapes = SHAPES[key_of(node.domain, node.op_type)](view)
        except (Unknown, IndexError, ValueError, TypeError, ZeroDivisionError):
            return
        typed = node.input[SCALED.get(node.op_type, 0)]
        for name, shape in zip(node.output, shapes, strict=False):
            if name:
                self.values.set_shape(name, self.values.element(typed), shape)

    def _set_scalars(self, given: Mapping[str, Array]) -> None:
        """Single whole numbers and flags that every call is given, such as a sampling rate."""
        for name, array in given.items():
            if name in self.values.types and array.size == 1 and array.dtype.kind in "iub":
                shape = self.values.shape(name)
                if shape is not None and all(length == 1 for length in shape):
                    self.values.numbers[name] = array.reshape(shape)


def count_macs(model: onnx.ModelProto, given: Mapping[str, Array]) -> tuple[Tally, bool]:
    """Multiply-accumulates of one call, and whether they rest on a free length taken as 1.

    Args:
        model: with names that are unique over all graphs, and without local functions.
        given: as `Walk`.
    """
    walk = Walk(model, given)
    return walk.graph(model.graph), walk.guessed
