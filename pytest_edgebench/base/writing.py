"""`writing`: what the system says of a folder that cannot be written, in words of ours; `remove`."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def remove(path: Path) -> None:
    """Remove a file or folder that was only begun; one that cannot be removed stays, and is swept later.

    It is tried twice: what failed once on a full or a distant disk often does not again.
    """
    for _ in range(2):
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            return
        except OSError:
            continue


@contextlib.contextmanager
def writing(folder: Path | None = None) -> Iterator[None]:
    """A block that writes below `folder`, or below whichever folder the system names.

    Raises:
        SettingsError: it cannot be written. BuildError: no room.
    """
    try:
        yield
    except OSError as cause:
        from pytest_edgebench.base.errors import cannot_write

        raise cannot_write(folder or Path(str(cause.filename or "the cache folder")), cause) from cause
