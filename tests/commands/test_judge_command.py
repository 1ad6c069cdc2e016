"""`edgebench judge` and `edgebench compare --fail` on the record of a real session."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Judge = Callable[..., subprocess.CompletedProcess[str]]

CONFTEST = """\
import numpy as np
import pytest_edgebench as eb

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 16)).astype("float32")


@eb.model
def net():
    return eb.Model("net.onnx", data=(X, (X[:, 0] > 0).astype("int64")), score=eb.top1)


@eb.recipe
def fp16(net):
    return eb.quantize(net, "fp16")
"""
TEST = """\
import pytest_edgebench as eb


@eb.budget(size="{size}")
def test_net(edge):
    edge.check()
"""
SETTINGS = '[profiles.board]\nextends = "cortex-a72"\n'
Captured = pytest.CaptureFixture[str]


def net(path: Path, hidden: int) -> None:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(1)
    held = [
        numpy_helper.from_array(rng.normal(size=shape).astype("float32"), name)
        for name, shape in (("a", (16, hidden)), ("b", (hidden, 2)))
    ]
    nodes = [helper.make_node("MatMul", ["x", "a"], ["h"]), helper.make_node("MatMul", ["h", "b"], ["y"])]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 16])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph(nodes, "net", [x], [y], held)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the record of a session, and one of a session with a larger network."""
    folder = tmp_path_factory.mktemp("measured")
    files = {"conftest.py": CONFTEST, "test_net.py": TEST.format(size="64 kB"), "edgebench.toml": SETTINGS}
    for name, text in {**files, "pytest.ini": "[pytest]\naddopts = -p no:randomly\n"}.items():
        (folder / name).write_text(text, encoding="utf-8")
    for record, hidden in (("larger.json", 140), ("run.json", 128)):
        net(folder / "net.onnx", hidden)
        command = [sys.executable, "-m", "pytest", "-q", f"--edgebench-json={record}"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def project(measured: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(measured, folder, ignore=shutil.ignore_patterns(".pytest_cache", "__pycache__"))
    return folder


@pytest.fixture
def judge(project: Path) -> Judge:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest_edgebench", "judge", *arguments]
        return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)

    return run


def test_a_stored_run_is_judged_by_the_budgets_of_now(project: Path, judge: Judge) -> None:
    ended = judge("run.json")
    assert ended.returncode == 0, ended.stderr
    (project / "test_net.py").write_text(TEST.format(size="4 kB"), encoding="utf-8")
    (project / "net.onnx").unlink()  # nothing is built or measured
    ended = judge("run.json", "--json", "again.json", "--report", "again.html")
    assert ended.returncode == 1, ended.stderr
    assert "size 5.00 kB, limit 4 kB" in ended.stdout
    again = json.loads((project / "again.json").read_text(encoding="utf-8"))
    assert [case["checks"][0]["verdict"] for case in again["cases"]] == ["FAIL"]
    assert "<html" in (project / "again.html").read_text(encoding="utf-8")
    assert not (project / ".pytest_cache" / "d" / "edgebench" / "cache").exists()


def test_tests_elsewhere_are_given_by_their_path(project: Path, judge: Judge) -> None:
    (project / "strict").mkdir()
    (project / "strict" / "test_strict.py").write_text(TEST.format(size="4 kB"), encoding="utf-8")
    assert judge("run.json", "--tests", "test_net.py").returncode == 0
    assert judge("run.json", "--tests", "strict").returncode == 1


def test_a_case_that_is_not_in_the_record_is_an_error(project: Path, judge: Judge) -> None:
    text = (project / "conftest.py").read_text(encoding="utf-8")
    text += "\n\n@eb.recipe\ndef int8(net):\n    return eb.quantize(net, 'dynamic-int8')\n"
    (project / "conftest.py").write_text(text, encoding="utf-8")
    ended = judge("run.json")
    assert ended.returncode == 1
    assert "net-int8-board" in ended.stdout
    assert "the case is not in the record" in ended.stdout


def test_a_waiver_of_now_holds(project: Path, judge: Judge) -> None:
    (project / "test_net.py").write_text(TEST.format(size="4 kB"), encoding="utf-8")
    waiver = 'case = "net-fp16-board"\nmetric = "size"\nup_to = "6 kB"\nuntil = 2099-01-01\nreason = "x"\n'
    (project / "edgebench.toml").write_text(f"{SETTINGS}\n[[waivers]]\n{waiver}", encoding="utf-8")
    assert judge("run.json").returncode == 0


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("def test_nothing():\n    pass\n", "no test that takes `edge` was collected"),
        ("import nosuch\n", "the tests cannot be collected"),
    ],
)
def test_tests_that_say_nothing_are_an_error(test: str, told: str, project: Path, judge: Judge) -> None:
    (project / "test_net.py").write_text(test, encoding="utf-8")
    ended = judge("run.json")
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback (most recent call last)" not in ended.stderr.replace("ImportError", "")


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["run.json", "--fail", "size=64 kB"], 0, ""),
        (["run.json", "--fail", "size=4 kB", "--fail", "accuracy=1 %"], 1, "net-fp16-board  size"),
        (["larger.json", "run.json", "--fail", "size=baseline + 1 %"], 0, ""),
        (["run.json", "larger.json", "--fail", "size=baseline + 1 %"], 1, "net-fp16-board  size"),
        (["run.json", "other.json", "--fail", "size=baseline + 1 %"], 1, "missing from a later one"),
        (["run.json", "--fail", "arena=64 kB"], 1, "arena"),
    ],
)
def test_compare_fails_by_limits(
    arguments: list[str],
    status: int,
    told: str,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    monkeypatch.chdir(project)
    text = (project / "run.json").read_text(encoding="utf-8")
    (project / "other.json").write_text(text.replace("net-fp16-board", "net-fp16-other"), encoding="utf-8")
    assert main(["compare", *arguments]) == status
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("size", "'size' is not METRIC=LIMIT"),
        ("sise=4 kB", "unknown metric 'sise'\n  fix: did you mean 'size'?"),
        ("size=4 ms", "unit 'ms' does not fit size"),
        ("latency=baseline + 5 %", "latencies of two runs are not compared"),
        ("size=baseline + 1 %", "a limit relative to the baseline needs two records"),
    ],
)
def test_a_limit_that_cannot_be_judged_is_refused(
    limit: str, told: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(project)
    assert main(["compare", "run.json", "--fail", limit]) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""
