"""The plugin that counts instructions, built and loaded by the qemu that is here."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from qemu_here import needs

from pytest_edgebench.environments import qemu_plugin
from pytest_edgebench.environments.errors import SetupError
from pytest_edgebench.targets import qemu_place as place
from pytest_edgebench.targets.qemu import counts

if TYPE_CHECKING:
    from pathlib import Path

COMPILER = shutil.which("cc") or shutil.which("gcc")
GUEST = ["qemu-x86_64", "-cpu", "Haswell", sys.executable, "-I", "-S", "-c", "pass"]
PROGRAM = r"""
#include <unistd.h>
#include <sys/syscall.h>
static volatile int turns;
int main(void)
{
    for (int n = 0; n < 3; n++) {
        syscall(9999, 3 * n);
        syscall(9999, 3 * n + 1);
        for (turns = 0; turns < 1000 * (n + 1); turns++)
            ;
        syscall(9999, 3 * n + 2);
    }
    return 0;
}
"""

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")


def version() -> str:
    return place.qemu_version(shutil.which("qemu-x86_64") or "")


@needs_compiler
@pytest.mark.parametrize("api", [1, 2])
def test_builds_for_both_interfaces(api: int, tmp_path: Path) -> None:
    """Without a warning: the functions it declares have to be those it calls."""
    command = [*qemu_plugin.build(str(COMPILER), tmp_path / "counter.so", api), "-Wall", "-Werror"]
    subprocess.run(command, check=True)
    library = ctypes.CDLL(str(tmp_path / "counter.so"), os.RTLD_LAZY)
    assert ctypes.c_int.in_dll(library, "qemu_plugin_version").value == api


def test_interfaces_of_qemu() -> None:
    assert qemu_plugin.apis("7.2") == qemu_plugin.apis("8.2") == (1,)
    assert qemu_plugin.apis("9.0")[0] == qemu_plugin.apis("10.1")[0] == 2


@needs_compiler
@needs("x86_64")
def test_counts_of_a_program(tmp_path: Path) -> None:
    """A loop of twice and three times as many turns takes twice and three times the instructions."""
    plugin = qemu_plugin.make_plugin(tmp_path, version(), GUEST)
    assert plugin == place.plugin_path(tmp_path, version())
    assert [path.name for path in plugin.parent.iterdir()] == [plugin.name]
    built = plugin.stat().st_mtime_ns
    assert (
        qemu_plugin.make_plugin(tmp_path, version(), ["nothing"]).stat().st_mtime_ns == built
    )  # there already
    (tmp_path / "loop.c").write_text(PROGRAM, encoding="utf-8")
    loop, noted = tmp_path / "loop", tmp_path / "with,comma.txt"
    subprocess.run([str(COMPILER), "-O1", "-o", str(loop), str(tmp_path / "loop.c")], check=True)
    subprocess.run(["qemu-x86_64", *place.plugin_words(plugin, noted), str(loop)], check=True)
    found = counts(noted.read_text(encoding="ascii"), 3)
    assert found is not None
    once, twice, thrice = (int(count) for count in found)
    assert 3000 < once < 9000
    assert twice - once == thrice - twice
    assert twice - once == pytest.approx(once, abs=30)


@needs_compiler
@needs("x86_64")
def test_a_qemu_that_does_not_take_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qemu_plugin, "apis", lambda version: (99,))
    with pytest.raises(SetupError) as caught:
        qemu_plugin.make_plugin(tmp_path, version(), GUEST)
    told = str(caught.value)
    assert told.startswith(f"qemu-x86_64 {version()} does not take the plugin that counts instructions; it")
    assert "it printed:\n    qemu-x86_64: Could not load plugin" in told
    assert "fix: use Debian's qemu-user (7.2)" in told
    assert not [*place.plugin_path(tmp_path, version()).parent.iterdir()]


@needs_compiler
def test_a_source_that_cannot_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "counter.c"
    broken.write_text("#include <no-such-header.h>\n", encoding="utf-8")
    monkeypatch.setattr(place, "COUNTER", broken)
    with pytest.raises(SetupError, match=r"cannot build the plugin .*; it printed:\n.*no-such-header"):
        qemu_plugin.make_plugin(tmp_path, "7.2", GUEST)


def test_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = r"gcc is missing, which builds the plugin that counts instructions\n  fix: apt-get install gcc"
    with pytest.raises(SetupError, match=told):
        qemu_plugin.make_plugin(tmp_path, "7.2", GUEST)
