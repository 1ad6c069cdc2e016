"""Intervals over loads: the trimmed mean with Yuen's standard error, and order statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_edgebench.judge.student import binomial_tail, t_quantile, t_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TRIM = 0.2
FEWEST = 6
"""Fewest loads an interval is given for: below, the trimmed mean has under 3 degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A 20 % trimmed mean, its standard error (Yuen 1974) and degrees of freedom."""

    mean: float
    error: float
    df: int

    def low(self, alpha: float) -> float:
        """The one-sided lower confidence bound at level `alpha`."""
        return self.mean - t_quantile(alpha, self.df) * self.error

    def high(self, alpha: float) -> float:
        """The one-sided upper confidence bound at level `alpha`."""
        return self.mean + t_quantile(alpha, self.df) * self.error

    def p_over(self, bound: float) -> float:
        """One-sided p-value of "the truth is not over `bound`"."""
        gap = self.mean - bound
        if self.error == 0.0:
            return 0.0 if gap > 0 else 1.0
        return t_tail(gap / self.error, self.df)


def trimmed(values: Sequence[float] | NDArray[np.float64]) -> Trimmed:
    """The trimmed mean of n >= 5 values; the same numbers as ``scipy.stats.mstats.trimmed_mean_ci``.

    A fifth of the values is cut at each end (rounded down); the standard error is the standard deviation of
    the values with those ends drawn in to the outermost kept one, over (1 - 2 * 0.2) sqrt(n).
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    n = len(ordered)
    cut = n // 5
    kept = ordered[cut : n - cut]
    winsorised = np.clip(ordered, kept[0], kept[-1])
    # Equal values have no spread; rounding in the mean must not give them one.
    spread = 0.0 if kept[0] == kept[-1] else float(winsorised.std(ddof=1))
    return Trimmed(float(kept.mean()), spread / ((1 - 2 * TRIM) * n**0.5), len(kept) - 1)


def order_bounds(values: Sequence[float], alpha: float) -> tuple[float, float] | None:
    """One-sided lower and upper bounds, each at level `alpha`, of the median the values are drawn from.

    Distribution-free: the k-th smallest of n lies above the median with probability P(Bin(n, 1/2) <= k - 1),
    so the largest k for which that is at most `alpha` gives the bounds. None where n is too small for any k.
    """
    ordered = sorted(values)
    n = len(ordered)
    rank = 0
    while rank < n // 2 and binomial_tail(n - rank, n) <= alpha:  # = P(Bin <= rank), by symmetry
        rank += 1
    return (ordered[rank - 1], ordered[n - rank]) if rank else None
