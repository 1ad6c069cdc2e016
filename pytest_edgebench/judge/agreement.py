"""A target's outputs beside the host's, of one file on the same samples: labels that flip, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.record.run import Flip, Twin

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

MOST_FLIPS = 20
"""So many are kept, the worst."""


def compare(
    reference: str,
    host: Sequence[Array],
    target: Sequence[Array],
    *,
    classes: bool,
    labels: Array | None = None,
    critical: Array | None = None,
) -> Twin:
    """Put two sets of outputs beside each other.

    Args:
        reference: what made the host's, in words.
        host, target: one array for each output, (N, ...), of equal shapes.
        classes: whether the first output holds scores of classes, at least two.
        labels: (N,) numbers of classes; others are not told.
        critical: (N,) bool, the samples that must not flip.
    """
    import numpy as np

    count = len(host[0])
    if any(array.dtype.hasobject for array in (*host, *target)):
        return _ragged(reference, host, target)
    same = np.ones(count, bool)
    for one, other in zip(host, target, strict=True):
        equal = (one == other) | (_nan(one) & _nan(other))
        same &= equal.reshape(count, -1).all(1)
    twin = Twin(reference, count, int(same.sum()), explained=explained(host, target))
    mine, theirs = (np.asarray(array[0], np.float64).reshape(count, -1) for array in (host, target))
    if not classes or mine.shape[1] < 2:
        return twin
    here, there = mine.argmax(1), theirs.argmax(1)
    samples = np.flatnonzero(here != there)
    rows = samples, here[samples], there[samples]
    swings = (
        mine[rows[0], rows[1]] - mine[rows[0], rows[2]] + theirs[rows[0], rows[2]] - theirs[rows[0], rows[1]]
    )
    order = np.argsort(-swings, kind="stable")[:MOST_FLIPS]
    told = labels if labels is not None and labels.shape == (count,) and labels.dtype.kind in "iub" else None
    flips = tuple(
        Flip(
            sample=int(samples[i]),
            host=int(here[samples[i]]),
            target=int(there[samples[i]]),
            label=None if told is None else int(told[samples[i]]),
            swing=float(swings[i]),
            critical=critical is not None and bool(critical[samples[i]]),
        )
        for i in order
    )
    return Twin(
        reference,
        count,
        twin.identical,
        agree=count - len(samples),
        explained=twin.explained,
        flips=flips,
        critical=None if critical is None else int(critical[samples].sum()),
        marked=0 if critical is None else int(critical.sum()),
    )


def _ragged(reference: str, host: Sequence[Array], target: Sequence[Array]) -> Twin:
    """Outputs that differ in shape from sample to sample, as arrays of dtype object."""
    import numpy as np

    count = len(host[0])
    same = np.ones(count, bool)
    flat: tuple[list[Array], list[Array]] = [], []
    for one, other in zip(host, target, strict=True):
        both = [(np.asarray(a), np.asarray(b)) for a, b in zip(one, other, strict=True)]
        same &= np.array([np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in both], bool)
        alike = [(a.reshape(-1), b.reshape(-1)) for a, b in both if a.shape == b.shape]
        if alike:
            for kept, parts in zip(flat, zip(*alike, strict=True), strict=True):
                kept.append(np.concatenate(parts))
    return Twin(reference, count, int(same.sum()), explained=explained(*flat))


def explained(host: Sequence[Array], target: Sequence[Array]) -> float | None:
    """The coefficient of determination of the target's outputs as a guess of the host's, the worst output's.

    1 - Σ (target - host)² / Σ (host - mean of host over the samples)². At 0 or below, the mean of the host's
    outputs is as good a guess: the target's have nothing to do with them. None where all are constant.
    """
    import numpy as np

    found = []
    for one, other in zip(host, target, strict=True):
        mine, theirs = np.asarray(one, np.float64), np.asarray(other, np.float64)
        spread = float(((mine - mine.mean(axis=0)) ** 2).sum())
        if spread > 0:
            error = float(((theirs - mine) ** 2).sum())
            found.append(1 - error / spread if np.isfinite(error) else -np.inf)
    return min(found, default=None)


LEAST_FIT = 0.5
"""Of the variance of an output: what explains less in any unit is no other unit of the same numbers."""


def in_units_of(host: Sequence[Array], target: Sequence[Array], *, classes: bool) -> tuple[Array, ...]:
    """The target's outputs in the units of the host's, where they are the same numbers in others.

    A board may give the probabilities that its file stores as int8, or those times 127. The scale and the
    offset that fit best are taken back where one side stores integers and the other does not, and for scores
    of classes, of which only the order counts. Outputs that no positive scale fits stay as they are.

    Args:
        host, target: one array for each output, (N, ...), of equal shapes.
        classes: whether they are scores of classes.
    """
    import numpy as np

    found = []
    for one, other in zip(host, target, strict=True):
        if one.dtype.hasobject or other.dtype.hasobject:
            found.append(other)
            continue
        stored = one.dtype.kind in "iu"
        if stored == (other.dtype.kind in "iu") and not (classes and (explained([one], [other]) or 0) <= 0):
            found.append(other)
            continue
        mapped = _fitted(np.asarray(one, np.float64), np.asarray(other, np.float64))
        if mapped is None:
            found.append(other)
        else:
            found.append(np.rint(mapped) if stored else mapped)
    return tuple(found)


def _fitted(mine: Array, theirs: Array) -> Array | None:
    """`theirs` by the positive scale and the offset that explain most of `mine`; None where none does."""
    import numpy as np

    if not (np.isfinite(mine).all() and np.isfinite(theirs).all()):
        return None
    size = float(np.abs(theirs).max(initial=0.0)) or 1.0  # squares of the largest floats are none
    x = theirs / size
    spread = float(((x - x.mean()) ** 2).sum())
    if not spread:
        return None
    slope = float(((x - x.mean()) * (mine - mine.mean())).sum()) / spread
    mapped: Array = slope * (x - x.mean()) + mine.mean()
    fit = explained([mine], [mapped])
    return mapped if slope > 0 and fit is not None and fit >= LEAST_FIT else None


def worst_sample(twin: Twin, host: Sequence[Array], target: Sequence[Array]) -> int | None:
    """The sample to look into: the worst flip, else that whose first output differs most; None for none."""
    import numpy as np

    if twin.flips:
        return twin.flips[0].sample
    if host[0].dtype.hasobject or target[0].dtype.hasobject:
        return None
    gaps = np.abs(np.asarray(host[0], np.float64) - target[0]).reshape(twin.n, -1).max(1)
    return int(gaps.argmax()) if gaps.max() > 0 else None


def _nan(array: Array) -> Array:
    import numpy as np

    return np.isnan(array) if array.dtype.kind == "f" else np.zeros(array.shape, bool)
