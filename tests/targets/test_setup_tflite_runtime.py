"""What `setup tflite-runtime` says where it cannot; that it works is seen in test_run_tflite_runtime.py."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pytest_edgebench.__main__ import main
from pytest_edgebench.environments import errors, steps

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def setup(folder: Path, python: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a set-up that fails says."""
    assert main(["setup", "tflite-runtime", "--folder", str(folder), "--python", python]) == 2
    return capsys.readouterr().err


def test_a_python_without_a_wheel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newer = script(tmp_path / "newer", "echo 3.13")
    assert setup(tmp_path / "env", newer, capsys) == (
        f"tflite-runtime 2.14.0 has no wheel that could be used with Python 3.13 ({newer}): it needs 3.11\n"
        "  fix: give --python a Python 3.11 interpreter, such as --python python3.11\n"
    )
    assert not (tmp_path / "env").exists()


def test_no_such_interpreter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = setup(tmp_path / "env", str(tmp_path / "nowhere"), capsys)
    assert "nowhere cannot be asked for its version" in told
    assert "fix: give --python the path of a Python interpreter" in told


def test_a_folder_of_somebody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    told = setup(tmp_path, sys.executable, capsys)
    assert told.startswith(f"{tmp_path}: this folder is there already and was not made by this command")
    assert (tmp_path / "thesis.txt").exists()


def test_what_failed_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = script(
        tmp_path / "broken", 'if [ "$1" = -c ]; then echo 3.11; else echo disk full >&2; exit 1; fi'
    )
    told = setup(tmp_path / "env", broken, capsys)
    assert told.startswith(
        f"making an environment of {broken} failed; it printed:\n    disk full\n  fix: fix what it says"
    )


def test_a_set_up_that_hangs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "DEADLINE_S", 0.2)
    slow = script(tmp_path / "slow", 'if [ "$1" = -c ]; then echo 3.11; else exec sleep 60; fi')
    assert "had not finished after 0.2 s, and was stopped" in setup(tmp_path / "env", slow, capsys)


def test_other_packages_than_asked() -> None:
    error = errors.unlike_asked("/env", "numpy 1", "numpy 2.0")
    assert str(error).startswith(
        "/env: the new environment answers with numpy 2.0, not with numpy 1\n  fix: does"
    )
