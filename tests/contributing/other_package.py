"""A package of one file that extends pytest-edgebench, and a project of a user who has installed it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

X = np.random.default_rng(0).normal(size=(40, 256)).astype("float32")


@eb.model
def net():
    return eb.Model("net.onnx", data=(X, (X[:, 0] > 0).astype("int64")), score=eb.top1)


@eb.recipe
def fp16(net):
    return eb.quantize(net, "fp16")
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(accuracy="95 %", size="4 kB")
def test_budget(edge):
    edge.check()
"""
INI = "[pytest]\nedgebench_cap_seconds = 1\nedgebench_confirm_seconds = 0\n"
OPTIONS = ("-p", "no:randomly", "-p", "no:anyio", "-p", "no:cacheprovider", "-q")


@dataclass(frozen=True)
class Other:
    """The package's folder and the project's."""

    installed: Path
    project: Path

    def install(self, group: str, name: str, code: str, value: str = "other_package_file") -> None:
        """One file, and the entry point that names it or what is in it."""
        (self.installed / "other_package_file.py").write_text(code, encoding="utf-8")
        info = self.installed / "other_package-1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[pytest_edgebench.{group}]\n{name} = {value}\n")

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the project's tests."""
        return self._run("pytest", *OPTIONS, *arguments)

    def edgebench(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of our commands in the project."""
        return self._run("pytest_edgebench", *arguments)

    def _run(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(self.installed)}
        return subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=self.project, env=environment,
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip


def make(folder: Path) -> Other:
    """A project with one small network that says whether its first input is positive, and no package yet."""
    other = Other(folder / "installed", folder / "project")
    other.installed.mkdir()
    other.project.mkdir()
    weight = np.zeros((256, 2), np.float32)
    weight[0] = -1, 1
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 256])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(model, other.project / "net.onnx")
    files = {
        "conftest.py": CONFTEST,
        "test_net.py": TEST,
        "pytest.ini": INI,
        "edgebench.toml": '[profiles.board]\nextends = "cortex-a72"\n',  # described only: nothing is timed
    }
    for name, text in files.items():
        (other.project / name).write_text(text, encoding="utf-8")
    return other
