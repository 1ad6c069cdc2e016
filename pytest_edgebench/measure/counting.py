"""Counts of a built file at the lengths of a model's samples, by the rules of today."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts.inspect import COUNTER_VERSION
from pytest_edgebench.base.errors import DataError, EdgebenchError
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.measure import errors
from pytest_edgebench.record.codec import Decoder, encode
from pytest_edgebench.record.run import Counts, Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache

    Array = np.ndarray[Any, np.dtype[Any]]


def counts_of(
    artifact: Artifact, cache: Cache, sample: Callable[[], Mapping[str, Array]], signature: str = ""
) -> Counts:
    """What is in a file: as it was counted when built, or again where that will not do.

    That is where a free length was taken as 1, where something could not be counted without the numbers of a
    call, and where an older version built it.

    Args:
        sample: gives the arrays of one call; only asked where the counts depend on it.
        signature: of a ``.tflite`` file with several.
    """
    known = artifact.record.counts
    depends = depends_on_a_call(known)
    if known.counter == COUNTER_VERSION and not depends and not signature:
        return known
    given: Mapping[str, Array] = {}
    if depends or known.counter != COUNTER_VERSION:
        with contextlib.suppress(DataError):  # then what rests on lengths is a floor, and says so
            given = sample()
    lengths = {name: (array.shape, _scalar(array)) for name, array in given.items()}
    key = digest(("counts", artifact.record.digest, COUNTER_VERSION, sorted(lengths.items()), signature))
    found = cache.memo_get("counts", key)
    if found is not None:
        with contextlib.suppress(EdgebenchError):
            decoded: Counts = Decoder("the cache").decode(Counts, found, "")
            return decoded
    from pytest_edgebench.artifacts.inspect.file import inspect

    counts = inspect(artifact.path, given, signature)
    cache.memo_put("counts", key, encode(counts))
    return counts


def depends_on_a_call(counts: Counts) -> bool:
    """Whether other counts may be found with the arrays of a call: lengths, flags and numbers."""
    return counts.guessed or bool(counts.uncounted) or "If" in counts.ops


def macs_metric(counts: Counts) -> Metric:
    """Multiply-accumulates, marked as a floor where not all of them could be counted."""
    if not counts.uncounted and not counts.guessed:
        return Metric(counts.macs, "", "static", 1)
    return Metric(counts.macs, "", "static", 1, note=errors.floor(counts), floor=True)


def _scalar(array: Array) -> int | None:
    """A single whole number or flag, which may say which way a graph takes."""
    return int(array.reshape(-1)[0]) if array.size == 1 and array.dtype.kind in "iub" else None
