"""``python -m pytest_edgebench setup WHAT``: what a target needs and this environment cannot hold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.setup import tflite_runtime

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parts = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    text = "an environment with the TensorFlow Lite that is still in the field, which needs numpy < 2"
    part = parts.add_parser("tflite-runtime", help=text, description=f"Make {text}.")
    part.add_argument(
        "--folder", type=Path, default=Path(tflite_runtime.FOLDER), help="of the environment (%(default)s)"
    )
    part.add_argument("--python", default=sys.executable, help="interpreter to make it of (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Make it and print the profile that uses it.

    Returns:
        the exit status, 0.

    Raises:
        SetupError: it cannot be made.
    """
    python, made = tflite_runtime.make(arguments.folder, arguments.python)
    sys.stdout.write(tflite_runtime.told(arguments.folder, python, made))
    return 0
