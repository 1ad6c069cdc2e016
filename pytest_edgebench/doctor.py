"""``python -m pytest_edgebench doctor``: what is missing here for evidence, and the command that mends it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.errors import MeasureError
from pytest_edgebench.errors import qemu as qemu_errors
from pytest_edgebench.setup.tflite_runtime import FOLDER
from pytest_edgebench.targets import qemu_place
from pytest_edgebench.targets.qemu_cpus import ARCHES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

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
PROGRAMS = (
    # Programs of which one is enough, what they serve, the command that installs it on Debian and Ubuntu.
    (("qemu-aarch64",), "to run code of 64-bit Arm boards", "apt-get install qemu-user"),
    (("qemu-arm",), "to run code of 32-bit Arm boards", "apt-get install qemu-user"),
    (("qemu-x86_64",), "to run code of older x86 machines", "apt-get install qemu-user"),
    (("qemu-system-arm",), "to run a microcontroller's ELF file", "apt-get install qemu-system-arm"),
    (("gcc", "cc"), "to build what counts instructions", "apt-get install gcc"),
    (("ssh",), "to measure on boards over ssh", "apt-get install openssh-client"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One part.

    Attributes:
        name: of the part. purpose: what it serves. found: whether it is here.
        mend: the command that brings it.
    """

    name: str
    purpose: str
    found: bool
    mend: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--folder", type=Path, default=Path(FOLDER), help="of the tflite-runtime environment (%(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what is here and what is missing.

    Returns:
        the exit status: 0 when all is here, else 1.
    """
    findings = examine(arguments.folder)
    sys.stdout.write(told(findings))
    return int(not all(finding.found for finding in findings))


def examine(folder: Path) -> list[Finding]:
    """Look for each part, without importing or starting any.

    Args:
        folder: where the tflite-runtime environment would be.
    """
    found = [
        Finding(name, use, importlib.util.find_spec(name) is not None, mend) for name, use, mend in MODULES
    ]
    for names, use, mend in PROGRAMS:
        found.append(Finding(names[0], use, any(shutil.which(name) for name in names), mend))
    found += _emulated(qemu_place.default_folder())
    pythons = (folder / "bin" / "python", folder / "Scripts" / "python.exe")
    setup = "python -m pytest_edgebench setup tflite-runtime"
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
            found.append(Finding(f"{arch.name} root", use, there, qemu_errors.setup(arch.name)))
    plugins = any((folder / "plugins").glob("*.so"))
    return [*found, Finding("counting plugin", "to count instructions", plugins, qemu_errors.SETUP)]


def told(findings: Sequence[Finding]) -> str:
    """A line for each part that is here, two for each that is missing, and a count."""
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        state = "here   " if finding.found else "missing"
        lines.append(f"{state}  {finding.name:<{width}}  {finding.purpose}")
        if not finding.found:
            lines.append(f"{'':9}{'':{width}}  {finding.mend}")
    missing = sum(not finding.found for finding in findings)
    lines.append(f"{missing} of {len(findings)} parts are missing" if missing else "nothing is missing")
    return "\n".join(lines) + "\n"
