"""Jobs that run pytest, each for one profile, and the gate over their records."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from small_project import TESTS, run, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path / "project")


def job(project: Path, name: str, *arguments: str) -> int:
    return run(
        project, "pytest", f"--edgebench-profile={name}", f"--edgebench-json={name}.json", *arguments
    ).returncode


def gate(project: Path, *arguments: str) -> tuple[int, str]:
    found = run(project, "pytest_edgebench", "merge", "left.json", "right.json", *arguments)
    assert found.stderr == ""
    return found.returncode, found.stdout


def test_one_job_a_profile(project: Path) -> None:
    assert [job(project, name) for name in ("left", "right")] == [0, 0]
    status, text = gate(project, "--shards=2", "--min-cases=2", "--report=all.html")
    assert status == 0, text
    assert "0 failed · 2 passed" in text
    page = (project / "all.html").read_text(encoding="utf-8")
    assert 'id="case=net-fp16-left"' in page
    assert 'id="case=net-fp16-right"' in page


def test_one_job_fails(project: Path) -> None:
    assert job(project, "left") == 0
    tests = TESTS.replace("20 kB", "2 kB")
    (project / "test_net.py").write_text(tests)
    assert job(project, "right") == 1
    status, text = gate(project)
    assert status == 1, text
    assert "✕ net fp16 on right: size 2.75 kB, limit 2 kB" in text


def test_an_expected_failure_passes(project: Path) -> None:
    marked = TESTS.replace(
        '@eb.budget(size="20 kB")', '@pytest.mark.xfail(raises=eb.BudgetExceeded)\n@eb.budget(size="2 kB")'
    )
    (project / "test_net.py").write_text(marked)
    assert [job(project, name) for name in ("left", "right")] == [0, 0]
    status, text = gate(project)
    assert status == 0, text


def test_a_job_that_was_stopped_fails(project: Path) -> None:
    assert job(project, "left") == 0
    stopper = "def pytest_runtest_teardown(item): item.session.shouldstop = 'enough'\n"
    (project / "stopper.py").write_text(stopper)
    assert job(project, "right", "-pstopper") == 2
    status, text = gate(project)
    assert status == 1, text
    assert "not run: net fp16 on right: the session ended before it" in text


def test_a_record_that_cannot_be_written_is_told(project: Path) -> None:
    done = run(project, "pytest", "--edgebench-profile=left", "--edgebench-json=net.onnx/run.json")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"net\.onnx/run\.json: the file cannot be written: (Not a dir|File exists)", done.stdout)
    assert "0 failed · 1 passed" in done.stdout
