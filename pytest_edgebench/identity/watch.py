"""Which files below some folders are opened, by whatever library or process: inotify, on Linux."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_OPEN, _CLOSE_WRITE, _OVERFLOW, _IS_FOLDER = 0x20, 0x8, 0x4000, 0x40000000
_HEADER = struct.Struct("iIII")
_MOST = 20_000  # folders watched; their files are seen, those of further folders are not
_SKIPPED = {"__pycache__", "node_modules", "venv", "site-packages", "dist-packages", "proc", "sys"}
_POLL_S = 0.1


class Watch:
    """Watches folders until it is closed.

    Attributes:
        complete: whether every folder asked for is watched. lost: whether events were.
    """

    def __init__(self, skip: Callable[[str], bool]) -> None:
        """`skip`: which folders are not watched, by their path with a separator at the end."""
        self._skip = skip
        self._folders: dict[int, str] = {}
        self._watched: set[str] = set()
        self._opened: set[str] = set()
        self._written: set[str] = set()
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._library: Any = None
        self._descriptor = -1
        self.complete = self.lost = False
        if sys.platform != "linux":
            return
        library = ctypes.CDLL(None, use_errno=True)
        descriptor = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if descriptor >= 0:
            self._library, self._descriptor, self.complete = library, descriptor, True
            self._thread = threading.Thread(target=self._poll, name="edgebench-watch", daemon=True)
            self._thread.start()

    def tree(self, root: str) -> None:
        """Watch a folder and all below it but hidden ones, caches and environments."""
        waiting = [root]
        while waiting and self._descriptor >= 0:
            folder = waiting.pop()
            if self._skip(os.path.join(folder, "")) or not self.folder(folder):  # noqa: PTH118
                continue
            try:
                with os.scandir(folder) as entries:
                    waiting += [e.path for e in entries if e.is_dir(follow_symlinks=False) and not _hidden(e)]
            except OSError:
                continue

    def folder(self, path: str) -> bool:
        """Watch the files of one folder; False where that cannot be done."""
        if self._descriptor < 0 or path in self._watched:
            return self._descriptor >= 0
        if len(self._watched) >= _MOST:
            self.complete = False
            return False
        number = self._library.inotify_add_watch(self._descriptor, os.fsencode(path), _OPEN | _CLOSE_WRITE)
        if number < 0:
            if ctypes.get_errno() == 28:  # ENOSPC: as many as the user may have
                self.complete = False
            return False
        self._watched.add(path)
        self._folders[number] = path
        return True

    def close(self) -> set[str]:
        """The files that were opened and not written."""
        if self._descriptor >= 0:
            self._done.set()
            self._thread.join()
            self._drain()
            os.close(self._descriptor)
            self._descriptor = -1
        return self._opened - self._written

    def _poll(self) -> None:
        # The kernel keeps 16,384 events; a data set of more files is read in time.
        while not self._done.wait(_POLL_S):
            self._drain()

    def _drain(self) -> None:
        with self._lock:
            while True:
                try:
                    content = os.read(self._descriptor, 1 << 16)
                except OSError:  # nothing waits
                    return
                self._take(content)

    def _take(self, content: bytes) -> None:
        at = 0
        while at < len(content):
            number, mask, _, length = _HEADER.unpack_from(content, at)
            name = content[at + _HEADER.size : at + _HEADER.size + length].rstrip(b"\0")
            at += _HEADER.size + length
            if mask & _OVERFLOW:
                self.lost = True
            if not name or mask & _IS_FOLDER or number not in self._folders:
                continue
            path = os.path.join(self._folders[number], os.fsdecode(name))  # noqa: PTH118
            (self._written if mask & _CLOSE_WRITE else self._opened).add(path)


def _hidden(entry: os.DirEntry[str]) -> bool:
    return entry.name.startswith(".") or entry.name in _SKIPPED
