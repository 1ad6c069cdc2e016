"""`temporaries_in`: where libraries put temporary files, so that a killed build leaves none behind."""

from __future__ import annotations

import contextlib
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def temporaries_in(folder: Path) -> Iterator[None]:
    """A block in which `tempfile` makes its files in a folder below `folder`, which goes at the end.

    The folder of a build is swept where the build was killed; the system's one never is.
    """
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix=".temporaries-", dir=folder) as own:
        tempfile.tempdir = own
        try:
            yield
        finally:
            tempfile.tempdir = before
