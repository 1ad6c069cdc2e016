"""``--edgebench-rebuild``: which units of work were built again in this session."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Rebuild:
    """What is yet to be built again.

    Args:
        folder: of the session, shared by its processes; None where nothing is built again.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def active(self) -> bool:
        """Whether it was asked for."""
        return self._folder is not None

    def due(self, key: str) -> bool:
        """Whether what is cached under a key must be built again first; asked under the key's lock."""
        return self._folder is not None and not (self._folder / key).exists()

    def done(self, key: str) -> None:
        """Note that it was, and that it is the same."""
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / key).touch()
