"""`FileDigests`: what files hold, not read again while size and times say that nothing changed.

Files up to 1 GiB are known by their content. A larger one is known by its size, the time of its last change
and the digest of a sample of it: first and last 64 KiB and 254 places between.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from typing import TYPE_CHECKING, Any, Protocol

from pytest_edgebench.identity.files import file_digest
from pytest_edgebench.identity.walk import pack, text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from pathlib import Path

LARGE_BYTES = 1 << 30
PLACES, PLACE_BYTES = 256, 64 << 10
SETTLED_S = 2.0  # a file that was just written may be written again within one step of its clock
KIND = "file"


class Memos(Protocol):
    """Keeps small results across sessions, as the cache does."""

    def memo_get(self, kind: str, key: str) -> Any | None: ...

    def memo_put(self, kind: str, key: str, value: Any) -> None: ...


class FileDigests:
    """Digests by path.

    Args:
        memos: keeps them across sessions. large: bytes from which on a file is known by a sample.
    """

    def __init__(self, memos: Memos, large: int = LARGE_BYTES) -> None:
        self._memos, self._large = memos, large

    def of(self, path: Path) -> bytes:
        """What stands for a file.

        Raises:
            OSError: it cannot be read.
        """
        return bytes.fromhex(self.derived(path, "content", lambda: file_digest(path).hex()))

    def derived(self, path: Path, what: str, make: Callable[[], str]) -> str:
        """Something that depends on a file's content alone, made once as long as the file stays the same.

        For a large file, of which no more than a sample is read, its own digest stands for all of these.

        Args:
            what: its name. make: gives it, as hexadecimal digits.

        Raises:
            OSError: the file cannot be read.
        """
        stat = path.stat()
        if stat.st_size > self._large:
            return pack("large", text(what), bytes.fromhex(self._sample(path, stat))).hex()
        return self._known(path, stat, what, make)

    def told(self, paths: Iterable[Path]) -> str:
        """Which of some files are known by a sample, in words; "" for none."""
        found = {}
        for path in paths:
            with contextlib.suppress(OSError):
                size = path.stat().st_size
                if size > self._large:
                    found[path.name] = size
        return ", ".join(f"{name} ({size / 1e9:.3g} GB)" for name, size in sorted(found.items()))

    def _sample(self, path: Path, stat: os.stat_result) -> str:
        def make() -> str:
            hasher = hashlib.sha256(f"{stat.st_size} {stat.st_mtime_ns}".encode())
            last = stat.st_size - PLACE_BYTES
            with path.open("rb") as file:
                for number in range(PLACES):
                    file.seek(max(0, last * number // (PLACES - 1)))
                    hasher.update(file.read(PLACE_BYTES))
            return hasher.hexdigest()

        return self._known(path, stat, "sample", make)

    def _known(self, path: Path, stat: os.stat_result, what: str, make: Callable[[], str]) -> str:
        place = str(path.resolve())
        seen = (place, stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, what)
        key = hashlib.sha256(repr(seen).encode()).hexdigest()
        known = self._memos.memo_get(KIND, key)
        if isinstance(known, str):
            return known
        found = make()
        after = path.stat()
        same = (after.st_size, after.st_mtime_ns, after.st_ctime_ns) == (
            stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns,
        )  # fmt: skip
        if same and time.time() - max(stat.st_mtime, stat.st_ctime) > SETTLED_S:
            self._memos.memo_put(KIND, key, found)
        return found
