"""Channels of zeros in files written here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from pytest_edgebench.predict.features import Features, features_of

sys.path.insert(0, str(Path(__file__).parents[1] / "runtimes"))
from tflite_written import File, Graph  # type: ignore[import-not-found]

INT8 = schema.TensorType.INT8


def int8(graph: Any, name: str, shape: tuple[int, ...], data: Any = None) -> int:
    at: int = graph.add(name, shape, data)
    graph.tensors[at].type = INT8
    return at


def written(path: Path, dead: int, kind: str = "plain") -> Features:
    """A pointwise layer of 4 to 8 channels on 5x5, a depthwise one of 3x3, a pointwise one to 2."""
    file = File()
    graph = Graph(file)
    rng = np.random.default_rng(0)
    first, depth, last = (
        rng.integers(1, 100, shape).astype(np.int8) for shape in ((8, 1, 1, 4), (1, 3, 3, 8), (2, 1, 1, 8))
    )
    first[:dead] = 0
    x, a, b, c, y = (
        int8(graph, name, (1, 5, 5, many))
        for name, many in (("x", 4), ("a", 8), ("b", 8), ("c", 8), ("y", 2))
    )
    weights = [
        int8(graph, name, data.shape, data) for name, data in (("f", first), ("d", depth), ("l", last))
    ]
    if kind == "asymmetric":
        point = schema.QuantizationParametersT()
        point.scale, point.zeroPoint = [0.1], [3]
        graph.tensors[weights[0]].quantization = point
    graph.run("CONV_2D", [x, weights[0]], [a])
    graph.run("DEPTHWISE_CONV_2D", [a, weights[1]], [b])
    graph.run("SOFTMAX" if kind == "mixing" else "RELU", [b], [c])
    graph.run("CONV_2D", [c, weights[2]], [y])
    file.write(path, [graph.finish([x], [y])])
    return features_of(path)


def test_a_channel_of_zeros_is_dropped_with_all_that_only_it_leads_to(tmp_path: Path) -> None:
    found = written(tmp_path / "m.tflite", dead=2)
    assert (found.pointwise, found.depthwise) == (25 * (32 + 16), 25 * 72)
    assert found.left is not None
    assert found.left.pointwise == 25 * (6 * 4 + 6 * 2)
    assert found.left.depthwise == 25 * 54
    assert found.left.outputs == found.outputs - 3 * 25 * 2
    assert (found.left.operators, found.left.peak, found.left.left) == (4, found.peak, None)


def test_an_operator_that_mixes_channels_ends_it(tmp_path: Path) -> None:
    found = written(tmp_path / "m.tflite", dead=2, kind="mixing")
    assert found.left is not None
    assert found.left.pointwise == 25 * (6 * 4 + 8 * 2)


@pytest.mark.parametrize("dead, kind", [(0, "plain"), (2, "asymmetric")])
def test_without_channels_of_zeros_nothing_is_left_out(tmp_path: Path, dead: int, kind: str) -> None:
    """A 0 that is not the zero point stands for another number."""
    assert written(tmp_path / "m.tflite", dead, kind).left is None


def test_nothing_is_left_of_a_network_of_zeros(tmp_path: Path) -> None:
    found = written(tmp_path / "m.tflite", dead=8)
    assert found.left is not None
    assert found.left.macs == 0
