"""The CI script and the README give the same command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".ci" / "run"


def commands(heading: str) -> list[str]:
    """The bash blocks below a heading of the README, up to the next heading of any level."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(rf"^#+ {heading}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"README.md has no heading {heading!r}"
    return re.findall(r"```(?:bash|sh|console)?\n(.*?)```", section[1], re.DOTALL)


def test_the_script_runs_the_readmes_test_command() -> None:
    (command,) = commands("Tests")
    assert command in SCRIPT.read_text(encoding="utf-8")


def test_the_script_can_be_run() -> None:
    assert os.access(SCRIPT, os.X_OK)
    assert "set -euo pipefail" in SCRIPT.read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n", SCRIPT], check=False).returncode == 0


STUB = """#!/bin/bash
echo "$(basename "$0") $* ${EDGEBENCH_DATA:-}" >> log
if [[ "$*" == "-m venv .venv" ]]; then
    mkdir -p .venv/bin
    for name in python pip ruff pytest mkdocs zizmor edgebench; do cp "$0" ".venv/bin/$name"; done
fi
[[ "$(basename "$0") $*" != "$FAILING" ]]
"""
INSTALL = (
    "python3 -m venv .venv",
    "pip install --no-compile torch==2.13.0",
    "pip install --no-compile -c tests/constraints.txt -e .[dev]",
)
COMMANDS = (
    *INSTALL,
    "ruff check .",
    "python tests/typecheck.py",
    "pytest -n 2",
    "python tests/skips.py build/tests.log",
    "python tests/contracts.py",
    "python tests/coverage_of.py",
    "mkdocs build --strict",
    "zizmor --offline --quiet .github/workflows ci/github action.yml",
    "pytest --edgebench-selftest",
)
COMPILE = "python -m compileall -q -j 2 .venv/lib pytest_edgebench compressors reports suites docs tests"
FIRST = (*INSTALL, COMPILE)
"""What comes before the README's command."""
SET_UP_QEMU = "edgebench setup qemu"
TOOLS = ("bash", "env", "basename", "dirname", "cp", "mkdir", "tee")


def run_script(
    folder: Path, failing: str = "", qemu: bool = False, **environment: str
) -> tuple[int, list[str]]:
    """Run a copy of the script in a checkout where every program only writes down how it was called.

    Args:
        failing: the command that fails. qemu: whether it is installed.
    """
    (folder / "checkout" / ".ci").mkdir(parents=True)
    (folder / "bin").mkdir()
    script = shutil.copy(SCRIPT, folder / "checkout" / ".ci" / "run")
    stub = folder / "bin" / "python3"
    stub.write_text(STUB, encoding="utf-8")
    stub.chmod(0o755)
    # What is on the path decides what the script installs, so nothing else of this machine is.
    for name in TOOLS:
        (folder / "bin" / name).symlink_to(str(shutil.which(name)))
    shutil.copy(stub, folder / "bin" / "sshd")
    if qemu:
        shutil.copy(stub, folder / "bin" / "qemu-aarch64")
    user = folder / "bin" / "id"
    user.write_text("#!/bin/bash\necho 1000\n", encoding="utf-8")
    user.chmod(0o755)
    inherited = {name: value for name, value in os.environ.items() if name != "EDGEBENCH_DATA"}
    result = subprocess.run(
        [script],
        env={**inherited, "PATH": str(folder / "bin"), "FAILING": failing, **environment},
        check=False,
    )
    return result.returncode, (folder / "checkout" / "log").read_text(encoding="utf-8").splitlines()


def test_all_steps_in_order(tmp_path: Path) -> None:
    assert run_script(tmp_path) == (0, [f"{command} " for command in (*FIRST, *COMMANDS)])


@pytest.mark.parametrize("failing", COMMANDS)
def test_the_first_step_that_fails_is_the_last(tmp_path: Path, failing: str) -> None:
    """`set -e` alone would go on after a failure in the middle of a list of &&."""
    status, log = run_script(tmp_path, failing)
    assert status == 1
    steps = (*FIRST, *COMMANDS)
    assert log == [f"{command} " for command in steps[: steps.index(failing) + 1]]


def test_the_root_file_system_is_made_before_the_tests_where_qemu_is(tmp_path: Path) -> None:
    expected = [*FIRST, SET_UP_QEMU, *COMMANDS]
    assert run_script(tmp_path, qemu=True) == (0, [f"{command} " for command in expected])


def test_tests_run_without_a_root_file_system_too(tmp_path: Path) -> None:
    """They are skipped then, for a reason that is on the list."""
    status, log = run_script(tmp_path, SET_UP_QEMU, qemu=True)
    assert (status, log[-1]) == (0, f"{COMMANDS[-1]} ")


@pytest.mark.parametrize("program", ["sshd", "qemu-aarch64"])
def test_what_tests_need_is_installed_where_it_can_be(tmp_path: Path, program: str) -> None:
    """For root on Debian; what goes wrong there stops nothing, as tests that need it are skipped."""
    text = SCRIPT.read_text(encoding="utf-8")
    found = re.search(rf"^(if [^\n]*{program}[^\n]*; then\n.*?\nfi)$", text, re.MULTILINE | re.DOTALL)
    assert found
    for name, status in (("apt-get", 1), ("id", 0)):
        stub = tmp_path / name
        stub.write_text(f'#!/bin/bash\necho 0\necho "$@" >> "{tmp_path}/{name}.log"\nexit {status}\n')
        stub.chmod(0o755)
    assert "apt-get" in found[1]
    text = found[1].replace("/usr/sbin/sshd", str(tmp_path / "sshd"))
    command = ["/bin/bash", "-euo", "pipefail", "-c", f"{text}\necho on"]
    ended = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "on")
    assert "install" in (tmp_path / "apt-get.log").read_text(encoding="utf-8")
    (tmp_path / "apt-get.log").unlink()
    shutil.copy(tmp_path / "id", tmp_path / program)
    subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, check=True)
    assert not (tmp_path / "apt-get.log").exists()


def test_the_data_beside_the_checkout_is_used(tmp_path: Path) -> None:
    (tmp_path / "shared" / "data").mkdir(parents=True)
    _, log = run_script(tmp_path)
    assert log[-1] == f"pytest --edgebench-selftest {tmp_path / 'shared' / 'data'}"


def test_data_that_are_given_come_first(tmp_path: Path) -> None:
    (tmp_path / "shared" / "data").mkdir(parents=True)
    _, log = run_script(tmp_path, EDGEBENCH_DATA="/elsewhere")
    assert log[-1] == "pytest --edgebench-selftest /elsewhere"


def test_every_pin_is_exact_and_stands_once() -> None:
    lines = (ROOT / "tests" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.!]+", pin)] == []
    assert pins == sorted(set(pins), key=str.lower)
    assert "torch==2.13.0" in pins
    assert "pip install --no-compile torch==2.13.0" in SCRIPT.read_text(encoding="utf-8")
