"""What tells samples from others, at the speed of memory: for data that are made as they are read."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.declare.data import Array

WIDTH = 512  # numbers of 8 bytes that become one
LEAST = WIDTH * 8  # bytes of a sample from which on it is shortened


def condensed(array: Array) -> bytes:
    """Samples (n, ...) as a 256th of their bytes, sample by sample.

    Two sums of the numbers times odd factors, modulo 2**64, stand for each `WIDTH` numbers of 8 bytes
    (multilinear hashing: Carter and Wegman 1979; Lemire and Kaser 2014, "Strongly universal string hashing is
    fast"). That other samples give the same has a chance of 2**-60 at most, unless somebody constructs them.
    """
    import numpy as np

    flat = np.ascontiguousarray(array).reshape(len(array), -1) if array.size else array
    raw = flat.view(np.uint8) if flat.size else np.empty((len(array), 0), np.uint8)
    size = raw.shape[1]
    if size < LEAST:
        return raw.tobytes()
    blocks = size // LEAST
    whole = raw[:, : blocks * LEAST]
    words = np.lib.stride_tricks.as_strided(
        raw.reshape(-1)[: blocks * LEAST],
        (len(raw), blocks, LEAST),
        (raw.strides[0], LEAST, 1),
        writeable=False,
    )
    if raw.strides[0] % 8:  # else the numbers would lie across words
        words = np.ascontiguousarray(whole).reshape(len(raw), blocks, LEAST)
    numbers: Any = words.view(np.uint64)
    parts = [np.einsum("nbw,w->nb", numbers, factors) for factors in _factors()]  # quicker than @
    rest = raw[:, blocks * LEAST :]
    joined = [np.stack(parts, axis=2).reshape(len(raw), -1).view(np.uint8), rest]
    return np.concatenate(joined, axis=1).tobytes()


def check(arrays: Mapping[str, Array], short: Mapping[str, bytes] | None = None) -> bytes:
    """16 bytes that stand for the arrays of one batch.

    Args:
        short: what `condensed` gives for each, where that is known.
    """
    found = hashlib.sha256()
    for name, array in arrays.items():
        found.update(f"{array.dtype.str} {array.shape}".encode())
        found.update(condensed(array) if short is None else short[name])
    return found.digest()[:16]


@cache
def _factors() -> tuple[Any, Any]:
    import numpy as np

    drawn = np.random.Generator(np.random.PCG64(20)).integers(0, 1 << 63, (2, WIDTH), np.uint64)
    return tuple(2 * drawn + np.uint64(1))
