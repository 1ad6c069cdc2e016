from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = '[profiles.board]\nextends = "cortex-a72"\n[profiles.x86]\nisa = ["avx2"]\n'
CONFTEST = """
import numpy as np
import pytest_edgebench as eb

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 16)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")


def never():
    raise RuntimeError("the model was made")


@eb.model
def net():
    return eb.Model({source}, data=(X, Y), score=eb.top1)


@eb.recipe
def int8(net):
    return eb.quantize(net, "static-int8", calibration=20, reduce_range=False)
"""
TEST = """
def test_budget(edge):
    edge.check()
"""
FEW = "conftest.py:19: EB108 fewer than 100 calibration samples: Quantize("


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One recipe that breaks two rules on one profile and one on the other; no model can be made."""
    files = {
        "conftest.py": CONFTEST.format(source="never"),
        "test_net.py": TEST,
        "edgebench.toml": SETTINGS,
        "pytest.ini": "[pytest]\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_command_builds_nothing_and_tells_all(project: Path) -> None:
    ended = run(project, "pytest_edgebench", "lint")
    assert ended.stdout.count(FEW) == 2, ended.stdout + ended.stderr
    assert ended.stdout.count("EB101 ") == 1
    assert "on x86; without VNNI" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "2 cases, 3 findings"
    assert "the model was made" not in ended.stdout
    assert ended.returncode == 1


def test_the_command_finds_nothing(project: Path) -> None:
    path = project / "conftest.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("=20, reduce_range=False", "=120"), encoding="utf-8"
    )
    ended = run(project, "pytest_edgebench", "lint")
    assert ended.stdout.strip() == "2 cases, 0 findings"  # and nothing of the tests that did not run
    assert ended.returncode == 0


def test_the_command_says_what_kept_it_from_looking(project: Path) -> None:
    path = project / "conftest.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("calibration=20", "calibration=0"), encoding="utf-8"
    )
    ended = run(project, "pytest_edgebench", "lint", "test_net.py")
    assert ended.returncode == 2
    assert "calibration" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_an_error_refuses_before_the_model_is_made(project: Path) -> None:
    ended = run(project, "pytest", "--edgebench-lint=error", "-p", "no:randomly")
    assert ended.returncode == 1
    assert "the linter refuses net-int8-board:" in ended.stdout
    assert FEW in ended.stdout
    assert "say --edgebench-lint=warn" in ended.stdout
    assert "the model was made" not in ended.stdout


def test_an_unknown_word_is_refused(project: Path) -> None:
    for option, name in (
        (("--edgebench-lint=loud",), "--edgebench-lint"),
        (("-o", "edgebench_lint=loud"), "ini key edgebench_lint"),
    ):
        ended = run(project, "pytest", *option)
        assert ended.returncode == 4
        assert f"{name}" in ended.stderr
        assert "loud" in ended.stderr


NET = """
import numpy as np, onnx
from onnx import TensorProto as T, helper as h, numpy_helper as n
w = n.from_array(np.random.default_rng(0).normal(size=(16, 2)).astype("float32"), "w")
i, o = (h.make_tensor_value_info(a, T.FLOAT, ["batch", b]) for a, b in (("x", 16), ("y", 2)))
g = h.make_graph([h.make_node("MatMul", ["x", "w"], ["y"])], "g", [i], [o], [w])
onnx.save(h.make_model(g, opset_imports=[h.make_opsetid("", 17)], ir_version=8), "net.onnx")
"""


def test_a_warning_is_in_terminal_record_and_report(project: Path) -> None:
    subprocess.run([sys.executable, "-c", NET], cwd=project, check=True)
    (project / "conftest.py").write_text(CONFTEST.format(source='"net.onnx"'), encoding="utf-8")
    more = ("--edgebench-json=run.json", "--edgebench-report=r.html", "--edgebench-profile=board")
    ended = run(project, "pytest", *more)
    assert f"note: {FEW}" in " ".join(ended.stdout.split()), ended.stdout
    for name in ("run.json", "r.html"):
        assert "EB108 fewer than 100 calibration samples" in (project / name).read_text(encoding="utf-8")
    silent = run(project, "pytest", *more, "--edgebench-lint=off")
    assert "EB108" not in silent.stdout
