"""Bounds on a drop of paired samples, against the likelihood that Tango's statistic comes from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm

from pytest_edgebench.judge.proportion import drop_high, drop_low, level_of_high

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
