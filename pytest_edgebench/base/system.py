"""`unsupported`: whether this operating system has what measuring takes."""

from __future__ import annotations

import sys

NAMES = {"darwin": "macOS", "win32": "Windows"}


def unsupported() -> str:
    """One sentence for a system that is not Linux; "" on Linux.

    Workers are watched by pidfd, locks are flock's and memory is read from /proc: other systems have none or
    others of these.
    """
    if sys.platform.startswith("linux"):
        return ""
    here = NAMES.get(sys.platform, sys.platform)
    return (
        f"pytest-edgebench runs on Linux only, and this is {here}: use a container, WSL or a Linux machine "
        "(boards are reached from there), or `pytest -p no:edgebench` for the other tests"
    )
