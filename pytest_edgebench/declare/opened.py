"""Records which files are read while a user's function runs, and hashes their content."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pytest_edgebench.declare.identity_library import in_library_folder
from pytest_edgebench.declare.identity_walk import pack, text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

_SYSTEM = (
    *("/bin/", "/dev/", "/etc/", "/lib/", "/lib64/", "/proc/", "/run/", "/sys/", "/usr/lib/"),
    # Read by whoever first imports a library that formats dates, and so by one process and not by another.
    *("/usr/share/fonts/", "/usr/share/locale/", "/usr/share/mime/", "/usr/share/zoneinfo/"),
)
_CODE = (".py", ".pyc", ".so")

_active: tuple[Opened, ...] = ()
_lock = threading.Lock()
_hooked = False


class Opened:
    """Context manager: which files are opened for reading while it is active, by any thread.

    Seen is what passes through Python's own open: `open`, `os.open`, `numpy.load`, `torch.load`. Not seen
    are readers in C++ or Rust, and other processes.
    """

    def __init__(self, exclude: Iterable[Path] = ()) -> None:
        """`exclude`: folders that do not count, e.g. the cache."""
        folders = [os.fspath(folder) for folder in exclude]
        both = {f for folder in folders for f in (os.path.abspath(folder), os.path.realpath(folder))}  # noqa: PTH100
        self._exclude = tuple(os.path.join(folder, "") for folder in sorted(both))  # noqa: PTH118
        self._seen: set[str] = set()

    def __enter__(self) -> Self:
        global _active, _hooked
        with _lock:
            if not _hooked:  # a hook cannot be removed again, so there is one, idle while nothing records
                sys.addaudithook(_hook)
                _hooked = True
            _active = (*_active, self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _active
        with _lock:
            _active = tuple(other for other in _active if other is not self)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that still exist, absolute and sorted; without code, libraries and system files."""
        return tuple(Path(path) for path in sorted(self._seen.copy()) if self._counts(path))

    def _counts(self, path: str) -> bool:
        skipped = (
            path.startswith((*_system_folders(), *self._exclude)) or path.endswith(_CODE) or ".so." in path
        )
        return not skipped and not in_library_folder(path) and Path(path).is_file()


def _hook(event: str, args: tuple[object, ...]) -> None:
    # Runs for every audited event of the process: leave early, never raise.
    if not _active or event != "open" or len(args) != 3:
        return
    path, _, flags = args
    if not isinstance(path, str | bytes) or not isinstance(flags, int):
        return  # a file descriptor: whoever opened it was seen
    if flags & os.O_ACCMODE == os.O_WRONLY or flags & (os.O_TRUNC | os.O_DIRECTORY):
        return
    try:
        full = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - now, as the current folder may change
    except (OSError, ValueError):
        return
    for recorder in _active:
        recorder._seen.add(full)


@lru_cache(maxsize=1)
def _system_folders() -> tuple[str, ...]:
    # Not the whole of sys.prefix, which may be /usr or the project's own folder.
    own = ("bin", "include", "lib", "lib64")
    return (*_SYSTEM, *(os.path.join(p, name, "") for p in {sys.prefix, sys.base_prefix} for name in own))  # noqa: PTH118


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file's content, read in pieces; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def content_digest(paths: Iterable[Path]) -> str:
    """SHA-256 (hex) over names and contents of files, whatever their folder and order.

    A file that is missing, unreadable or has become a folder counts as missing.
    """
    parts = []
    for path in paths:
        try:
            content = file_digest(path)
        except OSError:
            content = b"missing"
        parts.append(pack("file", text(path.name), content))
    return pack("files", *sorted(parts)).hex()
