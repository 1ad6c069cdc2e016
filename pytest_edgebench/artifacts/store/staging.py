"""Where the cache's files are written before they appear at once, and what the system says meanwhile.

A folder left in ``tmp`` by a killed process is recognised by its lock, which the kernel has released, and
swept.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base import errors as base_errors
from pytest_edgebench.base.folder_lock import own, unowned
from pytest_edgebench.base.writing import remove

if TYPE_CHECKING:
    from collections.abc import Iterator


class Staging:
    """Folders to build in, below a cache's root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "tmp"
        self._swept = False

    @contextlib.contextmanager
    def stage(self) -> Iterator[Path]:
        """A folder to build in, gone afterwards unless it was renamed.

        Raises:
            SettingsError: the cache cannot be written. BuildError: no room, also while the block writes.
        """
        with self.writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.sweep()
            folder = self.folder / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
            guard = own(folder.with_suffix(".lock"))
        try:
            with self.writing(folder):
                folder.mkdir()
                yield folder
        finally:
            remove(folder)
            remove(Path(guard.name))
            guard.close()

    @contextlib.contextmanager
    def writing(self, only: Path | None = None) -> Iterator[None]:
        """Turn what the system says into our errors; with `only`, other people's OSErrors pass."""
        try:
            yield
        except OSError as cause:
            ours = (
                only is None or base_errors.is_full(cause) or str(cause.filename or "").startswith(str(only))
            )
            if not ours:
                raise
            raise base_errors.cannot_write(self.root, cause) from cause

    def replace(self, path: Path, content: bytes | memoryview) -> None:
        """Write a file at once, in place of another; errors as `stage`."""
        with self._written(path, content) as staged:
            staged.replace(path)

    def add(self, path: Path, content: bytes) -> bool:
        """Write a file at once unless there is one; whether it was written. Errors as `stage`."""
        with self._written(path, content) as staged:
            try:
                path.hardlink_to(staged)  # a rename would replace what another writer was first with
            except FileExistsError:
                return False
            except OSError:  # a file system without links
                if path.exists():
                    return False
                staged.replace(path)
            return True

    @contextlib.contextmanager
    def _written(self, path: Path, content: bytes | memoryview) -> Iterator[Path]:
        with self.stage() as folder:
            staged = folder / path.name
            with self.writing():
                staged.write_bytes(content)
                sync(staged)
                path.parent.mkdir(parents=True, exist_ok=True)
                yield staged
                sync(path.parent)

    def sweep(self) -> None:
        """Remove what killed processes left, once in a process: their locks are free."""
        if self._swept:
            return
        self._swept = True
        for lock in self.folder.glob("*.lock"):
            with contextlib.suppress(OSError), unowned(lock, missing=False) as free:
                if free:
                    remove(lock.with_suffix(""))
                    remove(lock)


def sync(path: Path) -> None:
    """Have a file or folder on disk before anything refers to it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
