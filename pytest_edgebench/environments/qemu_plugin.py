"""The plugin of qemu that counts instructions, built here for the qemu that is installed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pytest_edgebench.environments import errors, steps
from pytest_edgebench.targets import qemu_place as place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIRST_BY_THREAD = 9  # major version of qemu from which a counter belongs to each thread
APIS = (2, 3, 4, 5, 6)
"""Versions of the interface since then: qemu takes a range of them, and tells no plugin which."""


def make_plugin(folder: Path, version: str, guest: Sequence[str]) -> Path:
    """Build the plugin, unless it is there.

    Args:
        folder: of the whole set-up.
        version: of qemu.
        guest: a program of qemu, with the words that make it run something short.

    Returns:
        its path.

    Raises:
        SetupError: there is no compiler, it cannot build it, or qemu does not take it.
    """
    path = place.plugin_path(folder, version)
    if path.is_file():
        return path
    compiler = shutil.which("cc") or steps.program("gcc", "which builds the plugin that counts instructions")
    path.parent.mkdir(parents=True, exist_ok=True)
    staged, noted = path.with_suffix(".part"), path.with_suffix(".txt")
    printed = ""
    for api in apis(version):
        status, said = steps.run("building the plugin", build(compiler, staged, api))
        if status:
            raise errors.not_built(compiler, steps.tail(said))
        noted.unlink(missing_ok=True)
        _, printed = steps.run(
            "trying the plugin", [guest[0], *place.plugin_words(staged, noted), *guest[1:]]
        )
        if (
            noted.is_file()
            and noted.read_text(encoding="ascii") == f"edgebench-counter {place.COUNTER_VERSION}\n"
        ):
            noted.unlink()
            staged.replace(path)
            return path
    staged.unlink()
    noted.unlink(missing_ok=True)
    raise errors.not_loaded(guest[0], version, steps.tail(printed))


def apis(version: str) -> tuple[int, ...]:
    """The versions of the interface that a version of qemu may take, likeliest first."""
    return (1,) if int(version.partition(".")[0]) < FIRST_BY_THREAD else APIS


def build(compiler: str, target: Path, api: int) -> list[str]:
    """The command that builds it; the functions it calls are found in qemu when it is loaded."""
    defined = {"API": api, "MARK": place.MARK, "VERSION": place.COUNTER_VERSION}
    flags = [
        "-O2",
        "-fPIC",
        "-shared",
        "-fvisibility=hidden",
        *(f"-DEDGEBENCH_{k}={v}" for k, v in defined.items()),
    ]
    return [compiler, *flags, "-o", str(target), str(place.COUNTER)]
