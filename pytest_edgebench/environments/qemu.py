"""What emulated CPUs need: root file systems of other architectures, and what counts instructions."""

from __future__ import annotations

import contextlib
import fcntl
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.environments import errors, qemu_plugin, qemu_root, steps
from pytest_edgebench.environments.errors import SetupError
from pytest_edgebench.profiles.qemu_cpus import ARCHES, CPUS
from pytest_edgebench.targets import qemu_place as place
from pytest_edgebench.targets.qemu import over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_edgebench.profiles.qemu_cpus import Arch

USUAL = "aarch64"
RUNTIMES = {"aarch64": "litert", "armv7": "tflite-runtime", "x86_64": "onnxruntime"}
"""Architecture → a runtime it has, for the example."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was made, or was there already.

    Attributes:
        arch: its name. root: None where code runs over the environment of this machine.
        made: now.
        uncounted: why instructions cannot be counted; "" where they can.
    """

    arch: str
    root: place.Root | None
    made: bool
    uncounted: str


def make(
    arches: Sequence[str],
    folder: Path,
    wheels: Mapping[str, str],
    python: str,
    mirror: str,
    *,
    again: bool,
    say: Callable[[str], None],
) -> list[Part]:
    """Make what is missing; a set-up that was killed is made anew.

    Args:
        arches: names in `ARCHES`.
        folder: made if missing.
        wheels: distribution → version that is asked for.
        python: interpreter whose pip fetches the wheels. mirror: of Debian.
        again: make it again if it exists.
        say: told in a line what is being done.

    Raises:
        SetupError: a part is missing here, a step failed, or another set-up is at work.
    """
    folder = folder.absolute()
    with _writing(folder), _alone(folder):
        return [_make(ARCHES[arch], folder, wheels, python, mirror, again, say) for arch in arches]


def told(parts: Sequence[Part], folder: Path) -> str:
    """What is there, and lines for the settings file."""
    lines = []
    for part in parts:
        arch = ARCHES[part.arch]
        if part.root is not None:
            verb = "made" if part.made else "there already"
            wheels = ", ".join(f"{name} {version}" for name, version in sorted(part.root.wheels.items()))
            lines.append(f"{part.arch}: {verb} in {part.root.folder}: Python {part.root.python}, {wheels}")
        else:
            lines.append(f"{part.arch}: runs over the environment of this machine; nothing is needed")
        counted = f"counted by qemu's {arch.program}"
        lines.append(f"  instructions: {part.uncounted.replace(chr(10), chr(10) + '  ') or counted}")
    cpu = next(cpu for cpu in CPUS.values() if cpu.arch == parts[0].arch)
    place_line = "" if folder.absolute() == place.default_folder() else f', folder = "{folder.absolute()}"'
    lines += [
        "", "A profile that uses it, for edgebench.toml:", "",
        f"[profiles.{cpu.name.lower()}]", 'target = "qemu"', f'runtime = "{RUNTIMES[cpu.arch]}"',
        f'target_options = {{ cpu = "{cpu.name}"{place_line} }}',
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def versions(given: Sequence[str], arches: Sequence[str]) -> dict[str, str]:
    """``NAME==VERSION`` of the command line, checked.

    Raises:
        SetupError: one is of another form, or of a wheel that none of the architectures has.
    """
    known = sorted({name for arch in arches for name in ARCHES[arch].wheels})
    found = {}
    for word in given:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+_-]+)", word)
        name = re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""
        if match is None or name not in known:
            raise errors.wheel_form(word, known)
        found[name] = match[2]
    return found


def _make(
    arch: Arch,
    folder: Path,
    wheels: Mapping[str, str],
    python: str,
    mirror: str,
    again: bool,
    say: Callable[[str], None],
) -> Part:
    program = steps.program(arch.program, f"which emulates {arch.name}")
    try:
        version = place.qemu_version(program)
    except MeasureError as error:
        raise SetupError(error.what, fix=error.fix) from None
    root, made = None, False
    if arch.debian:
        root = None if again else _there(arch, folder, qemu_root.wanted(arch, wheels, mirror))
        made = root is None
        if root is None:
            root = qemu_root.make_root(arch, folder, (program, version), wheels, python, mirror, say)
    elif platform.machine() != "x86_64":
        raise errors.other_arch("x86_64", platform.machine())
    if again:
        place.plugin_path(folder, version).unlink(missing_ok=True)
    try:
        qemu_plugin.make_plugin(folder, version, _guest(arch, program, version, root))
    except SetupError as error:
        return Part(arch.name, root, made, str(error))
    return Part(arch.name, root, made, "")


def _there(arch: Arch, folder: Path, wanted: str) -> place.Root | None:
    """The root that is there, if it is whole and what is asked for."""
    try:
        root = place.read_root(folder, arch)
    except MeasureError:
        return None
    return root if root.wanted == wanted else None


def _guest(arch: Arch, program: str, version: str, root: place.Root | None) -> list[str]:
    """The words that run next to nothing under qemu."""
    cpu = next(cpu for cpu in CPUS.values() if cpu.arch == arch.name)
    emulator = over(cpu, program, version, root)
    return [*emulator.command(sys.executable, emulator.places(place.COUNTER)), "-I", "-S", "-c", "pass"]


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One set-up at a time; the lock goes with the process that holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise errors.busy(str(folder)) from None
        yield


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, shutil.Error) as cause:
        raise errors.unwritten(str(folder), str(cause)) from cause
