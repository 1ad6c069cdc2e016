"""Margins of decisions: how far each sample is from another class, and how far compression moved that.

Of one file: sample quantiles with distribution-free intervals from order statistics. Of two files on the same
samples: the change of a quantile with a percentile interval of a paired bootstrap, whose draws take the same
samples of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_edgebench.judge.student import binomial_tail
from pytest_edgebench.record.margins import Margins, Quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

LOW_SHARE = 0.05
ALPHA = 0.025
"""Of each side of an interval."""
DRAWS = 400


def margins_of(scores: Array, labels: Array) -> NDArray[np.float64]:
    """(N,) the label's score less the largest other.

    Args:
        scores: (N, C) with at least two classes. labels: (N,) class numbers.
    """
    values = np.asarray(scores, np.float64)
    rows = np.arange(len(values))
    own = values[rows, labels]
    others = values.copy()
    others[rows, labels] = -np.inf
    return np.asarray(own - others.max(axis=1))


def summary(mine: NDArray[np.float64], original: NDArray[np.float64] | None) -> Margins:
    """The quantiles of margins, (N,) each, and their change against the original's on the same samples."""
    median, p5 = quantile(mine, 0.5), quantile(mine, LOW_SHARE)
    if original is None:
        return Margins(len(mine), median, p5)
    shares = (0.5, LOW_SHARE)
    change_median, change_p5 = _changes(mine, original, shares)
    return Margins(
        len(mine),
        median,
        p5,
        quantile(original, 0.5),
        quantile(original, LOW_SHARE),
        change_median,
        change_p5,
        int(((mine > 0) != (original > 0)).sum()),
    )


def quantile(values: NDArray[np.float64], share: float) -> Quantile:
    """A sample quantile, and the order statistics that hold that of the population with 95 %."""
    ordered = np.sort(values)
    n = len(ordered)
    low, high = _rank(n, share), _rank(n, 1 - share)
    return Quantile(
        _at(ordered, share),
        float(ordered[low - 1]) if low else None,
        float(ordered[n - high]) if high else None,
    )


def _at(ordered: NDArray[np.float64], share: float) -> float:
    """The smallest value that so much of the samples is not above."""
    return float(ordered[max(0, int(np.ceil(share * len(ordered) - 1e-9)) - 1)])


def _rank(n: int, share: float) -> int:
    """The largest k for which the k-th smallest of n is above the quantile with at most `ALPHA`; 0 for none.

    It is where at most k - 1 are below: P(Bin(n, share) <= k - 1).
    """
    low, high = 0, n + 1
    while high - low > 1:
        middle = (low + high) // 2
        if 1.0 - binomial_tail(middle, n, share) <= ALPHA:
            low = middle
        else:
            high = middle
    return low


def _changes(
    mine: NDArray[np.float64], original: NDArray[np.float64], shares: tuple[float, ...]
) -> list[Quantile]:
    """The change of each quantile; without an interval for fewer than 3 samples."""
    n, orders = len(mine), [np.argsort(values, kind="stable") for values in (mine, original)]
    ordered = [values[order] for values, order in zip((mine, original), orders, strict=True)]
    seen = [_at(ordered[0], share) - _at(ordered[1], share) for share in shares]
    if n < 3:
        return [Quantile(value) for value in seen]
    generator = np.random.default_rng(0)
    drawn = np.empty((DRAWS, len(shares)))
    wanted = np.array([max(1, int(np.ceil(share * n - 1e-9))) for share in shares])
    for draw in range(DRAWS):
        times = np.bincount(generator.integers(0, n, n), minlength=n)
        places = [np.searchsorted(np.cumsum(times[order]), wanted) for order in orders]
        drawn[draw] = ordered[0][places[0]] - ordered[1][places[1]]
    low, high = np.quantile(drawn, (ALPHA, 1 - ALPHA), axis=0)
    return [Quantile(*map(float, each)) for each in zip(seen, low, high, strict=True)]
