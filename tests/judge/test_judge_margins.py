"""Margins of decisions: their quantiles, intervals that hold, and a paired change."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from pytest_edgebench.judge.margins import margins_of, quantile, summary


def test_the_label_less_the_best_other() -> None:
    scores = np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 1.0], [1.0, 1.0, 0.0]])
    assert margins_of(scores, np.array([0, 2, 0])).tolist() == [1.0, -4.0, 0.0]
    assert margins_of(np.array([[10, -128]], np.int8), np.array([0])).tolist() == [138.0]


@pytest.mark.parametrize("share", [0.5, 0.05])
@pytest.mark.parametrize("n", [1, 5, 6, 71, 72, 400])
def test_the_ranks_of_an_interval_are_the_outermost_that_hold(n: int, share: float) -> None:
    """The k-th of n is above the quantile with probability P(Bin(n, share) <= k - 1)."""
    found = quantile(np.arange(1.0, n + 1), share)
    low = max((k for k in range(1, n + 1) if binom.cdf(k - 1, n, share) <= 0.025), default=None)
    high = min((k for k in range(1, n + 1) if binom.sf(k - 1, n, share) <= 0.025), default=None)
    assert (found.low, found.high) == (low, high)
    assert found.value == max(1, np.ceil(share * n - 1e-9))


def test_intervals_hold_the_truth() -> None:
    generator, held = np.random.default_rng(0), np.zeros(3)
    for _ in range(200):
        before = generator.exponential(1.0, 150)
        after = 0.9 * before + generator.normal(0, 0.05, 150)
        found = summary(after, before)
        truths = (np.log(2), -np.log(0.95), -0.1 * np.log(2))
        quantiles = (found.original_median, found.original_p5, found.change_median)
        for i, (truth, each) in enumerate(zip(truths, quantiles, strict=True)):
            assert each is not None
            assert each.low is not None
            assert each.high is not None
            held[i] += each.low <= truth <= each.high
    assert (held / 200 >= [0.93, 0.93, 0.9]).all()


def test_a_change_is_paired() -> None:
    """The samples differ far more than the change, which is seen all the same."""
    before = np.random.default_rng(1).normal(5, 3, 1000)
    found = summary(before - 0.3, before)
    assert found.change_median is not None
    assert found.change_p5 is not None
    assert found.change_median.value == pytest.approx(-0.3)
    assert found.change_median.low == pytest.approx(-0.3)
    assert found.change_p5.high == pytest.approx(-0.3)
    assert found.flipped == int(((before > 0) & (before <= 0.3)).sum())
    assert found.n == 1000


def test_without_an_original_or_with_few_samples() -> None:
    alone = summary(np.array([1.0, 2.0]), None)
    assert (alone.n, alone.original_median, alone.change_p5, alone.flipped) == (2, None, None, 0)
    few = summary(np.array([1.0, 2.0]), np.array([2.0, -2.0]))
    assert few.change_median is not None
    assert (few.change_median.value, few.change_median.low, few.flipped) == (3.0, None, 1)
