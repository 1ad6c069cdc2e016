"""What `setup qemu` does where something is missing, fails or is killed; with programs that stand in for the
system's. That the real ones work is seen in test_qemu_outputs.py, on machines where it was run."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.__main__ import main
from pytest_edgebench.environments import qemu, qemu_root, steps
from pytest_edgebench.environments.errors import SetupError
from pytest_edgebench.profiles.qemu_cpus import ARCHES, CPUS
from pytest_edgebench.targets import qemu_place as place

if TYPE_CHECKING:
    from pathlib import Path

ARM = ARCHES["aarch64"]
SIMULATED = """NOTE: This is only a simulation!
Inst gcc-12-base (12.2.0-14 Debian:12.11/stable [arm64])
Inst libc6 (2.36-9+deb12u10 Debian:12.11/stable, Debian-Security:12/stable-security [arm64]) []
Inst media-types (10.0.0 Debian:12.11/stable [all])
Inst zlib1g [1:1.2.11] (1:1.2.13.dfsg-1 Debian:12.11/stable [arm64])
Conf libc6 (2.36-9+deb12u10 Debian:12.11/stable [arm64])
"""
APT = """
folder=$(dirname "$APT_CONFIG")
case "$*" in
  *update*) [ -z "$APT_FAILS" ] || { echo "E: Temporary failure resolving"; exit 100; };;
  *--simulate*) printf '%s' "$SIMULATED";;
  *) for name in gcc-12-base_12.2.0-14_arm64 libc6_2.36-9+deb12u10_arm64 media-types_10.0.0_all \\
       zlib1g_1%3a1.2.13.dfsg-1_arm64; do echo deb > "$folder/cache/archives/$name.deb"; done;;
esac
"""
UNPACK = """
[ -f "$2" ] || exit 2
[ -z "$UNPACK_HANGS" ] || { touch "$UNPACK_HANGS"; exec sleep 60; }
mkdir -p "$3/usr/bin" "$3/proc" && echo unpacked >> "$3/usr/bin/python3.11"
"""
PYTHON = """
case "$*" in
  *--version*) [ -z "$NO_PIP" ] || { echo "No module named pip"; exit 1; }; exit 0;;
  *no-such*) echo "ERROR: No matching distribution found for onnxruntime==no-such"; exit 1;;
esac
while [ $# -gt 0 ]; do
  case "$1" in
    --target) site=$2;;
    *==*) name=$(echo "${1%%==*}" | tr - _); mkdir -p "$site/$name-${1#*==}.dist-info"
          echo record > "$site/$name-${1#*==}.dist-info/RECORD";;
  esac
  shift
done
"""
QEMU = """
case "$*" in
  *--version*) echo "qemu-aarch64 version 7.2.22 (Debian)";;
  *-plugin*) exit 1;;
  *) [ -z "$NO_IMPORT" ] || { echo "ImportError: libstdc++.so.6"; exit 1; }; printf '%s\\n' "$IMPORTED";;
