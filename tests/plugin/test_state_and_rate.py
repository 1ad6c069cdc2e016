"""What goes on from call to call in bytes, and calls a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_project import Project

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
import numpy as np
import onnx
from onnx import TensorProto, helper
import pytest_edgebench as eb

shapes = {"x": ["n", 2], "h": [1, "n", "room", 4], "y": ["n", 2], "h_next": [1, "n", "room", 4]}
infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
nodes = [helper.make_node("Identity", ["x"], ["y"]), helper.make_node("Add", ["h", "h"], ["h_next"])]
graph = helper.make_graph(nodes, "keeps", infos[:2], infos[2:])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "m.onnx")
X = np.zeros((6, 2), "float32")
ROOM = np.zeros((1, 1, 5, 4), "float32")

@eb.model
def keeps():
    data = {"x": X, "h": eb.State("h_next", initial=ROOM, axis=1)}
    return eb.Model("m.onnx", data=(data, X), score=eb.mae)
"""
PLAIN = """
@eb.model
def plain():
    onnx.save(onnx.load("m.onnx"), "p.onnx")
    data = {"x": X, "h": eb.Sample(np.zeros((1, 6, 5, 4), "float32"), axis=1)}
    return eb.Model("p.onnx", data=(data, X), score=lambda outputs, labels: 1.0)
"""
SETTINGS = '[profiles.here]\ntarget = "host"\nruntime = "onnxruntime"\n'


def test_bytes_and_calls(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", plain=True)
    project.write(
        {
            "conftest.py": CONFTEST,
            "edgebench.toml": SETTINGS,
            "test_m.py": """
import pytest_edgebench as eb

@eb.cases(recipes="original")
@eb.budget(state_bytes="80 B", calls_per_s="10 /s")
def test_it(edge):
    edge.check()
    assert edge.state_bytes.value == 5 * 4 * 4
    assert edge.calls_per_s.value * edge.latency.p50.value == 1
    assert edge.calls_per_s.low < edge.calls_per_s.value < edge.calls_per_s.high

@eb.cases(recipes="original")
@eb.budget(state_bytes="79 B")
def test_over(edge):
    edge.check()
""",
        }
    )
    ran = project.run()
    assert ran.status == 1
    assert "state_bytes 80 B > 79 B" in ran.text
    assert "1 failed, 1 passed" in ran.text, ran.text


def test_without_a_state_the_reason_is_given(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", plain=True)
    project.write(
        {
            "conftest.py": CONFTEST.partition("@eb.model")[0] + PLAIN,
            "edgebench.toml": SETTINGS,
            "test_m.py": """
import pytest_edgebench as eb

@eb.cases(recipes="original")
@eb.budget(state_bytes="80 B")
def test_it(edge):
    edge.check()
""",
        }
    )
    ran = project.run()
    assert ran.status == 1
    assert "no input of the model is a state" in ran.text
