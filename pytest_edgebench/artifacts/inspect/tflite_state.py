"""Whether a ``.tflite`` file keeps something from one inference to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect.tflite_file import read, reading

if TYPE_CHECKING:
    from pathlib import Path

RESOURCES = "VAR_HANDLE"


def keeps_state(path: Path) -> bool:
    """Whether it has variable tensors, or variables that are resources.

    Raises:
        BuildError: truncated or damaged.
    """
    with reading(path):
        return any(
            any(operator.name == RESOURCES for operator in graph.operators)
            or any(graph.variable(index) for index in range(len(graph.tensors)))
            for graph in read(path).graphs
        )
    raise AssertionError("the block above returns or raises")
