"""``edgebench doctor``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_edgebench.__main__ import main
from pytest_edgebench.commands.doctor import PROGRAMS, Finding, container_note, examine, told
from pytest_edgebench.environments.tflite_runtime import FOLDER

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
    monkeypatch.setenv("EDGEBENCH_LOCKS", str(tmp_path))  # else a container is noted
    return tmp_path


def test_what_is_missing_comes_with_the_command_that_mends_it(nothing: Path, capsys: Captured) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = next(i for i, line in enumerate(lines) if "qemu-aarch64" in line)
    assert lines[at].split()[0] == "missing"
    assert lines[at + 1].strip() == "fix: apt-get install qemu-user"
    assert lines[-2].strip() == "fix: edgebench setup tflite-runtime"
    for part, command in (("aarch64 root", ""), ("armv7 root", " --arch armv7"), ("counting plugin", "")):
        at = next(i for i, line in enumerate(lines) if part in line)
        assert lines[at].startswith("missing")
        assert lines[at + 1].strip() == f"fix: edgebench setup qemu{command}"
    assert any(line.split()[:2] == ["ok", "onnxruntime"] for line in lines)
    assert lines[-1].startswith("all declared profiles can be measured; ")
    assert lines[-1].endswith(" optional parts are missing")


@pytest.mark.parametrize(
    "settings, part",
    [
        ('target = "ssh://pi@rpi4"', "ssh"),
        ('target = "qemu"\ntarget_options.cpu = "cortex-a72"', "qemu-aarch64, aarch64 root"),
        ('target = "host"\nruntime = "tflite-runtime"', "tflite-runtime"),
    ],
)
def test_what_a_declared_profile_needs(nothing: Path, capsys: Captured, settings: str, part: str) -> None:
    (nothing / "edgebench.toml").write_text(f"[profiles.board]\n{settings}\n", encoding="utf-8")
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith(f"missing and needed: {part}; ")
    for name in part.split(", "):
        assert any(re.match(rf"missing \(needed by board\) +{name} ", line) for line in lines)


@pytest.mark.parametrize(
    "settings",
    [
        'extends = "cortex-a72"',
        'target = "host"',
        'target = "command"\ntarget_options = {run=["x"],evidence="device"}',
    ],
)
def test_profiles_that_need_nothing_more(nothing: Path, settings: str) -> None:
    (nothing / "edgebench.toml").write_text(f"[profiles.board]\n{settings}\n", encoding="utf-8")
    assert main(["doctor"]) == 0


def test_a_wrong_settings_file(nothing: Path, capsys: Captured) -> None:
    (nothing / "edgebench.toml").write_text("[profiles.board]\ntarget = 1\n", encoding="utf-8")
    assert main(["doctor"]) == 1
    said = capsys.readouterr()
    assert "edgebench.toml:2: profiles.board.target" in said.err
    assert "onnxruntime" in said.out


def test_a_program_on_the_path_is_found(nothing: Path) -> None:
    program(nothing / "bin", "qemu-arm")
    program(nothing / "bin", "cc")
    found = {finding.name: finding.found for finding in examine(Path(FOLDER), {})}
    assert [name for (name, *_), *_ in PROGRAMS if found[name]] == ["qemu-arm", "gcc"]


def test_the_environment_is_found_where_it_was_put(nothing: Path) -> None:
    other = Path("elsewhere")
    assert examine(other, {})[-1].mend == "edgebench setup tflite-runtime --folder elsewhere"
    program(other / "bin", "python")
    assert examine(other, {})[-1].found
    assert not examine(Path(FOLDER), {})[-1].found


def test_all_there() -> None:
    assert told([Finding("gcc", "to build", True, "apt-get install gcc")]).splitlines() == [
        "ok  gcc  to build",
        "all declared profiles can be measured",
    ]


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_a_container_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str) -> None:
    monkeypatch.delenv("EDGEBENCH_LOCKS", raising=False)
    monkeypatch.delenv("container", raising=False)
    assert container_note(tmp_path) == ""
    (tmp_path / mark).parent.mkdir(exist_ok=True)
    (tmp_path / mark).touch()
    assert "name it in EDGEBENCH_LOCKS" in container_note(tmp_path)
    monkeypatch.setenv("EDGEBENCH_LOCKS", str(tmp_path))
    assert container_note(tmp_path) == ""


def test_other_containers_are_known_by_their_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDGEBENCH_LOCKS", raising=False)
    monkeypatch.setenv("container", "lxc")
    assert "this is a container" in container_note(tmp_path)


def test_the_note_on_a_container_ends_the_list(
    nothing: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.delenv("EDGEBENCH_LOCKS")
    monkeypatch.setenv("container", "lxc")
    main(["doctor"])
    assert capsys.readouterr().out.splitlines()[-1].startswith("note: this is a container")
