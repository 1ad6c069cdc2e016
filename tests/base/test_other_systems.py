"""On a system that is not Linux: one sentence, and nothing for tests that are not ours."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

START = """
import sys

GONE = {gone}


class Gone:
    def find_spec(self, name, path=None, target=None):
        if name in GONE:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Gone())
import asyncio, numpy, pytest, sysconfig  # whose own look at the system comes first

sysconfig.get_config_vars()
import io

io._WindowsConsoleIO = type("Console", (), {{}})  # that pytest asks for there
sys.platform = {system!r}
"""
OURS = """
import pytest_edgebench as eb


@eb.model
def net():
    return eb.Model("net.onnx", data=([[1.0]], [0]), score=eb.top1)
"""
TEST = """
def test_budget(edge):
    edge.check()
"""
SYSTEMS = [("win32", "Windows", ("fcntl", "resource")), ("darwin", "macOS", ("resource",))]


def run(folder: Path, system: str, gone: tuple[str, ...], then: str) -> subprocess.CompletedProcess[str]:
    code = START.format(gone=gone, system=system) + then
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )


PYTEST = "sys.exit(pytest.main(['-q', '-p', 'no:randomly', '-p', 'no:anyio', '-p', 'no:cacheprovider']))"


@pytest.mark.parametrize(("system", "name", "gone"), SYSTEMS)
@pytest.mark.parametrize("settings", [True, False], ids=["settings", "none"])
def test_a_project_of_ours(
    system: str, name: str, gone: tuple[str, ...], settings: bool, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text(OURS)
    (tmp_path / "test_net.py").write_text(TEST)
    if settings:
        (tmp_path / "edgebench.toml").write_text('[profiles.p]\nextends = "cortex-a72"\n')
    ended = run(tmp_path, system, gone, PYTEST)
    text = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert f"pytest-edgebench runs on Linux only, and this is {name}" in text
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text


@pytest.mark.parametrize(("system", "name", "gone"), SYSTEMS)
def test_tests_that_are_not_ours(system: str, name: str, gone: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_sum():\n    assert 1 + 1 == 2\n")
    ended = run(tmp_path, system, gone, PYTEST)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout


@pytest.mark.parametrize(("system", "name", "gone"), SYSTEMS)
def test_commands(system: str, name: str, gone: tuple[str, ...], tmp_path: Path) -> None:
    then = "from pytest_edgebench.__main__ import main; sys.exit(main(['doctor']))"
    ended = run(tmp_path, system, gone, then)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"pytest-edgebench runs on Linux only, and this is {name}")
    assert ended.stderr.count("\n") == 1
