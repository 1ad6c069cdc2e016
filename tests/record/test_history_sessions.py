"""Sessions with a history: since when a budget is broken, and what a bad history does not spoil."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from small_project import TESTS, run, write

import pytest_edgebench as eb

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = write(tmp_path / "project")
    (folder / ".gitignore").write_text(".pytest_cache\n__pycache__\n*.json\n*.sqlite*\n*.html\n")
    git(folder, "init", "-q")
    return folder


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, limit: str) -> str:
    """Commit a size budget; the commit as reports show it."""
    (folder / "test_net.py").write_text(TESTS.replace("20 kB", limit))
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", limit)
    return git(folder, "rev-parse", "HEAD")[:9]


def session(folder: Path, *arguments: str) -> tuple[int, str]:
    more = ("--edgebench-profile=left", "--edgebench-json=run.json", "--edgebench-report=r.html")
    done = run(folder, "pytest", *more, *arguments)
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


def test_since(project: Path) -> None:
    good = commit(project, "20 kB")
    assert session(project)[0] == 0
    bad = commit(project, "2 kB")
    status, text = session(project)
    assert status == 1
    assert f"new in this run, passed at {good}" in text
    commit(project, "2.1 kB")
    status, text = session(project, "-n1")
    assert status == 1
    assert f"failing for 2 runs (first seen {bad}, " in text
    assert f"passed at {good}" in text
    rows = [row for case in eb.load_run(project / "run.json").cases for c in case.checks for row in c.rows]
    (since,) = {row.since for row in rows if row.since}
    assert since.startswith(f"failing for 2 runs (first seen {bad}, ")
    assert since in (project / "r.html").read_text(encoding="utf-8")


def test_off(project: Path) -> None:
    commit(project, "20 kB")
    session(project, "--edgebench-history=off")
    assert list(project.rglob("*.sqlite")) == []


def test_a_path(project: Path, tmp_path: Path) -> None:
    commit(project, "20 kB")
    session(project, f"--edgebench-history={tmp_path / 'all.sqlite'}", "-p", "no:cacheprovider")
    done = run(project, "pytest_edgebench", "history", str(tmp_path / "all.sqlite"), "run.json")
    assert done.stdout.startswith("added 0, there already 1\n")


def test_a_bad_file_changes_nothing_else(project: Path) -> None:
    commit(project, "20 kB")
    (project / "h.sqlite").write_text("no database" * 1000)
    status, text = session(project, "--edgebench-history=h.sqlite")
    assert status == 0, text
    assert "h.sqlite: the history cannot be read: file is not a database" in text
    assert "fix: move the file away" in text
    record = json.loads((project / "run.json").read_text())
    assert len(record["cases"]) == 1
    assert "net-fp16-left" in (project / "r.html").read_text(encoding="utf-8")
