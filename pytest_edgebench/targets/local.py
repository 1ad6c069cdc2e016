"""`Local`: what targets have in common that work on the files of this machine."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

from pytest_edgebench.targets import errors
from pytest_edgebench.workers.sandbox import OFF, Sandbox

if TYPE_CHECKING:
    from pathlib import Path


class Local:
    """Files are used where they lie, and nothing has to be stopped.

    Attributes:
        sandbox: what workers are held to; set by whoever opens the target.
    """

    sandbox: Sandbox = OFF

    def put(self, path: Path) -> str:
        """Its own path."""
        return str(path)

    def fetch(self, there: str, here: Path) -> None:
        """Copy a file."""
        try:
            shutil.copyfile(there, here)
        except OSError as cause:
            raise errors.not_copied(there, cause) from cause

    def stop(self) -> None:
        """Nothing to do."""


def parent() -> int:
    """The process that a worker is to die with, 0 for none.

    The kernel ends a child with the thread that started it: threads other than the main one may be
    short-lived, and then only the end of stdin is left.
    """
    return os.getpid() if threading.current_thread() is threading.main_thread() else 0
