"""Memory that a worker on this machine shares with the process that asks it: inputs need no pipe.

Loaded by the worker by its path, so it may import nothing but Python's own library and numpy. The memory has
no name in any file system: a worker gets its descriptor, and cannot change its size, so that whatever a model
file does there harms nobody but itself. First comes the number of samples done of the request at hand, then
two slots, one that is filled while the worker reads the other.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Array = np.ndarray[Any, np.dtype[Any]]
    Listed = tuple[str, str, tuple[int, ...], int]

SLOTS, SLOT_BYTES, HEAD_BYTES, ALIGNED = 2, 16 << 20, 4096, 64
SIZE = HEAD_BYTES + SLOTS * SLOT_BYTES


class Shared:
    """One side's view of the memory.

    Args:
        descriptor: of memory that `make` made.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, SIZE)
        self._done = np.frombuffer(self._memory, np.int64, 1)

    @property
    def done(self) -> int:
        """Samples done of the request at hand, as the worker says."""
        return int(self._done[0])

    @done.setter
    def done(self, count: int) -> None:
        self._done[0] = count

    def put(self, slot: int, arrays: Mapping[str, Array]) -> list[Listed] | None:
        """Copy arrays into a slot: name, dtype, shape and place of each; None where they do not fit."""
        begin = at = HEAD_BYTES + slot * SLOT_BYTES
        listed: list[Listed] = []
        for name, array in arrays.items():
            if array.dtype.hasobject or at + array.nbytes > begin + SLOT_BYTES:
                return None
            listed.append((name, array.dtype.str, array.shape, at))
            at += -(-array.nbytes // ALIGNED) * ALIGNED
        for (_, _, shape, place), array in zip(listed, arrays.values(), strict=True):
            np.copyto(np.ndarray(shape, array.dtype, self._memory, place), array)
        return listed

    def arrays(self, listed: Sequence[Listed]) -> dict[str, Array]:
        """Views of what was put there.

        Raises:
            ValueError: it lies elsewhere.
        """
        found = {}
        for name, text, shape, at in listed:
            dtype = np.dtype(text)
            if dtype.hasobject or at < HEAD_BYTES or at + math.prod(shape) * dtype.itemsize > SIZE:
                raise ValueError(f"an array of {dtype} and shape {shape} at {at}")
            found[str(name)] = np.ndarray(shape, dtype, self._memory, at)
        return found

    def close(self) -> None:
        """Let go of the descriptor; may be called again."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def empty(self) -> None:
        """Give the memory of the slots back to the system, until something is put there again."""
        self._memory.madvise(mmap.MADV_REMOVE)


def make() -> int | None:
    """The descriptor of new memory; None where this system has none of that kind."""
    if sys.platform != "linux":
        return None
    try:
        descriptor = os.memfd_create("edgebench", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except OSError:
        return None
    try:
        os.ftruncate(descriptor, SIZE)
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