esac
"""
PINS = {"onnxruntime": "1.32.0", "ai-edge-litert": "2.3.0", "numpy": "2.4.6"}
WHEELS = [word for name, version in PINS.items() for word in ("--wheel", f"{name}=={version}")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """For the set-up; programs that stand in are first on PATH."""
    programs = {"apt-get": APT, "dpkg-deb": UNPACK, "python": PYTHON, "qemu-aarch64": QEMU, "apt-config": ""}
    (tmp_path / "bin").mkdir()
    for name, text in programs.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("SIMULATED", SIMULATED)
    monkeypatch.setenv("IMPORTED", json.dumps(["3.11.2", "2.4.6", PINS]))
    (tmp_path / "keys.gpg").touch()
    monkeypatch.setattr(qemu_root, "KEYRING", tmp_path / "keys.gpg")
    return tmp_path / "made"


def arguments(folder: Path, *more: str) -> list[str]:
    python = str(folder.parent / "bin" / "python")
    return ["setup", "qemu", "--folder", str(folder), "--python", python, *WHEELS, *more]


def refused(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """What a set-up that fails says; it leaves no root."""
    assert main(arguments(folder, *more)) == 2
    assert not place.pointer(folder, ARM).exists()
    return capsys.readouterr().err


def test_made_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(folder)) == 0
    told = capsys.readouterr()
    root = place.read_root(folder, ARM)
    assert (root.wheels, root.python) == (PINS, "3.11.2")
    assert root.packages[1] == "libc6 2.36-9+deb12u10 arm64"
    assert (root.folder / "root/usr/bin/python3.11").read_text() == "unpacked\n" * 4
    prefix = root.prefix(CPUS["cortex-a72"])
    assert (prefix / "usr/bin/python3.11").is_file()
    assert "CPU part\t: 0xd08" in (prefix / "proc/cpuinfo").read_text()
    assert (prefix / "sys/devices/system/cpu/possible").read_text() == "0\n"
    assert f"aarch64: made in {root.folder}: Python 3.11.2, ai-edge-litert 2.3.0, numpy" in told.out
    assert "does not take the plugin that counts instructions" in told.out  # told, and the root is kept
    assert f'target_options = {{ cpu = "cortex-a53", folder = "{folder}" }}' in told.out
    assert "fetching onnxruntime, ai-edge-litert, numpy ..." in told.err

    assert main(arguments(folder)) == 0
    again = capsys.readouterr()
    assert "aarch64: there already in" in again.out
    assert "unpacking" not in again.err


def test_another_wheel_makes_another_root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(arguments(folder)) == 0
    before = place.read_root(folder, ARM).folder
    monkeypatch.setenv("IMPORTED", json.dumps(["3.11.2", "2.4.6", {**PINS, "onnxruntime": "1.31.0"}]))
    assert main(arguments(folder, "--wheel", "onnxruntime==1.31.0")) == 0
    after = place.read_root(folder, ARM)
    assert (after.wheels["onnxruntime"], before.exists()) == ("1.31.0", False)


def test_a_damaged_root_is_made_anew(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(folder)) == 0
    (place.read_root(folder, ARM).folder / "root/usr/bin/python3.11").unlink()
    assert main(arguments(folder)) == 0
    assert "aarch64: made in" in capsys.readouterr().out
    assert place.read_root(folder, ARM).wheels == PINS


def test_killed_half_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is half made is ever used; the next set-up clears it away."""
    hangs = folder.parent / "hangs"
    monkeypatch.setenv("UNPACK_HANGS", str(hangs))
    code = (
        "import sys; from pathlib import Path; from pytest_edgebench.environments import qemu_root; "
        f"qemu_root.KEYRING = Path({str(qemu_root.KEYRING)!r}); "
        f"from pytest_edgebench.__main__ import main; sys.exit(main({arguments(folder)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stderr=subprocess.PIPE)
    end = time.monotonic() + 30
    while not hangs.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    with pytest.raises(SetupError, match="another set-up is at work here"):
        qemu.make(["aarch64"], folder, PINS, "python", "mirror", again=False, say=lambda text: None)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert (folder / "part-aarch64-root").is_dir()
    assert not place.pointer(folder, ARM).exists()
    monkeypatch.delenv("UNPACK_HANGS")
    assert main(arguments(folder)) == 0
    assert (place.read_root(folder, ARM).folder / "root/usr/bin/python3.11").read_text() == "unpacked\n" * 4
    assert not [*folder.glob("part-*")]


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        (
            "APT_FAILS",
            "fetching the list of packages failed; it printed:\n    E: Temporary failure resolving",
        ),
        ("NO_PIP", "has no pip, which fetches the wheels: No module named pip\n  fix: "),
        ("NO_IMPORT", "do not work in the new root of aarch64; it printed:\n    ImportError: libstdc++.so.6"),
    ],
)
def test_a_step_that_fails(
    variable: str,
    told: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, "1")
    assert told in refused(folder, capsys)


