"""``python -m pytest_edgebench doctor``."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_edgebench.__main__ import main
from pytest_edgebench.doctor import PROGRAMS, Finding, examine, told
from pytest_edgebench.setup.tflite_runtime import FOLDER

Captured = pytest.CaptureFixture[str]


def program(folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, and another that is all of PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_what_is_missing_comes_with_the_command_that_mends_it(nothing: Path, capsys: Captured) -> None:
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    at = next(i for i, line in enumerate(lines) if "qemu-aarch64" in line)
    assert lines[at].split()[0] == "missing"
    assert lines[at + 1].strip() == "apt-get install qemu-user"
    assert lines[-2].strip() == "python -m pytest_edgebench setup tflite-runtime"
    for part, command in (("aarch64 root", ""), ("armv7 root", " --arch armv7"), ("counting plugin", "")):
        at = next(i for i, line in enumerate(lines) if part in line)
        assert lines[at].startswith("missing")
        assert lines[at + 1].strip() == f"python -m pytest_edgebench setup qemu{command}"
    assert any(line.split()[:2] == ["here", "onnxruntime"] for line in lines)
    assert lines[-1].endswith("parts are missing")


def test_a_program_on_the_path_is_found(nothing: Path) -> None:
    program(nothing / "bin", "qemu-arm")
    program(nothing / "bin", "cc")
    found = {finding.name: finding.found for finding in examine(Path(FOLDER))}
    assert [name for (name, *_), *_ in PROGRAMS if found[name]] == ["qemu-arm", "gcc"]


def test_the_environment_is_found_where_it_was_put(nothing: Path) -> None:
    other = Path("elsewhere")
    assert examine(other)[-1].mend == "python -m pytest_edgebench setup tflite-runtime --folder elsewhere"
    program(other / "bin", "python")
    assert examine(other)[-1].found
    assert not examine(Path(FOLDER))[-1].found


def test_all_there() -> None:
    assert told([Finding("gcc", "to build", True, "apt-get install gcc")]).splitlines() == [
        "here     gcc  to build",
        "nothing is missing",
    ]
