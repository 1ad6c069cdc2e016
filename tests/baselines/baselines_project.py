"""A user's project in a git repository of its own, with its package below ``src``."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

BUILD = '''
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH = {"a": 512, "b": 640}


def write(path, name):
    """A network of two matrix products, 64 to WIDTH to 10."""
    rng = np.random.default_rng(0)
    width = WIDTH[name]
    first = numpy_helper.from_array(rng.normal(size=(64, width)).astype("float32") / 8, "first")
    second = numpy_helper.from_array(rng.normal(size=(width, 10)).astype("float32") / 30, "second")
    nodes = [
        helper.make_node("MatMul", ["x", "first"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "second"], ["y"]),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 64])
    found = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])
    graph = helper.make_graph(nodes, name, [given], [found], [first, second])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path
'''
CONFTEST = """
import numpy as np
import pytest_edgebench as eb
from nets.build import write

rng = np.random.default_rng(1)
X, Y = rng.normal(size=(64, 64)).astype("float32"), rng.integers(0, 10, 64)


@eb.model
def a(tmp_path_factory):
    return eb.Model(write(tmp_path_factory.mktemp("a") / "a.onnx", "a"), data=(X, Y), score=eb.top1)


@eb.model
def b(tmp_path_factory):
    return eb.Model(write(tmp_path_factory.mktemp("b") / "b.onnx", "b"), data=(X, Y), score=eb.top1)


@eb.recipe(models=["*"])
def int8(model):
    return eb.quantize(model, "dynamic-int8")
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(latency=["baseline + 5 %", "model + 2000 %"], size="baseline + 1 %")
def test_budget(edge):
    edge.check()
"""
FILES = {
    "src/nets/__init__.py": "",
    "src/nets/build.py": BUILD,
    "tests/conftest.py": CONFTEST,
    "tests/test_nets.py": TEST,
    "pytest.ini": "[pytest]\ntestpaths = tests\n",
    ".gitignore": "__pycache__\n.pytest_cache\n*.json\n",
}


class Repo:
    """The project, and pytest run in it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.path = pytester.path
        self._pytester = pytester
        self.write(FILES)
        self.git("init", "-q", "-b", "main")
        self.commit("first")

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.path / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.email=a@example.org", "-c", "user.name=a", *arguments],
            cwd=self.path, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, words: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", words)
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str) -> None:
        self.git("checkout", "-q", "-b", name)

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest with the project's package on the path, as an editable install puts it there."""
        monkey = {"PYTHONPATH": str(self.path / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        old = {name: os.environ.get(name) for name in monkey}
        os.environ.update(monkey)
        try:
            plugins = ("-prandomly", "-panyio", "-phypothesispytest")
            off = [name.replace("-p", "-pno:", 1) for name in plugins]
            return self._pytester.runpytest_subprocess(*off, "--edgebench-json=run.json", *arguments)
        finally:
            for name, value in old.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        return found

    def rows(self, case: str) -> dict[tuple[str, str], dict[str, Any]]:
        """(metric, reference) → row of the case's check."""
        (found,) = [entry for entry in self.record()["cases"] if entry["key"] == case]
        return {
            (row["metric"], row.get("reference", "")): row
            for check in found["checks"]
            for row in check["rows"]
        }

    def built(self) -> list[str]:
        """What the last session built, one line each."""
        runs = self.path / ".pytest_cache" / "d" / "edgebench" / "runs"
        logs = [path for folder in runs.iterdir() for path in folder.glob("built.log")]
        return [line for path in logs for line in path.read_text(encoding="utf-8").splitlines()]


def text_of(result: pytest.RunResult) -> str:
    """All that was printed, and no traceback of ours in it."""
    text = result.stdout.str() + result.stderr.str()
    assert "INTERNALERROR" not in text
    assert "Traceback" not in text
    assert str(Path(__file__).parents[2] / "pytest_edgebench") not in text
    return text
