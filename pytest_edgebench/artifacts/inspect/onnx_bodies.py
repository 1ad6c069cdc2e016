"""Control flow of ONNX: how often the bodies of If, Loop and Scan run, and what they hand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import onnx

from pytest_edgebench.artifacts.inspect.onnx_values import shape_of, tensor_type
from pytest_edgebench.artifacts.inspect.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_edgebench.artifacts.inspect.onnx_values import Values

SIMULATED = 256
"""Trips that are gone through one by one where they differ in their lengths."""
INT64, BOOL = onnx.TensorProto.INT64, onnx.TensorProto.BOOL


class Walk(Protocol):
    """What walks the graphs of a model (`onnx_macs.Walk`), as control flow needs it."""

    values: Values
    opsets: dict[str, int]

    def graph(self, graph: onnx.GraphProto) -> Tally:
        """Multiply-accumulates of a body."""


def branches(walk: Walk, node: onnx.NodeProto) -> Tally:
    """`If`: the branch that a constant condition takes; without one, both count."""
    condition = walk.values.numbers.get(node.input[0])
    taken = [_body(node, "then_branch"), _body(node, "else_branch")]
    if condition is not None and condition.size == 1:
        taken = taken[:1] if bool(condition.reshape(-1)[0]) else taken[1:]
    total = Tally()
    for body in taken:
        total.add(walk.graph(body))
    for at, name in enumerate(node.output):
        sources = [body.output[at].name for body in taken if at < len(body.output)]
        walk.values.forget(name)
        shapes = {walk.values.shape(source) for source in sources}
        if len(taken) == 1:
            walk.values.copy(sources[0], name)
        elif len(shapes) == 1 and None not in shapes:
            walk.values.types[name] = walk.values.types[sources[0]]
    return total


def loop(walk: Walk, node: onnx.NodeProto) -> Tally:
    """`Loop`: its body by its trips; where these are not known, once, and it says so."""
    values, body = walk.values, _body(node, "body")
    limit = values.numbers.get(node.input[0]) if node.input[0] else None
    go_on = values.numbers.get(node.input[1]) if len(node.input) > 1 and node.input[1] else np.bool_(True)
    trips = None if limit is None or limit.size != 1 else int(limit.reshape(-1)[0])
    states = list(node.input[2:])
    if (trips is not None and trips <= 0) or (go_on is not None and not bool(np.all(go_on))):
        for at, name in enumerate(states):
            values.copy(name, node.output[at])
        return Tally()
    _enter(walk, body, states, None)
    once = walk.graph(body)
    known = go_on is not None and _goes_on(walk, body) is True
    steady = _steady(walk, body, states)
    total = Tally()
    if once.empty or (known and steady and trips is not None and not once.gaps):
        total.add(once, trips or 0)
        done = trips if known else None
        if not steady:
            _forget_states(walk, body)
    elif go_on is not None and (trips is not None or not node.input[0]):
        total, done = _simulated(walk, node, body, states, trips)
        if done is None and not total.macs:
            total.macs = once.macs
    else:
        total.add(once)
        total.gaps["Loop"] += 1
        done = None
    _leave(walk, node, body, len(states), done, 1)
    return total


def scan(walk: Walk, node: onnx.NodeProto) -> Tally:
    """`Scan`: its body once for each element along the axis that is scanned."""
    values, body = walk.values, _body(node, "body")
    given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute if a.name != "body"}
    batched = walk.opsets[""] < 9
    inputs = list(node.input[1:] if batched else node.input)
    count = int(given["num_scan_inputs"])
    states, scanned = inputs[: len(inputs) - count], inputs[len(inputs) - count :]
    axes = [1] * count if batched else list(given.get("scan_input_axes", [0] * count))
    trips, samples = None, 1
    for at, (name, axis) in enumerate(zip(scanned, axes, strict=True)):
        shape = values.shape(name)
        inner = body.input[len(states) + at].name
        if shape is None:
            values.types.pop(inner, None)
            continue
        trips = shape[axis]
        samples = shape[0] if batched else 1
        left = tuple(n for i, n in enumerate(shape) if i != axis % len(shape) and not (batched and i == 0))
        values.set_shape(inner, values.element(name), left)
    for name, inner_value in zip(states, body.input, strict=False):
        shape = values.shape(name)
        if batched and shape:
            values.set_shape(inner_value.name, values.element(name), shape[1:])
        else:
            values.copy(name, inner_value.name)
            values.numbers.pop(inner_value.name, None)
    once, total = walk.graph(body), Tally()
    total.add(once, samples * trips if trips is not None else 1)
    if trips is None and not once.empty:
        total.gaps["Scan"] += 1
    if batched:
        for name in node.output:
            values.forget(name)
    else:
        _leave(walk, node, body, len(states), trips, 0, list(given.get("scan_output_axes", ())))
    return total


def sequence_map(walk: Walk, node: onnx.NodeProto) -> Tally:
    """`SequenceMap`: how many elements a sequence has is not known."""
    once = walk.graph(_body(node, "body"))
    for name in node.output:
        walk.values.forget(name)
    if not once.empty:
        once.gaps["SequenceMap"] += 1
    return once


CONTROL: Mapping[str, Callable[[Walk, onnx.NodeProto], Tally]] = {
    "If": branches,
    "Loop": loop,
    "Scan": scan,
    "SequenceMap": sequence_map,
}


def _simulated(
    walk: Walk, node: onnx.NodeProto, body: onnx.GraphProto, states: list[str], trips: int | None
) -> tuple[Tally, int | None]:
    """Trips one by one, with numbers and lengths that change: the sum, and how many there were, if known."""
    total, at, sources = Tally(), 0, states
    while trips is None or at < trips:
        if at == SIMULATED:
            total.gaps["Loop"] += 1
            return total, None
        _enter(walk, body, sources, at)
        total.add(walk.graph(body))
        sources = [value.name for value in body.output[1 : len(states) + 1]]
        at += 1
        going = _goes_on(walk, body)
        if going is None:
            total.gaps["Loop"] += 1
            _forget_states(walk, body)
            return total, None
        if not going:
            break
    return total, at


def _enter(walk: Walk, body: onnx.GraphProto, states: list[str], at: int | None) -> None:
    """Give a loop's body what it reads: the trip's number where one is gone through, and its states."""
    values: Any = walk.values
    carried = [(values.types.get(name), values.numbers.get(name)) for name in states]
    for value in body.input:
        values.forget(value.name)
    if body.input:
        values.set_shape(body.input[0].name, INT64, ())
        if at is not None:
            values.set_number(body.input[0].name, np.asarray(at, np.int64))
    if len(body.input) > 1:
        values.set_number(body.input[1].name, np.asarray(True))
    for value, (kind, number) in zip(body.input[2:], carried, strict=False):
        if kind is not None:
            values.types[value.name] = kind
        if number is not None and at is not None:
            values.numbers[value.name] = number


def _goes_on(walk: Walk, body: onnx.GraphProto) -> bool | None:
    """What the body says of another trip; None where that depends on the data."""
    found = walk.values.numbers.get(body.output[0].name)
    return None if found is None or found.size != 1 else bool(found.reshape(-1)[0])


def _steady(walk: Walk, body: onnx.GraphProto, states: list[str]) -> bool:
    """Whether a trip leaves the lengths of the states as they were."""
    ends = [value.name for value in body.output[1 : len(states) + 1]]
    return all(
        walk.values.shape(before) == walk.values.shape(after)
        for before, after in zip(states, ends, strict=True)
    )


def _forget_states(walk: Walk, body: onnx.GraphProto) -> None:
    for value in body.output[1:]:
        kind = walk.values.types.get(value.name)
        if kind is not None and kind.HasField("tensor_type"):
            walk.values.types[value.name] = tensor_type(kind.tensor_type.elem_type, None)
        walk.values.numbers.pop(value.name, None)


def _leave(
    walk: Walk,
    node: onnx.NodeProto,
    body: onnx.GraphProto,
    states: int,
    trips: int | None,
    first: int,
    axes: list[int] | None = None,
) -> None:
    """Give the node's outputs what the last trip left: states, and what was gathered along an axis.

    Args:
        first: place of the first state among the body's outputs.
    """
    values = walk.values
    for at, name in enumerate(node.output):
        if not name:
            continue
        source = body.output[first + at].name
        if at < states:
            values.copy(source, name)
            values.numbers.pop(name, None)
            continue
        values.forget(name)
        shape = shape_of(values.types.get(source))
        if shape is None or trips is None:
            continue
        axis = axes[at - states] if axes and at - states < len(axes) else 0
        axis = axis if axis >= 0 else axis + len(shape) + 1
        values.set_shape(name, values.element(source), (*shape[:axis], trips, *shape[axis:]))


def _body(node: onnx.NodeProto, name: str) -> onnx.GraphProto:
    found: onnx.GraphProto = next(attribute.g for attribute in node.attribute if attribute.name == name)
    return found
