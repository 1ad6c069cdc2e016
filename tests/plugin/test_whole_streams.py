"""A session over data that are read as they are needed, and over samples of differing shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from plugin_project import Project

if TYPE_CHECKING:
    from pathlib import Path

import numpy as np

CONFTEST = """
import numpy as np
import pytest_edgebench as eb
from pytest_edgebench.samples.forms import batches, dataset

batches.HELD_BYTES = dataset.HELD_BYTES = 1000  # else these samples would be held
rng = np.random.default_rng(0)
LENGTHS = [5, 5, 7, 3, 3, 4] * 8
X = [rng.normal(size=(n, 2)).astype("float32") + n % 2 for n in LENGTHS]
Y = [int(x.mean() > 0.5) for x in X]


class Rows:
    def __len__(self):
        return len(X)

    def __getitem__(self, number):
        with open("reads", "a") as file:
            file.write("x")
        return {"image": X[number], "label": Y[number]}


def made():
    for start in range(0, len(X), 6):
        yield X[start : start + 6], Y[start : start + 6]


@eb.model
def rows():
    return eb.Model("net.onnx", data=Rows(), score=eb.top1, calibration=made)


@eb.model
def stream():
    return eb.Model("net.onnx", data=made, score=eb.top1)


@eb.recipe(models=["*"])
def int8(model):
    return eb.quantize(model, "static-int8", calibration=16)
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(accuracy="50 %", latency="1 s")
@eb.budget(recipes="int8", accuracy="model - 20 points", size="model + 2000 %", latency="model + 900 %")
@eb.cases(recipes=["original", "int8"])
def test_budget(edge):
    edge.check()
    assert len(edge.predictions) == 48
"""


def network(path: Path) -> None:
    """The mean over time, and two classes."""
    weights = np.array([[1.0, -1.0], [1.0, -1.0]], np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["m", "w"], ["p"]),
        helper.make_node("Neg", ["p"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "t", 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])],
        [numpy_helper.from_array(weights, "w")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9), path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path, plain=True)
    found.write({"conftest.py": CONFTEST, "test_net.py": TEST})
    network(tmp_path / "net.onnx")
    return found


def test_samples_of_differing_shapes(project: Project) -> None:
    """They are run one at a time, calibrate a file, and the report says at which length it was timed."""
    ran = project.run("--edgebench-report=report.html").calm()
    assert ran.outcomes == {"passed": 4}, ran.text
    case = next(each for each in project.record()["cases"] if each["key"] == "stream-int8-host")
    observation = project.record()["observations"][case["observation"]]
    assert observation["runtime"]["timed at"] == "shape 5×2 (samples have 3×2 to 7×2)"
    assert observation["metrics"]["latency.p50"]["note"].endswith(
        "timed at shape 5×2 (samples have 3×2 to 7×2)"
    )
    assert "samples have 3×2 to 7×2" in (project.folder / "report.html").read_text(encoding="utf-8")
    before = len((project.folder / "reads").read_text())
    assert project.run().calm().outcomes == {"passed": 4}
    # The second session reads all once, to know that they are the same; outputs are there.
    assert len((project.folder / "reads").read_text()) - before < 3 * 48


def test_batches_of_them_are_refused_with_what_to_do(project: Project) -> None:
    project.write({"edgebench.toml": '[profiles.host]\ntarget = "host"\nbatch = 4\n'})
    ran = project.run("-k", "original and rows").calm()
    assert ran.status == 1
    assert "differ in shape, and can only be run one at a time" in ran.text
    assert "leave batch = 1 in the profile" in ran.text
