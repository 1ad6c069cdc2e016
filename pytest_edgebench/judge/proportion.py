"""Bounds on one proportion, and on the difference of two proportions on the same samples."""

from __future__ import annotations

import math

from pytest_edgebench.judge.student import beta_quantile, binomial_tail, normal_quantile, normal_tail


def wilson(right: int, n: int, alpha: float = 0.025) -> tuple[float, float]:
    """Wilson's score interval of right / n, each side at level `alpha` (Wilson 1927), as fractions."""
    z2 = normal_quantile(alpha) ** 2
    share = right / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def exact_low(right: int, n: int, alpha: float) -> float:
    """Clopper and Pearson's exact one-sided lower bound of right / n, as a fraction."""
    return 0.0 if right == 0 else beta_quantile(alpha, right, n - right + 1)


def exact_high(right: int, n: int, alpha: float) -> float:
    """Clopper and Pearson's exact one-sided upper bound of right / n, as a fraction."""
    return 1.0 if right == n else 1.0 - beta_quantile(alpha, n - right, right + 1)


def drop_high(worse: int, better: int, n: int, alpha: float) -> float:
    """One-sided upper bound of the drop (worse - better) / n on n paired samples, as a fraction.

    The larger of the plain (b - c) / N + z sqrt(b + c - (b - c)^2 / N) / N and Tango's score bound
    (Statistics in Medicine 1998). They agree on many samples; on few the plain one is too sure, and without
    any disagreement it would claim to know the drop exactly.
    """
    z = normal_quantile(alpha)
    return min(1.0, max(_plain(worse, better, n, z), _tango(worse, better, n, z)))


def drop_low(worse: int, better: int, n: int, alpha: float) -> float:
    """One-sided lower bound of the drop, as a fraction; see `drop_high`."""
    return -drop_high(better, worse, n, alpha)


def level_of_high(worse: int, better: int, n: int, drop: float) -> float:
    """The smallest level, at most 0.5, whose `drop_high` is at most `drop`.

    Args:
        drop: a fraction over the drop that was seen.
    """
    if drop >= 1.0:
        return 0.0
    gap, disagree = worse - better, worse + better
    deviation = math.sqrt(disagree - gap * gap / n)
    plain = (drop * n - gap) / deviation if deviation else math.inf
    return min(0.5, normal_tail(min(plain, -_score(worse, better, n, drop))))


def _plain(worse: int, better: int, n: int, z: float) -> float:
    gap = worse - better
    return (gap + z * math.sqrt(worse + better - gap * gap / n)) / n


def _tango(worse: int, better: int, n: int, z: float) -> float:
    """The drop at which the score statistic is -z, by bisection: it falls as the assumed drop rises."""
    low, high = (worse - better) / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _score(worse, better, n, middle) > -z else (low, middle)
    return (low + high) / 2


def _score(worse: int, better: int, n: int, drop: float) -> float:
    """Tango's statistic of an assumed drop."""
    share = _constrained(worse, better, n, drop)
    variance = n * (2 * share + drop * (1 - drop))
    gap = worse - better - n * drop
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def _constrained(worse: int, better: int, n: int, drop: float) -> float:
    """The likeliest share of "better" samples where that of "worse" ones is larger by `drop`."""
    b = -worse - better + (2 * n - worse + better) * drop
    c = -better * drop * (1 - drop)
    return (math.sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)


UNSURE = 1.4
"""By how much `p_drop` may be too small before it is multiplied by this: the worst that counting out all
outcomes found, for 30 to 250 samples, limits of 0 to 10 points and levels from 0.01 to 0.00001
(`tests/judge/test_judge_proportion.py`)."""


def p_drop(worse: int, better: int, n: int, drop: float) -> float:
    """One-sided p-value of "the drop is at most `drop`", a fraction, on n paired samples.

    Against no drop at all the exact binomial test. Else the signed root of the likelihood ratio of the three
    counts, with one of the worse samples left out for continuity. Unlike a bound with a normal
    tail it holds for the levels that are left once an error rate is shared among many slices, and unlike
    `drop_low` it sees how unlikely many worse samples are where few are allowed.
    """
    if drop == 0.0:
        return binomial_tail(worse, worse + better)
    left = max(0, worse - 1)
    gap = (left - better) / n
    if drop > 0:
        share = _constrained(left, better, n, drop)
        shares = share + drop, share
    else:
        share = _constrained(better, left, n, -drop)
        shares = share, share - drop
    twice = 2 * (_likelihood(left, better, n, left / n, better / n) - _likelihood(left, better, n, *shares))
    root = math.copysign(math.sqrt(max(0.0, twice)), gap - drop)
    return min(1.0, UNSURE * normal_tail(root))


def p_below(right: int, n: int, share: float) -> float:
    """Exact one-sided p-value of "the share is at least `share`": P(X <= right) of a binomial variable."""
    return binomial_tail(n - right, n, 1.0 - share)


def p_above(right: int, n: int, share: float) -> float:
    """Exact one-sided p-value of "the share is at most `share`": P(X >= right)."""
    return binomial_tail(right, n, share)


def _likelihood(worse: int, better: int, n: int, share_worse: float, share_better: float) -> float:
    """Logarithm of the likelihood of the counts, but for what does not depend on the shares."""
    counts = worse, better, n - worse - better
    shares = share_worse, share_better, 1.0 - share_worse - share_better
    return sum(
        count * (math.log(share) if share > 0 else -math.inf)
        for count, share in zip(counts, shares, strict=True)
        if count
    )
