"""`Once`: what is found once a session, by whichever process needs it first."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import EdgebenchError
from pytest_edgebench.measure.locks import entry_lock
from pytest_edgebench.writing import writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Once:
    """Plain JSON values shared by the processes of a session, in its run folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, str], Any] = {}
        self._failed: dict[tuple[str, str], EdgebenchError] = {}

    def get(self, kind: str, key: str, what: str, make: Callable[[], Any]) -> Any:
        """The value under (kind, key), made under its lock where no process has made it yet.

        Args:
            what: says for those who wait what is being done.
            make: gives the value. An error of ours is remembered by this process, so that a runtime that
                hangs is waited for once; other processes try again.
        """
        if (kind, key) in self._known:
            return self._known[kind, key]
        if (kind, key) in self._failed:
            raise self._failed[kind, key]
        folder = self._folder / kind
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{key}.json"
        with entry_lock(folder / f"{key}.lock", what):
            try:
                value = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                value = self._made(kind, key, make)
                staged = path.with_suffix(f".{os.getpid()}")
                with writing(folder):
                    staged.write_text(json.dumps(value), encoding="utf-8")
                    staged.replace(path)
        self._known[kind, key] = value
        return value

    def _made(self, kind: str, key: str, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except EdgebenchError as error:
            self._failed[kind, key] = error
            raise
