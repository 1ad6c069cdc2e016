"""Outputs of an ONNX file that are inputs handed on, which its quantization has no part in.

onnxruntime's tools put operators between a value and the output of that name, and here that makes a circle.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import onnx

from pytest_edgebench.artifacts.inspect.onnx_file import load
from pytest_edgebench.artifacts.inspect.onnx_names import graphs
from pytest_edgebench.artifacts.inspect.onnx_order import sort
from pytest_edgebench.compressors.onnx_form import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _handed_on(graph: onnx.GraphProto) -> list[tuple[int, onnx.ValueInfoProto]]:
    """Places and values of the outputs that are inputs."""
    given = {value.name for value in graph.input}
    return [(at, value) for at, value in enumerate(graph.output) if value.name in given]


@contextmanager
def usual(source: Path, target: Path) -> Iterator[Path]:
    """A block that makes `target` of the file it is given: `source`, or that without such outputs.

    They are put back afterwards, and the nodes of a file with bodies into the order that ONNX asks for: the
    tools do not look at what bodies read.
    """
    given = target.with_suffix(".usual.onnx")
    found = _without(source, given)
    yield given if found else source
    if found:
        files.remove(given)
        _put_back(target, found)
    if len(list(graphs(onnx.load(target, load_external_data=False).graph))) > 1:
        model = onnx.load(target)
        sort(model.graph)
        onnx.save(model, target)


def _without(source: Path, target: Path) -> list[tuple[int, onnx.ValueInfoProto]]:
    """Write the model without such outputs to `target`, and what they were; [] and no file without any."""
    graph = onnx.load(source, load_external_data=False).graph
    found = _handed_on(graph)
    if not found or len(found) == len(graph.output):
        return []
    model = load(source)
    names = {value.name for _, value in found}
    kept = onnx.GraphProto(output=[value for value in model.graph.output if value.name not in names])
    del model.graph.output[:]
    model.graph.output.extend(kept.output)
    files.save(model, target)
    return found


def _put_back(target: Path, found: list[tuple[int, onnx.ValueInfoProto]]) -> None:
    """Give a file that was made of the other one those outputs at their places."""
    model = onnx.load(target)
    for at, value in found:
        model.graph.output.insert(at, value)
    onnx.save(model, target)
