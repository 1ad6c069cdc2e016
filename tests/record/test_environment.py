"""What is told of the machine, its libraries and the commit."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from typing import TYPE_CHECKING

from pytest_edgebench.record import environment
from pytest_edgebench.record.environment import Commit, commit, host, versions

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def git(folder: Path, *arguments: str) -> str:
    names = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    command = ["git", *names, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_a_commit(tmp_path: Path) -> None:
    assert commit(tmp_path) == Commit("", "", dirty=False)
    git(tmp_path, "init", "-q", "-b", "work")
    assert commit(tmp_path) == Commit(), "nothing is committed yet"
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-q", "-m", "first")
    sha = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "untracked").touch()
    assert commit(tmp_path) == Commit(sha, "work", dirty=False)
    (tmp_path / "file").write_text("2")
    assert commit(tmp_path) == Commit(sha, "work", dirty=True)
    git(tmp_path, "checkout", "-q", "--detach")
    assert commit(tmp_path) == Commit(sha, "", dirty=True)


def test_this_machine() -> None:
    found = host()
    assert found["python"] == platform.python_version()
    assert found["machine"] == platform.machine()
    assert found["cpus"] == str(len(os.sched_getaffinity(0)))
    assert found["memory"].endswith(" GB")
    assert float(found["load_average"]) >= 0
    assert all(found.values())


def test_what_a_machine_does_not_tell_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No ``/proc/cpuinfo``, no governor, no ``os-release``: as on other systems and in narrow containers."""

    def none() -> dict[str, str]:
        raise OSError

    monkeypatch.setattr(environment, "Path", lambda path: tmp_path / path.lstrip("/"))
    monkeypatch.setattr(platform, "freedesktop_os_release", none)
    found = host()
    assert found["cpu"] == (platform.processor() or platform.machine())
    assert found["system"] == platform.system()
    assert not {"governor", "cpu_features"} & found.keys()


def test_the_first_cpu_of_several(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    text = "model name\t: Fast CPU\nflags\t\t: fpu avx2 sse4_2\n\nmodel name\t: Slow CPU\nflags\t: fma\n"
    (tmp_path / "proc" / "cpuinfo").write_text(text)
    monkeypatch.setattr(environment, "Path", lambda path: tmp_path / path.lstrip("/"))
    found = host()
    assert (found["cpu"], found["cpu_features"]) == ("Fast CPU", "sse4_2 avx2")


def test_versions() -> None:
    found = versions()
    assert found["numpy"] == version("numpy")
    assert found["pytest-edgebench"] == version("pytest-edgebench")
    assert list(found) == [name for name in environment.TOLD if name in found]
