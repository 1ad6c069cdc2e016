"""A user's project in a folder of its own, and whole pytest processes in it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
STRANGE = HERE.parent / "workers" / "strange_runtime.py"
PACKAGE = HERE.parents[1] / "pytest_edgebench"

BARE = """
[pytest]
addopts = -p no:randomly -p no:anyio -p no:hypothesispytest
"""
INI = f"""{BARE}
edgebench_cap_seconds = 1
edgebench_confirm_seconds = 0
"""
DESCRIBED = '[profiles.board]\nextends = "cortex-a72"\n'
"""A profile that is only described: nothing is timed on it."""

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 16)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")


@eb.model
def net():
    return eb.Model("net.onnx", data=(X, Y), score=eb.top1)


@eb.recipe
def fp16(net):
    return eb.quantize(net, "fp16")


@eb.recipe
def int8(net):
    return eb.quantize(net, "dynamic-int8")
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(size="20 kB")
def test_budget(edge):
    edge.check()
"""


@dataclass(frozen=True)
class Ran:
    """How a session ended."""

    status: int
    text: str

    @property
    def outcomes(self) -> dict[str, int]:
        """Word → number, from the last line; empty where the session ended before any test."""
        try:
            found: dict[str, int] = pytest.RunResult.parse_summary_nouns(self.text.splitlines())
        except ValueError:
            return {}
        return found

    def calm(self) -> Ran:
        """Itself, having made sure that no traceback of ours was printed."""
        assert "INTERNALERROR" not in self.text, self.text
        assert "Traceback" not in self.text, self.text
        assert str(PACKAGE) not in self.text, self.text
        assert not re.search(r"^(pytest_edgebench|compressors|reports)/\S+\.py:\d+", self.text, re.M), (
            self.text
        )
        return self


class Project:
    """Files, and pytest run on them.

    Args:
        plain: without files of its own; else with a network ``net.onnx`` and two recipes on one profile that
            is only described.
    """

    def __init__(self, folder: Path, *, plain: bool = False) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.write({"pytest.ini": INI})
        if not plain:
            write_net(folder / "net.onnx")
            self.write({"conftest.py": CONFTEST, "test_net.py": TEST, "edgebench.toml": DESCRIBED})

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def start(
        self,
        *arguments: str,
        before: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        record: bool = True,
    ) -> subprocess.Popen[str]:
        """pytest in the folder, in a process group of its own.

        Args:
            before: a command that starts it. record: whether it is told to write ``run.json``.
        """
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GIT_"))}
        own |= {"COLUMNS": "160", "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})}
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a job in the background, which hands it on
            signal.signal(signal.SIGINT, signal.default_int_handler)
        wanted = ["--edgebench-json=run.json"] if record else []
        command = [*before, sys.executable, "-m", "pytest", *wanted, *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip

    def run(self, *arguments: str, **how: Any) -> Ran:
        return ended(self.start(*arguments, **how))

    def record(self) -> dict[str, Any]:
        """The run record of the last session that wrote one."""
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        return found

    def metrics(self, case: str) -> dict[str, dict[str, Any]]:
        """Numbers of a case, from the record."""
        record = self.record()
        (found,) = [each for each in record["cases"] if each["key"] == case]
        metrics: dict[str, dict[str, Any]] = record["observations"][found["observation"]]["metrics"]
        return metrics

    def verdicts(self) -> dict[str, set[str]]:
        """Case → verdicts of its checks, from the record."""
        return {
            case["key"]: {check["verdict"] for check in case["checks"]} for case in self.record()["cases"]
        }

    @property
    def cache(self) -> Path:
        return self.folder / ".pytest_cache" / "d" / "edgebench"

    def runs(self) -> list[Path]:
        """Run folders, the oldest first."""
        folders = (self.cache / "runs").iterdir()
        return sorted(folders, key=lambda folder: folder.stat().st_mtime_ns)

    def built(self) -> list[str]:
        """What the last session built, one line each."""
        log = self.runs()[-1] / "built.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def half_made(self) -> list[Path]:
        """What lies in the cache without being whole."""
        loose = [path for path in (self.cache / "cache" / "tmp").glob("*") if path.is_dir()]
        entries = (self.cache / "cache" / "artifacts").glob("*")
        return loose + [folder for folder in entries if not (folder / "manifest.json").is_file()]


def ended(process: subprocess.Popen[str], seconds: float = 120) -> Ran:
    """Wait for a session; one that does not end is killed with all it started, and the test fails."""
    try:
        text, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        text, _ = process.communicate()
        raise AssertionError(f"not ended after {seconds} s:\n{text}") from None
    return Ran(process.returncode, text)


def wait_for(path: Path, process: subprocess.Popen[str], seconds: float = 60) -> None:
    """Until a session made a file."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end, f"{path} never appeared"
        time.sleep(0.02)


def write_net(
    path: Path, *, seed: int = 1, hidden: int = 64, scale: float = 1, external: bool = False
) -> Path:
    """An ONNX network (batch, 16) → MatMul → Relu → MatMul → (batch, 2)."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(seed)
    weights = [
        numpy_helper.from_array((rng.normal(size=shape) * scale).astype(np.float32), name)
        for name, shape in (("a", (16, hidden)), ("b", (hidden, 2)))
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "b"], ["y"]),
    ]
    given, found = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", n])
        for name, n in (("x", 16), ("y", 2))
    )
    graph = helper.make_graph(nodes, "g", [given], [found], weights)
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    options: dict[str, Any] = (
        {"save_as_external_data": True, "location": "weights.bin", "size_threshold": 0} if external else {}
    )
    onnx.save(model, path, **options)
    return path
