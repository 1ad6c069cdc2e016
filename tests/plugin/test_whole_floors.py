"""A budget on a count that is only a least number, in a whole session."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from plugin_project import Project

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

X = np.random.default_rng(0).normal(size=(12, 5, 16)).astype("float32")


@eb.model
def net():
    return eb.Model("net.onnx", data=(X, np.zeros(12, "int64")), score=lambda outputs, labels: 1.0)
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(recipes="original", macs="{limit}")
@eb.cases(recipes="original")
def test_macs(edge):
    edge.check()
"""


def looped(path: Path, *, ends_by_data: bool) -> None:
    """(n, steps, 16) ten times, or until the data say so, by a weight of (16, 16)."""
    f, b, i = TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT64
    info = helper.make_tensor_value_info
    nodes = [helper.make_node("MatMul", ["v", "w"], ["v2"])]
    if ends_by_data:
        nodes.append(helper.make_node("ReduceMax", ["v2"], ["top"], keepdims=0))
        nodes.append(helper.make_node("Cast", ["top"], ["co"], to=b))
    else:
        nodes.append(helper.make_node("Identity", ["ci"], ["co"]))
    shape: list[str | int | None] = ["n", "steps", 16]
    inputs = [info("i", i, []), info("ci", b, []), info("v", f, shape)]
    body = helper.make_graph(nodes, "body", inputs, [info("co", b, []), info("v2", f, shape)])
    constants = {"m": np.int64(10), "t": np.bool_(True), "w": np.eye(16, dtype=np.float32)}
    graph = helper.make_graph(
        [helper.make_node("Loop", ["m", "t", "x"], ["y"], body=body)],
        "g",
        [info("x", f, shape)],
        [info("y", f, shape)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def project(folder: Path, limit: int, *, ends_by_data: bool) -> Project:
    made = Project(folder, plain=True)
    looped(folder / "net.onnx", ends_by_data=ends_by_data)
    made.write({"conftest.py": CONFTEST, "test_net.py": TEST.format(limit=limit)})
    return made


def test_lengths_are_those_of_the_samples_and_trips_count(tmp_path: Path) -> None:
    exact = 10 * 5 * 16 * 16
    assert project(tmp_path / "in", exact, ends_by_data=False).run().calm().outcomes == {"passed": 1}
    over = project(tmp_path / "over", exact - 1, ends_by_data=False).run().calm()
    assert over.outcomes == {"failed": 1}


def test_under_the_limit_a_least_number_is_no_pass(tmp_path: Path) -> None:
    made = project(tmp_path, 100_000, ends_by_data=True)
    ran = made.run().calm()
    assert ran.outcomes == {"failed": 1}
    assert "at least 1,280" in ran.text
    assert "Loop not counted wholly" in ran.text
    assert "≥ 1,280" in ran.text
    metric = json.loads((made.folder / "run.json").read_text(encoding="utf-8"))
    assert '"floor": true' in json.dumps(metric)
