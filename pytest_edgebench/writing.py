"""`writing`: what the system says of a folder that cannot be written, in words of ours."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def writing(folder: Path | None = None) -> Iterator[None]:
    """A block that writes below `folder`, or below whichever folder the system names.

    Raises:
        SettingsError: it cannot be written. BuildError: no room.
    """
    try:
        yield
    except OSError as cause:
        from pytest_edgebench.errors.build import cannot_write

        raise cannot_write(folder or Path(str(cause.filename or "the cache folder")), cause) from cause
