"""Programs that a set-up runs, each with a deadline; what a failing one printed is told."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from pytest_edgebench.environments import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEADLINE_S = 900.0
TAIL_LINES = 8


def program(name: str, purpose: str) -> str:
    """The path of a program.

    Args:
        purpose: for the message, such as "which unpacks the packages".

    Raises:
        SetupError: it is missing.
    """
    found = shutil.which(name)
    if found is None:
        raise errors.no_program(name, purpose)
    return found


def run(doing: str, command: Sequence[str], more: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run a program to its end; its status, and what it printed.

    Raises:
        SetupError: it cannot be started, or takes longer than `DEADLINE_S`.
    """
    try:
        ended = subprocess.run(
            command, env={**os.environ, **(more or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=DEADLINE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise errors.too_slow(doing, DEADLINE_S) from None
    except OSError as cause:
        raise errors.failed(doing, f"{command[0]}: {cause.strerror or cause}") from None
    return ended.returncode, ended.stdout


def do(doing: str, command: Sequence[str], more: Mapping[str, str] | None = None) -> str:
    """Run a program that must succeed; what it printed.

    Raises:
        SetupError: as `run`, or it ended with another status than 0.
    """
    status, printed = run(doing, command, more)
    if status:
        raise errors.failed(doing, tail(printed))
    return printed


def ask(command: Sequence[str]) -> str:
    """What a program prints that need not be there; "" where it fails."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout if ended.returncode == 0 else ""


def tail(text: str) -> str:
    """The last lines of a text."""
    return "\n".join(text.strip().splitlines()[-TAIL_LINES:])
