"""``edgebench doctor``: which parts are missing here, which of them a profile needs, and how to get them."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base import printed
from pytest_edgebench.base.errors import MeasureError, SettingsError
from pytest_edgebench.environments.tflite_runtime import FOLDER
from pytest_edgebench.measure import locks
from pytest_edgebench.profiles.inifile import find_ini
from pytest_edgebench.profiles.load import load_profiles
from pytest_edgebench.profiles.qemu_cpus import ARCHES, CPUS
from pytest_edgebench.settings.plugins import from_plugins
from pytest_edgebench.targets import errors as targets_errors
from pytest_edgebench.targets import qemu_place

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.profiles.profile import Profile

HELP = "check the environment and print fixes"
PIP = "python -m pip install"
MODULES = (
    # Package as it is imported, what it serves, the command that installs it.
    ("onnxruntime", "to run .onnx files", f"{PIP} onnxruntime"),
    ("ai_edge_litert", "to run .tflite files", f"{PIP} ai-edge-litert"),
    ("torch", "to compress torch models", f"{PIP} 'pytest-edgebench[torch]'"),
    ("onnxscript", "to export torch models to .onnx", f"{PIP} 'pytest-edgebench[torch]'"),
    ("torch_pruning", "to remove channels", f"{PIP} 'pytest-edgebench[torch]'"),
    ("litert_torch", "to export torch models to .tflite", f"{PIP} 'pytest-edgebench[tflite]'"),
    ("ai_edge_quantizer", "to quantize .tflite files", f"{PIP} 'pytest-edgebench[tflite]'"),
)
RUNTIMES = {"onnxruntime": "onnxruntime", "litert": "ai_edge_litert", "tflite-runtime": "tflite-runtime"}
"""Runtime of a profile → the part that it is here."""
PROGRAMS = (
    # Programs of which one is enough, what they serve, the command that installs it on Debian and Ubuntu.
    (("qemu-aarch64",), "to run code of 64-bit Arm boards", "apt-get install qemu-user"),
    (("qemu-arm",), "to run code of 32-bit Arm boards", "apt-get install qemu-user"),
    (("qemu-x86_64",), "to run code of older x86 machines", "apt-get install qemu-user"),
    (("qemu-system-arm",), "to run a microcontroller's ELF file", "apt-get install qemu-system-arm"),
    (("gcc", "cc"), "to build what counts instructions", "apt-get install gcc"),
    (("ssh",), "to measure on boards over ssh", "apt-get install openssh-client"),
)

CONTAINER_MARKS = (".dockerenv", "run/.containerenv", "var/run/secrets/kubernetes.io")
"""Files that Docker, Podman and Kubernetes put into a container; others set the variable ``container``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part.

    Attributes:
        name: of the part. purpose: what it serves. found: whether it is here.
        mend: the command that brings it.
        needed_by: declared profiles that cannot be measured without it.
    """

    name: str
    purpose: str
    found: bool
    mend: str
    needed_by: tuple[str, ...] = ()


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--folder", type=Path, default=Path(FOLDER), help="of the tflite-runtime environment (%(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the parts, and which of them are missing.

    Returns:
        the exit status: 1 when a declared profile needs a part that is missing, or the settings file is
        wrong; else 0.
    """
    profiles: Mapping[str, Profile] = {}
    wrong = False
    extra, runtimes = from_plugins()
    try:
        profiles = load_profiles(*find_ini(Path.cwd()), extra, runtimes)
    except SettingsError as error:
        printed.err(f"{error}\n")
        wrong = True
    findings = examine(arguments.folder, profiles)
    printed.out(told(findings))
    note = container_note()
    if note:
        printed.out(note + "\n")
    return int(wrong or any(finding.needed_by and not finding.found for finding in findings))