def test_no_packages(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMULATED", "E: Unable to locate package")
    told = refused(folder, capsys)
    assert (
        "apt-get names no packages to install; it printed: E: Unable to locate package\n  fix: give --mirror"
        in told
    )


def test_no_wheel_for_the_architecture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(folder, capsys, "--wheel", "onnxruntime==no-such")
    wanted = "onnxruntime==no-such, ai-edge-litert==2.3.0, numpy==2.4.6"
    assert f"not all of {wanted} is available for aarch64" in told
    assert "No matching distribution found for onnxruntime==no-such\n  fix: name a version" in told


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("qemu-aarch64", "which emulates aarch64\n  fix: apt-get install qemu-user, then run setup again"),
        (
            "apt-get",
            "which fetches the packages of Debian\n  fix: run it on Debian or Ubuntu, or in a container",
        ),
        (
            "dpkg-deb",
            "which unpacks the packages of Debian\n  fix: apt-get install dpkg, then run setup again",
        ),
    ],
)
def test_a_program_that_is_missing(
    program: str,
    told: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (folder.parent / "bin" / program).unlink()
    monkeypatch.setenv("PATH", str(folder.parent / "bin"))
    assert f"{program} is missing, {told}" in refused(folder, capsys)


def test_no_keys_of_debian(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qemu_root, "KEYRING", folder / "none.gpg")
    told = refused(folder, capsys)
    assert "none.gpg: the keys that Debian's packages are signed with are missing\n  fix: apt-get" in told


@pytest.mark.parametrize("word", ["onnxruntime", "onnxruntime>=1", "torch==2.0", "onnxruntime==1;rm"])
def test_what_is_no_wheel(word: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(folder, capsys, "--wheel", word)
    assert (
        f"--wheel: {word!r} names no version of a wheel\n  fix: write NAME==VERSION, with NAME one of" in told
    )


def test_a_place_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.touch()
    assert main(arguments(folder)) == 2
    assert capsys.readouterr().err.startswith(f"{folder}: the set-up cannot be written: ")


def test_only_one_at_a_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.mkdir()
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert f"{folder}: another set-up is at work here\n  fix: wait" in refused(folder, capsys)


def test_packages_of_a_simulation() -> None:
    packages = qemu_root.planned(SIMULATED, ARM)
    assert [package.file for package in packages] == [
        "gcc-12-base_12.2.0-14_arm64.deb",
        "libc6_2.36-9+deb12u10_arm64.deb",
        "media-types_10.0.0_all.deb",
        "zlib1g_1%3a1.2.13.dfsg-1_arm64.deb",
    ]
    assert qemu_root.planned(SIMULATED.replace("arm64", "amd64"), ARM)[0].arch == "all"


def test_settings_of_apt(tmp_path: Path) -> None:
    """All folders are its own."""
    lines = qemu_root.apt_config(ARM, tmp_path).splitlines()
    assert 'APT::Architecture "arm64";' in lines
    places = [line for line in lines if line.startswith("Dir::")]
    assert len(places) == 9
    assert all(f'"{tmp_path}/' in line for line in places)


def test_versions_of_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    """As asked for, else as here, else it is left out; another one asks for another root."""
    here = {"onnxruntime": "1.0", "numpy": "2.0+local"}

    def version(name: str) -> str:
        if name not in here:
            raise metadata.PackageNotFoundError
        return here[name]

    monkeypatch.setattr(metadata, "version", version)
    assert qemu_root.pinned(ARM, {}) == {"onnxruntime": "1.0", "numpy": "2.0"}
    assert qemu_root.pinned(ARM, {"numpy": "1.9"})["numpy"] == "1.9"
    assert qemu_root.pinned(ARCHES["armv7"], {}) == {"tflite-runtime": "2.14.0"}
    assert qemu_root.wanted(ARM, {}, "m") != qemu_root.wanted(ARM, {"numpy": "1.9"}, "m")


def test_a_step_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "DEADLINE_S", 0.2)
    with pytest.raises(SetupError, match=r"sleeping had not finished after 0\.2 s, and was stopped"):
        steps.do("sleeping", ["sleep", "60"])
    with pytest.raises(SetupError, match=r"starting failed; it printed:\n    .*No such file"):
        steps.do("starting", [str(tmp_path / "nothing")])
