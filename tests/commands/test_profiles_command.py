"""``edgebench profiles``, and where it looks for the settings."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.__main__ import commands, main
from pytest_edgebench.profiles.inifile import find_ini

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, with a file of pytest's that ends the search for one, and the current folder."""
    (tmp_path / "pytest.ini").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_list_without_settings(project: Path, capsys: Captured) -> None:
    assert main(["profiles"]) == 0
    shown = capsys.readouterr().out
    declared, catalogue = shown.split("\n\n")
    assert declared.splitlines()[1].split() == ["host", "extends", "host;", "measured", "here"]
    assert " nucleo-l4r5zi extends cortex-m4; STM32L4R5ZI" in " ".join(catalogue.split())
    assert "ram 640 KiB; flash 2 MiB; described only" in catalogue


def test_list_with_settings(project: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "edgebench.toml").write_text('[profiles.rpi4]\nextends = "cortex-a72"\n')
    (project / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(project / "deep" / "er")
    assert main(["profiles"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert " rpi4 extends cortex-a72; Arm Cortex-A72; described only " in shown


def test_one_profile(project: Path, capsys: Captured) -> None:
    (project / "edgebench.toml").write_text(
        '[profiles.board]\nextends = "nucleo-l4r5zi"\nram = "100 kB"\nruntime_options = { a = 1 }\n'
    )
    assert main(["profiles", "board"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "board  (edgebench.toml:1: profiles.board)"
    assert "  extends          nucleo-l4r5zi → cortex-m4" in lines
    assert "  target           - (only described)" in lines
    assert "  runtime_options  a = 1" in lines
    ram = lines.index("  ram              100 kB")
    assert lines[ram + 1].strip() == "edgebench.toml:3: profiles.board.ram"
    flash = lines.index("  flash            2 MiB")
    assert lines[flash + 1].strip().startswith("STMicroelectronics STM32L4R5xx datasheet")
    shown = lines[lines.index("Evidence that can be had here") + 1 :]
    assert [line.split(":")[0] for line in shown] == [
        "  - static",
        "  - emulated",
        "  - none for latency",
        "  - predictions for this core, if it runs one of these",
        "  - none for load time",
    ]
    assert "predicted_by = hale-1.0, " in shown[3]
    assert "accuracy, flips against the host and the tensor arena" in shown[1]


def test_a_profile_that_names_what_runs_there(project: Path, capsys: Captured) -> None:
    text = '[profiles.board]\nextends = "nucleo-l4r5zi"\npredicted_by = "x-cube-ai-8.1"\n'
    (project / "edgebench.toml").write_text(text)
    assert main(["profiles", "board"]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  - predicted: ")]
    assert [line.split()[2] for line in shown] == ["latency", "ram", "flash"]
    assert all("as by x-cube-ai-8.1, " in line and " measurements of " in line for line in shown)


def test_a_microcontroller_without_its_runtime(
    project: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tflite_micro", None)  # as if it were not installed
    assert main(["profiles", "cortex-m4"]) == 0
    told = capsys.readouterr().out
    assert "by TFLite Micro here, once it is installed: python -m pip install pytest-edgebench[micro]" in told


def test_an_application_processor_without_a_target(project: Path, capsys: Captured) -> None:
    assert main(["profiles", "cortex-a72"]) == 0
    assert "  - host: accuracy only, from a run of the same runtime" in capsys.readouterr().out


def test_measured_profile(project: Path, capsys: Captured) -> None:
    assert main(["profiles", "host"]) == 0
    shown = capsys.readouterr().out
    assert "host: accuracy, latency, load time and memory, measured on this machine" in shown
    assert "none for" not in shown


def test_entry_of_the_catalogue(project: Path, capsys: Captured) -> None:
    assert main(["profiles", "x86-avx2"]) == 0
    assert "x86-avx2  (catalogue/x86.toml: x86-avx2)" in capsys.readouterr().out


def test_unknown_profile(project: Path, capsys: Captured) -> None:
    assert main(["profiles", "cortexa72"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "unknown profile 'cortexa72'\n  fix: did you mean 'cortex-a72'?\n"


def test_wrong_settings_leave_the_catalogue(project: Path, capsys: Captured) -> None:
    (project / "edgebench.toml").write_text('[profiles.a]\nextends = "cortexa72"\n')
    assert main(["profiles"]) == 1
    out, err = capsys.readouterr()
    assert " cortex-a72 Arm Cortex-A72; described only " in " ".join(out.split())
    assert err.startswith("edgebench.toml:2: profiles.a.extends: the catalogue has no entry 'cortexa72'\n")
    assert main(["profiles", "cortex-a72"]) == 1
    assert capsys.readouterr().out.startswith("cortex-a72  (catalogue/")
    assert main(["profiles", "a"]) == 2
    assert "did you mean 'cortex-a72'?" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [[], ["profils"], ["profiles", "a", "b"]])
def test_usage(argv: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert "usage: edgebench" in capsys.readouterr().err


def test_help_lists_every_command(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown and text in shown for name, (_, text) in commands().items())


def test_as_a_program(project: Path) -> None:
    """From a folder that is not ours, with what an installed plugin brings."""
    (project / "entries.py").write_text(
        "import pytest\n"
        "@pytest.hookimpl\n"
        "def pytest_edgebench_profiles():\n"
        "    ram = {'ram': '1 kB', 'sources': {'ram': 'my datasheet'}}\n"
        "    return {'my-board': {'extends': 'cortex-m7', **ram}}\n"
        "def pytest_edgebench_runtimes():\n"
        "    return {'my-runtime': __file__}\n"
    )
    installed = project / "entries-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: entries\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[pytest11]\nentries = entries\n")
    (project / "edgebench.toml").write_text('[profiles.a]\nextends = "my-board"\nruntime = "my-runtime"\n')
    result = _program(project, "a")
    assert (result.returncode, result.stderr) == (0, "")
    assert "  runtime          my-runtime" in result.stdout
    assert "my datasheet" in result.stdout
    result = _program(project, "nothing")
    assert result.returncode == 2
    assert "unknown profile 'nothing'" in result.stderr


def _program(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest_edgebench", "profiles", name],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


TREES = {
    "pytest.ini, empty": {"pytest.ini": "", "tox.ini": "[pytest]\n"},
    "toml first": {"pytest.toml": "", "pytest.ini": "[pytest]\n"},
    "tox.ini of others": {"tox.ini": "[tox]\n", "pyproject.toml": "[tool.pytest.ini_options]\n"},
    "pyproject native": {"pyproject.toml": "[tool.pytest]\naddopts = ['-q']\n"},
    "setup.cfg": {"setup.cfg": "[tool:pytest]\n"},
    "nearest wins": {"pytest.ini": "", "sub/pytest.ini": ""},
    "nearest that counts": {"pytest.ini": "", "sub/tox.ini": "[tox]\n"},
    "pyproject of others": {"pyproject.toml": "[tool.black]\n"},
    "pyproject of others below an ini": {"pytest.ini": "", "sub/pyproject.toml": "[tool.black]\n"},
    "setup.py": {"setup.py": ""},
    "nothing": {},
}


@pytest.mark.parametrize("tree", TREES)
def test_ini_file_is_the_one_pytest_finds(
    tree: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = pytester.mkdir("sub")
    for name, text in TREES[tree].items():
        (pytester.path / name).write_text(text)
    monkeypatch.chdir(start)
    config = pytester.parseconfig("-p", "no:edgebench")
    assert find_ini(start) == (config.rootpath, config.inipath)