def examine(folder: Path, profiles: Mapping[str, Profile]) -> list[Finding]:
    """Look for each part, without importing or starting any.

    Args:
        folder: where the tflite-runtime environment would be.
        profiles: the declared ones, by name.
    """
    needs = {name: _needs(profile) for name, profile in profiles.items()}
    return [
        replace(finding, needed_by=tuple(name for name, parts in needs.items() if finding.name in parts))
        for finding in _parts(folder)
    ]


def _needs(profile: Profile) -> set[str]:
    """Names of the parts without which a profile cannot be measured."""
    target = profile.target_ref
    if not profile.target:
        return set()
    if target.kind == "ssh":
        return {"ssh"}
    if target.kind == "qemu":
        arch = ARCHES[CPUS[str(target.option("cpu", ""))].arch]
        return {arch.program, f"{arch.name} root"}
    # Another interpreter has its runtime in its own environment.
    part = RUNTIMES.get(profile.runtime, "") if target.here and not profile.python else ""
    return {part} if part else set()


def _parts(folder: Path) -> list[Finding]:
    found = [
        Finding(name, use, importlib.util.find_spec(name) is not None, mend) for name, use, mend in MODULES
    ]
    for names, use, mend in PROGRAMS:
        found.append(Finding(names[0], use, any(shutil.which(name) for name in names), mend))
    found += _emulated(qemu_place.default_folder())
    pythons = (folder / "bin" / "python", folder / "Scripts" / "python.exe")
    setup = "edgebench setup tflite-runtime"
    mend = setup if folder == Path(FOLDER) else f"{setup} --folder {folder}"
    there = any(python.is_file() for python in pythons)
    return [
        *found,
        Finding("tflite-runtime", "to run files by the TensorFlow Lite of the field", there, mend),
    ]


def _emulated(folder: Path) -> list[Finding]:
    """What `setup qemu` makes; of the plugin only that there is one, not whether it is of this qemu."""
    found = []
    for arch in ARCHES.values():
        if arch.debian:
            try:
                there = bool(qemu_place.read_root(folder, arch))
            except MeasureError:
                there = False
            use = f"to run {arch.name} runtimes under qemu"
            found.append(Finding(f"{arch.name} root", use, there, targets_errors.setup(arch.name)))
    plugins = any((folder / "plugins").glob("*.so"))
    return [*found, Finding("counting plugin", "to count instructions", plugins, targets_errors.SETUP)]


def _state(finding: Finding) -> str:
    if finding.found:
        return "ok"
    return (
        f"missing (needed by {', '.join(finding.needed_by)})" if finding.needed_by else "missing (optional)"
    )


def container_note(root: Path = Path("/")) -> str:
    """What to do in a container, whose locks other containers on the machine do not see; "" elsewhere.

    Args:
        root: of the file system.
    """
    marks = any((root / name).exists() for name in CONTAINER_MARKS)
    if locks.FOLDER in os.environ or not (marks or os.environ.get("container")):  # noqa: SIM112 - the name that systemd and podman use
        return ""
    return (
        "note: this is a container; where several share this machine, mount one folder into all of them and "
        f"name it in {locks.FOLDER}, or they disturb each other's timings"
    )


def told(findings: Sequence[Finding]) -> str:
    """A line for each part, a second with the fix for each that is missing, and a summary."""
    width = max(len(finding.name) for finding in findings)
    states = [_state(finding) for finding in findings]
    left = max(map(len, states)) + 2
    lines = []
    for finding, state in zip(findings, states, strict=True):
        lines.append(f"{state:<{left}}{finding.name:<{width}}  {finding.purpose}")
        if not finding.found:
            lines.append(f"{'':{left}}{'':{width}}  fix: {finding.mend}")
    needed = [finding.name for finding in findings if finding.needed_by and not finding.found]
    optional = sum(not finding.found and not finding.needed_by for finding in findings)
    lines.append(
        f"missing and needed: {', '.join(needed)}" if needed else "all declared profiles can be measured"
    )
    if optional:
        lines[-1] += f"; {optional} optional {'part is' if optional == 1 else 'parts are'} missing"
    return "\n".join(lines) + "\n"
