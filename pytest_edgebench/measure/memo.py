"""`Memo`: what is found once a session, by whichever process needs it first."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.base.writing import writing
from pytest_edgebench.measure.locks import entry_lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Memo:
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

    def peek(self, kind: str, key: str) -> Any:
        """The value under (kind, key) where a process has made it already; None where none has."""
        if (kind, key) not in self._known:
            try:
                self._known[kind, key] = json.loads((self._folder / kind / f"{key}.json").read_bytes())
            except (OSError, ValueError):
                return None
        return self._known[kind, key]

    def _made(self, kind: str, key: str, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except EdgebenchError as error:
            self._failed[kind, key] = error
            raise
