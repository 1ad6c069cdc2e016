"""Where `setup qemu` puts what it makes, and what of it is there."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.targets import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.profiles.qemu_cpus import Arch, Cpu

SCHEMA = 1
MADE = "made.json"
PYTHON = "3.11"
COUNTER = Path(__file__).parent.parent / "environments" / "counter.c"
COUNTER_VERSION = "1"
"""Of what the plugin counts: another one would not be compared with it."""
MARK = 9999  # a system call that no architecture has
ASK_S = 20.0


@dataclass(frozen=True, slots=True)
class Root:
    """A root file system of one architecture.

    Attributes:
        folder: with ``root``, ``site`` (the wheels) and ``cpus`` (for each, what qemu's ``-L`` is given).
        wheels: distribution → version. wanted: what it was made of, as `setup qemu` was asked.
        python: version. numpy: likewise.
        packages: "name version architecture" of Debian's packages.
    """

    folder: Path
    wheels: Mapping[str, str]
    wanted: str
    python: str
    numpy: str
    packages: tuple[str, ...]

    def prefix(self, cpu: Cpu) -> Path:
        """The folder that stands for "/" where a CPU is emulated."""
        return self.folder / "cpus" / cpu.name


def default_folder() -> Path:
    """In the user's cache, as https://specifications.freedesktop.org/basedir-spec has it."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (
        (Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache") / "pytest-edgebench" / "qemu"
    )


def pointer(folder: Path, arch: Arch) -> Path:
    """The file with the name of the root that is used; written last, so that what it names is whole."""
    return folder / f"{arch.name}.current"


def read_root(folder: Path, arch: Arch) -> Root:
    """The root of an architecture.

    Raises:
        MeasureError: there is none, it was made by another version, or a part was deleted.
    """
    try:
        named = folder / pointer(folder, arch).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise errors.no_root(arch.name, str(folder)) from None
    try:
        told = json.loads((named / MADE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise errors.broken_root(arch.name, str(named), MADE) from None
    root = _root(named, told)
    if root is None:
        raise errors.old_root(arch.name, str(named))
    for part in parts(root, arch):
        if not (named / part).exists():
            raise errors.broken_root(arch.name, str(named), part)
    return root


def parts(root: Root, arch: Arch) -> list[str]:
    """What must be in its folder: the interpreter, a prefix for each CPU, and the wheels by their record."""
    from pytest_edgebench.profiles.qemu_cpus import CPUS

    cpus = [f"cpus/{cpu.name}/usr/bin/python{PYTHON}" for cpu in CPUS.values() if cpu.arch == arch.name]
    wheels = [
        f"site/{re.sub('[-.]', '_', name)}-{version}.dist-info/RECORD"
        for name, version in root.wheels.items()
    ]
    return [f"root/usr/bin/python{PYTHON}", *cpus, *wheels]


def _root(folder: Path, told: Any) -> Root | None:
    """By what is written in it; None where that is of another version."""
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        return None
    try:
        wheels = {str(name): str(version) for name, version in told["wheels"].items()}
        packages = tuple(str(package) for package in told["packages"])
        return Root(folder, wheels, str(told["wanted"]), str(told["python"]), str(told["numpy"]), packages)
    except (KeyError, TypeError, AttributeError):
        return None


def qemu_version(program: str) -> str:
    """Major and minor version of one of qemu's programs, e.g. "7.2".

    Raises:
        MeasureError: it cannot be started, or tells none.
    """
    try:
        ended = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=ASK_S, check=False
        )
        printed = ended.stdout or ended.stderr
    except (OSError, subprocess.TimeoutExpired) as cause:
        printed = str(cause)
    found = re.search(r"version (\d+\.\d+)", printed)
    if found is None:
        raise errors.no_version(program, printed)
    return found[1]


def plugin_path(folder: Path, version: str) -> Path:
    """Where the counting plugin for a version of qemu is, or would be."""
    digest = hashlib.sha256(COUNTER.read_bytes()).hexdigest()[:12]
    return folder / "plugins" / f"counter-qemu{version}-{digest}.so"


def plugin_words(plugin: Path, noted: Path) -> list[str]:
    """Words for qemu that load the counting plugin, which writes into a file; a comma is written twice."""
    return ["-plugin", ",".join(word.replace(",", ",,") for word in (str(plugin), f"out={noted}"))]
