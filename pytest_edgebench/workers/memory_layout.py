"""Which pages of memory a load gets, drawn anew for each.

Caches behind the first are indexed by physical address, and Linux hands out first what was freed last. So
load after load of one process lies in the same pages, and a process may be faster or slower by some percent
for its whole life: 22 processes, of 40 loads of the same two int8 files in LiteRT each, differed by 1.7
times as much as the loads in them had let expect, and 22 with pages drawn anew by as much as expected.

Loaded by the worker by its path, so it may import nothing but Python's own library.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import random
from pathlib import Path

RUN = 4 * mmap.PAGESIZE  # freed at once: a quarter of the calls to the kernel
MOST = 1 << 26
PADDING = 1 << 18  # bytes: on both sides of the limit from which memory comes from the kernel
STATM = Path("/proc/self/statm")


class Pages:
    """A store of pages, a random half of which is set free before each load. Only on Linux."""

    def __init__(self) -> None:
        self._store: mmap.mmap | None = None
        self._before = 0
        self._linux = STATM.exists()  # other systems have neither these figures nor all of this advice
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if self._linux else None

    def shuffle(self, chance: random.Random) -> None:
        """Before a load: take the pages that were freed last, and free others in their place."""
        own = random.Random(chance.random())  # however much is drawn, `chance` goes on the same
        if not self._linux:
            return
        if self._trim is not None:  # not every C library has it
            self._trim(0)  # what the heap keeps would be used again where it is
        if self._store is not None:
            size = len(self._store)
            self._store[:: mmap.PAGESIZE] = b"x" * (size // mmap.PAGESIZE)
            for at in own.sample(range(0, size, RUN), size // RUN // 2):
                self._store.madvise(mmap.MADV_DONTNEED, at, RUN)
        self._before = _resident()

    def fit(self) -> None:
        """While a load lives: have once to twice as much again as it takes, at most 64 MiB.

        The first load of a process also takes what the runtime keeps, and others may be of larger files.
        """
        if not self._linux:
            return
        wanted = max(min(2 * (_resident() - self._before), MOST) // RUN, 1) * RUN
        if self._store is None or not len(self._store) <= 2 * wanted <= 4 * len(self._store):
            self._store = mmap.mmap(-1, wanted, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            with contextlib.suppress(OSError):  # a kernel without huge pages
                self._store.madvise(mmap.MADV_NOHUGEPAGE)


def _resident() -> int:
    """Bytes of memory that this process has."""
    return int(STATM.read_text(encoding="ascii").split()[1]) * mmap.PAGESIZE


def padding(chance: random.Random) -> bytearray:
    """Something small in memory that makes the next load lie elsewhere."""
    return bytearray(chance.randrange(1, PADDING))
