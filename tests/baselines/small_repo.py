"""A git repository with one small case, for tests that build the baseline of a ref in this process."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pytest_edgebench.base.git import environment
from pytest_edgebench.baselines import git_ref
from pytest_edgebench.baselines.invocation import Invocation, Progress

if TYPE_CHECKING:
    from pytest_edgebench.record.baseline import Baseline

CONFTEST = """
from pathlib import Path
import numpy as np
import pytest_edgebench as eb

X, Y = np.ones((4, 8), "float32"), np.zeros(4, int)


@eb.model
def net():
    return eb.Model(Path(__file__).with_name("net.onnx"), data=(X, Y), score=eb.top1)


@eb.recipe
def half(net):
    return eb.quantize(net, "fp16")
"""
TEST = "def test_net(edge):\n    edge.check()\n"
OF_FILES = "-c", "user.email=a@example.org", "-c", "user.name=a"


def write_net(path: Path, width: int = 4) -> Path:
    """An ONNX file of one matrix product, (n, 8) to (n, width)."""
    weight = numpy_helper.from_array(np.random.default_rng(0).normal(size=(8, width)).astype("float32"), "w")
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8])
    found = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", width])
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [given], [found], [weight]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


@dataclass(frozen=True)
class SmallRepo:
    """Its folder below `tmp_path`, beside the session's."""

    path: Path

    def write(self, **files: str) -> None:
        """``tests__test_a="..."`` is the file tests/test_a.py."""
        for name, text in files.items():
            path = self.path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *OF_FILES, *arguments], cwd=self.path, env=environment(), check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "words")
        return self.git("rev-parse", "HEAD")

    def asked(self, **more: Any) -> Invocation:
        given: dict[str, Any] = {
            "root": self.path, "start": self.path, "ini": self.path / "pytest.ini", "cut": None,
            "arguments": (), "overrides": (), "import_mode": "prepend", "keyword": "", "marks": "",
            "profiles": (), "packages": False, "parallel": False,
        }  # fmt: skip
        return Invocation(**{**given, **more})

    def build(self, ref: str = "HEAD", progress: Progress | None = None, **more: Any) -> Baseline:
        session = self.path.parent / "session"
        (session / "runs").mkdir(parents=True, exist_ok=True)
        run_folder = Path(tempfile.mkdtemp(dir=session / "runs"))
        quiet = progress or Progress(lambda: None, lambda: None)
        return git_ref.build(self.asked(**more), ref, session, run_folder, quiet)


def small_repo(folder: Path) -> SmallRepo:
    """A repository with one commit of one case."""
    repo = SmallRepo(folder / "repo")
    repo.write(conftest=CONFTEST, test_net=TEST)
    write_net(repo.path / "net.onnx")
    (repo.path / "pytest.ini").write_text("[pytest]\naddopts = -p no:randomly\n", encoding="utf-8")
    repo.git("init", "-q", "-b", "main")
    repo.commit()
    return repo
