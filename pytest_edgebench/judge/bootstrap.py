"""Paired bootstrap of a score without per-sample values (AUC, F1, mAP): BCa, seeded.

Efron (1987), "Better bootstrap confidence intervals": the quantiles of the bootstrap draws are shifted by a
bias correction z0 (the share of draws below the estimate) and an acceleration a (from the jackknife).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.judge.student import normal_cdf, normal_quantile, normal_tail

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Draws: TypeAlias = NDArray[np.float64]
    Scorer: TypeAlias = Callable[[NDArray[np.int64]], float]

DRAWS = 2000
BLOCKS = 200
"""The jackknife leaves out one of at most this many blocks: one sample at a time would cost N scores."""
FEWEST_BEYOND = 10
"""Draws beyond a point below which its tail is too thin to be counted, and is taken as normal."""


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """The drop of a score (positive is worse) and how it varies over the samples.

    Attributes:
        drop: reference against candidate, in the score's unit, positive where the candidate is worse.
        draws: (draws,) sorted drops of resampled sets.
        bias: z0. acceleration: a. n: samples.
    """

    drop: float
    draws: Draws
    bias: float
    acceleration: float
    n: int

    @property
    def error(self) -> float:
        """Standard error of the drop."""
        return float(self.draws.std(ddof=1))

    @property
    def spread(self) -> float:
        """Standard deviation of one sample's share in the drop: the error times sqrt(n)."""
        return self.error * math.sqrt(self.n)

    def low(self, alpha: float) -> float:
        """One-sided lower bound of the drop at level `alpha`."""
        return self._bound(alpha, -1.0)

    def high(self, alpha: float) -> float:
        """One-sided upper bound of the drop at level `alpha`."""
        return self._bound(alpha, 1.0)

    def p_worse(self, over: float = 0.0) -> float:
        """One-sided p-value of "the drop is at most `over`": the level at which `low` reaches `over`.

        Where fewer than 10 draws lie beyond `over` the normal tail with the bootstrap's error takes over:
        2,000 draws cannot tell 0.0005 from less, and a check that could never fail would be worthless.
        """
        if self.draws[0] == self.draws[-1]:
            return 0.0 if self.drop > over else 1.0
        beyond = int(np.searchsorted(self.draws, over, side="right"))
        counted = self._level(max(beyond, FEWEST_BEYOND))
        if beyond >= FEWEST_BEYOND:
            return counted
        return min(counted, normal_tail((self.drop - over) / self.error))

    def describe(self) -> str:
        return f"paired bootstrap over {self.n:,} samples"

    def _level(self, beyond: int) -> float:
        """The one-sided level whose lower bound lies at the draw with `beyond` draws up to it."""
        share = min(max(beyond / len(self.draws), 1e-12), 1 - 1e-12)
        shifted = -normal_quantile(share) - self.bias
        if 1 + self.acceleration * shifted <= 0:
            return 1.0 if shifted > 0 else 0.0
        return normal_cdf(shifted / (1 + self.acceleration * shifted) - self.bias)

    def _bound(self, alpha: float, side: float) -> float:
        """BCa bound; below `FEWEST_BEYOND` draws in the tail, the normal one if it lies further out."""
        z = side * normal_quantile(alpha)
        shifted = self.bias + z
        share = normal_cdf(self.bias + shifted / max(1e-9, 1 - self.acceleration * shifted))
        counted = float(np.quantile(self.draws, share))
        if min(share, 1 - share) * len(self.draws) >= FEWEST_BEYOND:
            return counted
        plain = self.drop + z * self.error
        return max(counted, plain) if side > 0 else min(counted, plain)


def paired(drop: Scorer, n: int, *, seed: int = 0, draws: int = DRAWS) -> Bootstrap | None:
    """Resample `n` samples with replacement and see how the drop of the score varies.

    Args:
        drop: indices (m,) of samples → drop of the score on them, positive where the candidate is worse;
            both models must be scored on the same indices.
        n: samples. seed: of the draws. draws: how many.

    Returns:
        None where it cannot be told: under 3 samples, or a score that fails on half of the resampled sets
        (an AUC needs both classes in each).
    """
    if n < 3:
        return None
    generator = np.random.default_rng(seed)
    values: list[float] = []
    for _ in range(2 * draws):
        value = _score(drop, generator.integers(0, n, n))
        if value is not None:
            values.append(value)
        if len(values) == draws:
            break
    whole = _score(drop, np.arange(n))
    left_out = [_score(drop, kept) for kept in _jackknife(n)]
    parts = np.array([value for value in left_out if value is not None])
    if whole is None or len(values) < draws or len(parts) < 3:
        return None
    ordered = np.sort(np.array(values))
    below = ((ordered < whole).sum() + 0.5 * (ordered == whole).sum()) / draws
    bias = -normal_quantile(min(max(float(below), 0.5 / draws), 1 - 0.5 / draws))
    gaps = parts.mean() - parts
    scale = float((gaps**2).sum()) ** 1.5
    acceleration = float((gaps**3).sum()) / (6 * scale) if scale > 0 else 0.0
    return Bootstrap(whole, ordered, bias, acceleration, n)


def _jackknife(n: int) -> list[NDArray[np.int64]]:
    """The samples kept when each of min(n, 200) interleaved blocks is left out in turn."""
    everything = np.arange(n)
    blocks = min(n, BLOCKS)
    return [everything[everything % blocks != block] for block in range(blocks)]


def _score(drop: Scorer, indices: NDArray[np.int64]) -> float | None:
    """The drop on some samples; None where the score cannot be computed on them."""
    try:
        value = float(drop(indices))
    except (DataError, ValueError, ZeroDivisionError):
        return None
    return value if math.isfinite(value) else None
