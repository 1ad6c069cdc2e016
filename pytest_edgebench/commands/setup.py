"""``edgebench setup WHAT``: what a target needs and this environment cannot hold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base import printed
from pytest_edgebench.environments import tflite_runtime
from pytest_edgebench.profiles.qemu_cpus import ARCHES
from pytest_edgebench.targets.qemu_place import default_folder

if TYPE_CHECKING:
    import argparse

HELP = "make what a target needs and this environment cannot hold"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parts = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    text = "an environment with the TensorFlow Lite that is still in the field, which needs numpy < 2"
    part = parts.add_parser("tflite-runtime", help=text, description=f"Make {text}.")
    part.add_argument(
        "--folder", type=Path, default=Path(tflite_runtime.FOLDER), help="of the environment (%(default)s)"
    )
    part.add_argument("--python", default=sys.executable, help="interpreter to make it of (%(default)s)")
    text = "what emulated CPUs need: root file systems with Python, and the plugin that counts instructions"
    part = parts.add_parser("qemu", help=text, description=f"Make {text}.")
    part.add_argument(
        "--arch",
        action="append",
        choices=[*ARCHES],
        help="architecture (aarch64); may be given several times",
    )
    part.add_argument("--folder", type=Path, default=default_folder(), help="to make it in (%(default)s)")
    part.add_argument(
        "--wheel", action="append", default=[], metavar="NAME==VERSION",
        help="version of a wheel (that of this environment)",
    )  # fmt: skip
    part.add_argument("--python", default=sys.executable, help="interpreter with pip (%(default)s)")
    part.add_argument("--mirror", default="", help="of Debian (deb.debian.org)")
    part.add_argument("--again", action="store_true", help="make it again if it exists")


def run(arguments: argparse.Namespace) -> int:
    """Make it and print a profile that uses it.

    Returns:
        the exit status, 0.

    Raises:
        SetupError: it cannot be made.
    """
    if arguments.what == "qemu":
        return _qemu(arguments)
    python, made = tflite_runtime.make(arguments.folder, arguments.python)
    printed.out(tflite_runtime.told(arguments.folder, python, made))
    return 0


def _qemu(arguments: argparse.Namespace) -> int:
    from pytest_edgebench.environments import qemu, qemu_root

    arches = list(dict.fromkeys(arguments.arch or [qemu.USUAL]))
    parts = qemu.make(
        arches,
        arguments.folder,
        qemu.versions(arguments.wheel, arches),
        arguments.python,
        arguments.mirror or qemu_root.MIRROR,
        again=arguments.again,
        say=_say,
    )
    printed.out(qemu.told(parts, arguments.folder))
    return 0


def _say(text: str) -> None:
    printed.err(f"{text} ...\n")
