"""Layers of a TFLite file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts.inspect.tally import Layer
from pytest_edgebench.artifacts.inspect.tflite_counts import opened, reachable, tally_of
from pytest_edgebench.artifacts.inspect.tflite_file import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.artifacts.inspect.tflite_file import File, Operator

    Array = np.ndarray[Any, np.dtype[Any]]


def tflite_layers(path: Path, given: Mapping[str, Array], signature: str) -> Iterator[Layer]:
    """The operators of the subgraphs that are started, named by what they write."""
    with reading(path):
        file, starts, _ = opened(path, given, signature)
        seen: set[int] = set()
        for start in starts:
            graph = file.graphs[start]
            for operator in graph.operators:
                name = graph.name(operator.outputs[0]) if operator.outputs else ""
                macs = tally_of(file, start, operator).macs
                yield Layer(name, operator.name, macs, _stored(file, start, operator, seen))


def _stored(file: File, at: int, operator: Operator, seen: set[int]) -> int:
    """Bytes of the buffers that an operator is the first to read, with all of the subgraphs it runs."""
    read = [(at, index) for index in operator.inputs]
    for below in reachable(file, list(operator.graphs)):
        read += [(below, index) for index in file.graphs[below].constants]
    total = 0
    for where, index in read:
        size = file.graphs[where].constants.get(index, 0)
        buffer = file.graphs[where].tensors[index].buffer if size else 0
        if size and buffer not in seen:
            seen.add(buffer)
            total += size
    return total
