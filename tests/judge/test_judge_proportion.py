"""Bounds on a drop of paired samples, against the likelihood that Tango's statistic comes from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln, xlogy
from scipy.stats import binom, norm

from pytest_edgebench.judge.proportion import drop_high, drop_low, level_of_high, p_above, p_below, p_drop

SEEN = [(0, 5, 50), (5, 0, 50), (7, 3, 100), (12, 12, 60), (3, 20, 40), (1, 0, 10), (300, 200, 5000)]


def statistic(worse: int, better: int, n: int, drop: float) -> float:
    """Tango (1998): the drop seen against `drop`, by the variance of the likeliest shares that have it."""

    def unlikely(q: float) -> float:
        shares = ((worse, q + drop), (better, q), (n - worse - better, 1 - 2 * q - drop))
        return -sum(count * math.log(share) for count, share in shares if count)

    edge = (max(0.0, -drop) + 1e-13, (1 - drop) / 2 - 1e-13)
    q = minimize_scalar(unlikely, bounds=edge, method="bounded", options={"xatol": 1e-13}).x
    return float((worse - better - n * drop) / math.sqrt(n * (2 * q + drop * (1 - drop))))


def plain(worse: int, better: int, n: int, drop: float) -> float:
    gap = worse - better
    return (drop * n - gap) / math.sqrt(worse + better - gap * gap / n)


@pytest.mark.parametrize(("worse", "better", "n"), SEEN)
@pytest.mark.parametrize("more", [0.01, 0.05, 0.2])
def test_the_level_of_an_upper_bound(worse: int, better: int, n: int, more: float) -> None:
    """Of the two bounds the one that is less sure."""
    drop = (worse - better) / n + more
    expected = norm.sf(min(plain(worse, better, n, drop), -statistic(worse, better, n, drop)))
    assert level_of_high(worse, better, n, drop) == pytest.approx(min(0.5, expected), rel=1e-4)


@pytest.mark.parametrize(("worse", "better", "n"), SEEN)
@pytest.mark.parametrize("alpha", [0.05, 0.01, 1e-4])
def test_an_upper_bound(worse: int, better: int, n: int, alpha: float) -> None:
    z, seen = norm.isf(alpha), (worse - better) / n
    tango = brentq(lambda drop: statistic(worse, better, n, drop) + z, seen + 1e-9, 1 - 1e-9)
    gap = worse - better
    simple = (gap + z * math.sqrt(worse + better - gap * gap / n)) / n
    bound = drop_high(worse, better, n, alpha)
    assert bound == pytest.approx(min(1.0, max(tango, simple)), abs=1e-5)
    assert drop_low(better, worse, n, alpha) == -bound
    assert np.isclose(level_of_high(worse, better, n, bound), alpha, rtol=1e-3) or bound == 1.0


def outcomes(n: int, drop: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All (worse, better) of n samples that look worse than `drop`, with their p-values below 0.011."""
    found = [
        (worse, better, p)
        for worse in range(n + 1)
        for better in range(n + 1 - worse)
        if worse - better > drop * n and (p := p_drop(worse, better, n, drop)) < 0.011
    ]
    columns = np.array(found).T
    return columns[0], columns[1], columns[2]


@pytest.mark.parametrize("n", [30, 80])
@pytest.mark.parametrize("drop", [0.0, 0.01, 0.02, 0.05, 0.1])
def test_a_drop_at_the_limit_is_called_larger_at_most_at_the_level(n: int, drop: float) -> None:
    """Counted out over all outcomes, for any share of samples that rounding turns."""
    worse, better, p = outcomes(n, drop)
    rest = n - worse - better
    ways = gammaln(n + 1) - gammaln(worse + 1) - gammaln(better + 1) - gammaln(rest + 1)
    for share in (0.0, 1e-3, 0.01, 0.03, 0.08, 0.2, 0.3):
        if not share + drop:
            continue
        logs = ways + xlogy(worse, share + drop) + xlogy(better, share) + xlogy(rest, 1 - 2 * share - drop)
        for level in (0.01, 1e-3, 1e-4, 1e-5):
            assert np.exp(logs[p < level]).sum() <= level * 1.0001


def test_a_drop_that_is_small_or_demanded_as_a_gain() -> None:
    assert p_drop(0, 0, 50, 0.02) > 0.5
    assert p_drop(0, 5, 50, 0.0) == 1.0
    assert p_drop(0, 0, 500, -0.05) < 1e-6
    assert p_drop(10, 60, 500, -0.05) > 0.5
    assert p_drop(50, 0, 50, 1.0) > 0.5
    assert p_drop(25, 0, 250, 0.02) < p_drop(20, 0, 250, 0.02) < p_drop(20, 2, 250, 0.02) < 0.01


@pytest.mark.parametrize(("right", "n", "share"), [(0, 5, 0.5), (3, 10, 0.7), (10, 10, 0.9), (50, 60, 0.9)])
def test_exact_tails(right: int, n: int, share: float) -> None:
    assert p_below(right, n, share) == pytest.approx(binom.cdf(right, n, share))
    assert p_above(right, n, share) == pytest.approx(binom.sf(right - 1, n, share))
