"""Scores on a labelled set: how much worse a candidate is than its reference on the same samples.

Three kinds of evidence answer the same questions (drop, bounds, p-value, spread):

- `RightWrong`: each sample is right or wrong. b = samples the reference has right and the candidate wrong, c
  = the reverse. p: exact binomial test of b against b + c; bounds: see `proportion.drop_high`.
- `Differences`: each sample has a value (an absolute error). Paired t on the differences. A bootstrap was
  not taken: 2,000 draws cannot resolve the levels left after dividing alpha by the comparisons.
- `bootstrap.Bootstrap`: the score is an aggregate without per-sample values.

A drop is positive where the candidate is worse, whatever the score's direction, in the score's unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pytest_edgebench.judge.proportion import drop_high, drop_low, level_of_high
from pytest_edgebench.judge.student import binomial_tail, t_quantile, t_tail

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    Samples = NDArray[Any]

ALPHA_PASS = 0.05
SMALLEST = 1e-15
SURE = 1.645 + 0.84
"""z of 95 % one-sided confidence and of 80 % power: how many samples make a result sure."""


class Evidence(Protocol):
    """What is known of a drop."""

    @property
    def drop(self) -> float: ...
    @property
    def n(self) -> int: ...
    @property
    def spread(self) -> float: ...
    def low(self, alpha: float) -> float: ...
    def high(self, alpha: float) -> float: ...
    def p_worse(self, over: float = 0.0) -> float: ...
    def describe(self) -> str: ...


@dataclass(frozen=True, slots=True)
class RightWrong:
    """Paired right and wrong.

    Attributes:
        worse: samples only the reference has right. better: only the candidate. n: samples.
        scale: of the score: 100 for "%", else 1.
    """

    worse: int
    better: int
    n: int
    scale: int = 100

    @property
    def drop(self) -> float:
        return self.scale * (self.worse - self.better) / self.n

    @property
    def spread(self) -> float:
        """Standard deviation of a sample's difference, sqrt(d) for a share d judged differently.

        None seen differently is taken as one: nobody can know that d is nil.
        """
        return self.scale * math.sqrt(max(1, self.worse + self.better) / self.n)

    def low(self, alpha: float) -> float:
        return self.scale * drop_low(self.worse, self.better, self.n, alpha)

    def high(self, alpha: float) -> float:
        return self.scale * drop_high(self.worse, self.better, self.n, alpha)

    def p_worse(self, over: float = 0.0) -> float:
        """Exact one-sided binomial p-value of "not worse"; for `over` > 0 the level of the lower bound."""
        if over == 0.0:
            return binomial_tail(self.worse, self.worse + self.better)
        return _level_of(self, over)

    def deciding(self, allowed: Fraction) -> int:
        """How many samples would have to turn for a drop limit of `allowed` to be judged the other way."""
        room = math.floor(allowed * self.n / self.scale) - (self.worse - self.better)
        return room + 1 if room >= 0 else -room

    def describe(self) -> str:
        if not self.worse + self.better:
            return f"all {self.n:,} samples are judged alike"
        return f"of {self.n:,} samples {self.worse:,} became wrong and {self.better:,} right"


@dataclass(frozen=True, slots=True)
class Differences:
    """Paired per-sample values: mean drop, standard deviation of a sample's drop, samples."""

    drop: float
    spread: float
    n: int

    def low(self, alpha: float) -> float:
        return self.drop - self._half(alpha)

    def high(self, alpha: float) -> float:
        return self.drop + self._half(alpha)

    def p_worse(self, over: float = 0.0) -> float:
        """One-sided p-value of the paired t test of "the drop is at most `over`"."""
        gap = self.drop - over
        if self.n < 2 or self.spread == 0.0:
            return 0.0 if self.n >= 2 and gap > 0 else 1.0
        return t_tail(gap * math.sqrt(self.n) / self.spread, self.n - 1)

    def describe(self) -> str:
        return f"paired t over {self.n:,} samples"

    def _half(self, alpha: float) -> float:
        if self.n < 2:
            return math.inf
        return t_quantile(alpha, self.n - 1) * self.spread / math.sqrt(self.n)


def right_wrong(reference: Samples, candidate: Samples, scale: int = 100) -> RightWrong:
    """Compare two (N,) arrays of right and wrong on the same samples."""
    before, after = np.asarray(reference, dtype=bool), np.asarray(candidate, dtype=bool)
    return RightWrong(int((before & ~after).sum()), int((~before & after).sum()), len(before), scale)


def differences(
    reference: Samples, candidate: Samples, *, lower_is_better: bool, scale: float = 1.0
) -> Differences:
    """Compare two (N,) arrays of per-sample values on the same samples; the score is `scale` times a mean."""
    gaps = scale * (np.asarray(candidate, dtype=np.float64) - np.asarray(reference, dtype=np.float64))
    gaps = gaps if lower_is_better else -gaps
    spread = float(gaps.std(ddof=1)) if len(gaps) > 1 and gaps.min() != gaps.max() else 0.0
    return Differences(float(gaps.mean()) + 0.0, spread, len(gaps))


def samples_needed(spread: float, margin: float) -> int | None:
    """About how many samples would make a result sure: (1.645 + 0.84)^2 spread^2 / margin^2.

    With right and wrong, spread^2 is the share of samples judged differently: 4 % of them and a margin of 1
    point need about 2,470. None where the margin is nil: no number would do.
    """
    return math.ceil(round((SURE * spread / margin) ** 2, 6)) if margin else None


def needed_text(spread: float, margin: float) -> str:
    """ "about 2,470 needed to be sure"."""
    needed = samples_needed(spread, margin)
    if needed is None:
        return "no number of samples makes a result at the very limit sure"
    return f"about {_rounded(needed):,} needed to be sure"


def _rounded(count: int) -> int:
    """Three significant digits."""
    return int(float(f"{count:.3g}"))


def _level_of(found: RightWrong, over: float) -> float:
    """The level whose lower bound of the drop is `over`; one minus that of the upper bound where it is less.

    No level is taken as smaller than 1e-15.
    """
    if found.drop == over:
        return 0.5
    share = over / found.scale
    if found.drop > over:
        return max(SMALLEST, level_of_high(found.better, found.worse, found.n, -share))
    return 1.0 - max(SMALLEST, level_of_high(found.worse, found.better, found.n, share))
