"""How a profile asks for an emulated CPU, and what is told of it; nothing is emulated here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.commands.profiles import details
from pytest_edgebench.profiles.catalogue import described, load_catalogue
from pytest_edgebench.profiles.load import load_profiles
from pytest_edgebench.profiles.qemu_cpus import ARCHES, CPUS
from pytest_edgebench.profiles.target import TargetRef
from pytest_edgebench.profiles.text import as_text

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.profiles.profile import Profile

ENTRIES = load_catalogue()


def declared(tmp_path: Path, text: str) -> Profile:
    (tmp_path / "edgebench.toml").write_text(f"[profiles.board]\n{text}\n")
    return load_profiles(tmp_path, None)["board"]


@pytest.mark.parametrize(
    ("entry", "cpu"),
    [
        ("raspberry-pi-3", "cortex-a53"),
        ("raspberry-pi-4", "cortex-a72"),
        ("raspberry-pi-5", "cortex-a76"),
        ("neoverse-n1", "neoverse-n1"),
        ("cortex-a7", "cortex-a7"),
        ("x86-avx2", "Haswell"),
        ("haswell", "Haswell"),
        ("nehalem", "Nehalem"),
        ("denverton", "Denverton"),
    ],
)
def test_one_line_emulates_an_entry_of_the_catalogue(entry: str, cpu: str, tmp_path: Path) -> None:
    profile = declared(tmp_path, f'extends = "{entry}"\ntarget = "qemu"')
    assert profile.target_ref == TargetRef("qemu", options=(("cpu", cpu),))
    assert (profile.target_ref.evidence, profile.target_ref.lock, profile.target_ref.title) == (
        "emulated",
        "host",
        f"qemu {cpu}",
    )
    assert profile.gives("outputs")
    assert profile.gives("instructions")
    assert not profile.measured  # time under an emulator says nothing
    assert not profile.gives("memory")


def test_an_entry_by_itself_is_only_described(tmp_path: Path) -> None:
    profile = declared(tmp_path, 'extends = "raspberry-pi-4"')
    assert (profile.target, dict(profile.target_options)) == ("", {})
    board = declared(tmp_path, 'extends = "raspberry-pi-4"\ntarget = "ssh://pi@rpi4"')
    assert (board.target_ref.evidence, dict(board.target_options)) == ("device", {})


def test_all_cpus_of_the_catalogue_are_known() -> None:
    named = {described(name, ENTRIES).target_options.get("cpu") for name in ENTRIES} - {None}
    assert named == set(CPUS)


def test_a_folder_of_its_own(tmp_path: Path) -> None:
    text = 'target = "qemu"\ntarget_options = { cpu = "cortex-a72", folder = "qemu" }'
    profile = declared(tmp_path, text)
    assert profile.target_options["folder"] == str(tmp_path / "qemu")
    assert as_text(profile)["target_options"] == "cpu=cortex-a72"  # no path of this machine


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            'cpu = "max"',
            "cpu: this cannot be 'max'\n  fix: write one of cortex-a53, cortex-a72, cortex-a76, ",
        ),
        ('cpu = "host"', "cpu: this cannot be 'host'"),
        ('cpu = "cortex-a72", speed = 2', "target 'qemu' has no option 'speed'\n  fix: it has cpu, folder"),
        ('folder = "x"', "target 'qemu' needs the option 'cpu'\n  fix: add cpu = \"cortex-a72\""),
    ],
)
def test_bad_options(options: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        declared(tmp_path, f'target = "qemu"\ntarget_options = {{ {options} }}')
    assert told in str(caught.value)


def test_what_is_shown(tmp_path: Path) -> None:
    shown = details(declared(tmp_path, 'extends = "raspberry-pi-4"\ntarget = "qemu"'))
    assert "emulated: accuracy, instructions of an inference, by target 'qemu'" in shown
    assert "none for latency and load time, memory: a budget on these fails" in shown
    shown = details(described("raspberry-pi-4", ENTRIES))
    assert 'emulated: accuracy and instructions of an inference, with target = "qemu" in the profile' in shown


@pytest.mark.parametrize("name", CPUS)
def test_what_a_cpu_tells_of_itself(name: str) -> None:
    found = CPUS[name]
    assert found.arch in ARCHES
    if not ARCHES[found.arch].debian:
        assert found.cpuinfo == ""  # code asks the core itself
        return
    assert re.search(rf"^CPU part\t: {found.part}$", found.cpuinfo, re.MULTILINE)
    assert found.cpuinfo.startswith("processor\t: 0\n")
    has_dot = "asimddp" in found.cpuinfo
    assert has_dot == (found.name in ("cortex-a76", "neoverse-n1"))
