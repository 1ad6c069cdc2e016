"""Count what is in a TFLite file, from its flatbuffer; other lengths than the stored ones need LiteRT."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts import errors
from pytest_edgebench.artifacts.inspect import COUNTER_VERSION
from pytest_edgebench.artifacts.inspect.given import alone, match
from pytest_edgebench.artifacts.inspect.tally import Tally
from pytest_edgebench.artifacts.inspect.tflite_bits import binary
from pytest_edgebench.artifacts.inspect.tflite_file import INDICES, File, Graph, Operator, read, reading
from pytest_edgebench.artifacts.inspect.tflite_lengths import lengths
from pytest_edgebench.artifacts.inspect.tflite_rules import RULES, computes, uncounted
from pytest_edgebench.record.run import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

FLOATS = {"float16", "float32", "float64", "bfloat16"}
SUMMED = frozenset({"IF", "CALL", "CALL_ONCE", "STABLEHLO_COMPOSITE", "STABLEHLO_CASE"})
"""Operators whose subgraphs count once each; what runs another is repeated an unknown number of times."""
AT_START = "CALL_ONCE"


def count_tflite(path: Path, given: Mapping[str, Array] | None = None, signature: str = "") -> Counts:
    """Count a ``.tflite`` file at the lengths stored in it, which are batch 1 unless exported otherwise.

    Args:
        given: the arrays of one call, by input: a file with free lengths is counted at theirs.
        signature: the one that is run, of several; all of them without.

    Raises:
        BuildError: truncated, damaged, or without this signature.
    """
    with reading(path):
        return _total(*opened(path, given or {}, signature))


def opened(path: Path, given: Mapping[str, Array], signature: str) -> tuple[File, list[int], bool]:
    """A file at the lengths of a call, the subgraphs to start with, and whether a length is a guess.

    To be called in a block of `reading`.

    Raises:
        BuildError: without this signature.
    """
    file = read(path)
    if signature and signature not in file.signatures:
        raise errors.no_signature(path, signature, [*file.signatures])
    starts = [file.signatures[signature]] if signature else sorted({*file.signatures.values()}) or [0]
    return file, starts, any(_resized(path, file, start, given, signature) for start in starts)


def _resized(path: Path, file: File, start: int, given: Mapping[str, Array], signature: str) -> bool:
    """Give a subgraph the lengths of a call; whether one of its free lengths stays a guess."""
    graph = file.graphs[start]
    names = [graph.name(i).removeprefix("serving_default_").removesuffix(":0") for i in graph.inputs]
    arrays = match(names, given)
    wanted: dict[int, tuple[int, ...]] = {}
    guessed = False
    for name, index in zip(names, graph.inputs, strict=True):
        free, stored = graph.free(index), graph.shape(index)
        array = alone(arrays.get(name), len(stored))
        if array is None or array.ndim != len(stored):
            guessed = guessed or any(free[1:])
        elif any(free):
            shape = tuple(n if any_ else m for n, m, any_ in zip(array.shape, stored, free, strict=True))
            if shape != stored:
                wanted[index] = shape
    if wanted:
        found = lengths(path, wanted, signature)
        graph.resize(found or wanted)
        return guessed or not found
    return guessed


def reachable(file: File, starts: list[int]) -> list[int]:
    """Subgraphs that run: those to start with and all that their operators name."""
    found: list[int] = []
    waiting = list(starts)
    while waiting:
        at = waiting.pop(0)
        if at not in found and at < len(file.graphs):
            found.append(at)
            waiting += [index for operator in file.graphs[at].operators for index in operator.graphs]
    return found


def macs_of(graph: Graph, operator: Operator) -> int | None:
    """Multiply-accumulates of one operator by itself; None where they are not known."""
    rule = RULES.get(operator.name)
    if rule is None:
        return None if uncounted(operator.name) else 0
    read_ = [i for i in (*operator.inputs, *operator.outputs) if i >= 0]
    return rule(graph, operator) if all(graph.known(i) for i in read_) else None


def is_float(graph: Graph, operator: Operator) -> bool:
    """Whether a compute operator multiplies floats; int8 weights with float data run in integers."""
    inputs = [i for i in operator.inputs if i >= 0]
    if operator.name == "BATCH_MATMUL":
        return all(graph.dtype(i) in FLOATS for i in inputs[:2])
    weights = [i for i in inputs[1:] if len(graph.shape(i)) >= 2 and not graph.variable(i)]
    if weights:
        return any(graph.dtype(i) in FLOATS for i in weights)
    return bool(inputs) and graph.dtype(inputs[0]) in FLOATS


def _tally(file: File, at: int, running: tuple[int, ...] = ()) -> Tally:
    total = Tally()
    for operator in file.graphs[at].operators:
        total.add(tally_of(file, at, operator, running))
    return total


def tally_of(file: File, at: int, operator: Operator, running: tuple[int, ...] = ()) -> Tally:
    """Multiply-accumulates of an operator of a subgraph with those of the subgraphs that it runs.

    Args:
        running: subgraphs that are running already, which a damaged file may name again.
    """
    graph, total = file.graphs[at], Tally()
    found = macs_of(graph, operator)
    if found is None:
        total.gaps[operator.name] += 1
    else:
        total.macs += found
    if operator.name == AT_START:  # once, before the first inference
        return total
    for index in operator.graphs:
        if index in running or index >= len(file.graphs):
            continue
        inside = _tally(file, index, (*running, at))
        total.add(inside)
        if operator.name not in SUMMED and not inside.empty:
            total.gaps[operator.name] += 1
    return total


def _total(file: File, starts: list[int], guessed: bool) -> Counts:
    ops: Counter[str] = Counter()
    weight_bytes: Counter[str] = Counter()
    parameters = zeros = float_ops = 0
    seen: set[int] = set()
    total = Tally()
    for start in starts:
        total.add(_tally(file, start))
    for graph in (file.graphs[at] for at in reachable(file, starts)):
        computed = {i for op in graph.operators if computes(op.name) for i in op.inputs}
        for operator in graph.operators:
            ops[operator.name] += 1
            float_ops += computes(operator.name) and is_float(graph, operator)
        signs, helpers = binary([(op.name, op.inputs, op.outputs) for op in graph.operators])
        helpers = {*helpers, *graph.scales()}
        for index, size in graph.constants.items():
            if graph.tensors[index].buffer in seen:  # of another signature, with the same weights
                continue
            if index in signs:
                weight_bytes["binary"] += size
                parameters += graph.elements(signs[index])
                continue
            weight_bytes[graph.dtype(index)] += size
            # Shapes, axes and paddings are constants but no parameters; int32 biases are.
            if index in helpers or (graph.dtype(index) in INDICES and index not in computed):
                continue
            parameters += graph.stored(index)
            if len(graph.shape(index)) >= 2 and graph.dtype(index) not in INDICES | {"bfloat16"}:
                zeros += graph.zeros(index)
        seen |= {graph.tensors[index].buffer for index in graph.constants}
    return Counts(
        ops=dict(sorted(ops.items())),
        float_ops=float_ops,
        weight_bytes=dict(sorted(weight_bytes.items())),
        parameters=parameters,
        zeros=zeros,
        macs=total.macs,
        uncounted=dict(sorted(total.gaps.items())),
        guessed=guessed,
        counter=COUNTER_VERSION,
    )
