"""A user's folder with a model of a few kilobytes, for tests that run pytest in it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

X = np.random.default_rng(0).normal(size=(40, 16)).astype("float32")


@eb.model
def net():
    return eb.Model("net.onnx", data=(X, X[:, 0] > 0), score=eb.top1)


@eb.recipe
def fp16(net):
    return eb.quantize(net, "fp16")
"""
TESTS = """
import pytest
import pytest_edgebench as eb


@eb.budget(size="20 kB")
def test_budget(edge):
    edge.check()


@eb.cases(recipes="fp16")
def test_half(edge):
    assert edge.size.value < 4_000
"""
SETTINGS = """
[profiles.left]
extends = "cortex-a72"
[profiles.right]
extends = "cortex-a72"
"""


def write(folder: Path) -> Path:
    """Model, conftest, two tests and two profiles that are described only, so that nothing is timed."""
    rng = np.random.default_rng(1)
    weights = [
        numpy_helper.from_array(rng.normal(size=(16, 64)).astype(np.float32), "a"),
        numpy_helper.from_array(rng.normal(size=(64, 2)).astype(np.float32), "b"),
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "b"], ["y"]),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", n])
        for name, n in (("x", 16), ("y", 2))
    ]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], weights)
    folder.mkdir(exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "net.onnx")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_net.py").write_text(TESTS)
    (folder / "edgebench.toml").write_text(SETTINGS)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:randomly\n")
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """``python -m COMMAND`` in a folder, as a user runs it."""
    # A CI's own variables change what a session keeps and where it reports.
    ours = ("PYTEST_", "GIT_", "GITHUB_")
    environment = {
        key: value for key, value in os.environ.items() if key != "CI" and not key.startswith(ours)
    }
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"COLUMNS": "140"},
    )
