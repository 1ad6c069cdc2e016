"""`Local`: what targets have in common that work on the files of this machine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pytest_edgebench.errors import measure as errors

if TYPE_CHECKING:
    from pathlib import Path


class Local:
    """Files are used where they lie, and nothing has to be stopped."""

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
