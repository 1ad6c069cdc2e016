"""Evidence of a drop: exact binomial, paired bounds, paired t, how many samples are needed."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_edgebench.judge.accuracy import (
    Differences,
    RightWrong,
    differences,
    needed_text,
    right_wrong,
    samples_needed,
)
from pytest_edgebench.judge.proportion import (
    drop_high,
    drop_low,
    exact_high,
    exact_low,
    level_of_high,
    wilson,
)

counts = st.integers(0, 60)


@pytest.mark.parametrize(("right", "n"), [(0, 10), (10, 10), (902, 1000), (3, 17)])
def test_bounds_of_one_proportion(right: int, n: int) -> None:
    exact = stats.binomtest(right, n).proportion_ci(0.95, method="exact")
    assert (exact_low(right, n, 0.025), exact_high(right, n, 0.025)) == pytest.approx(tuple(exact), abs=1e-9)
    score = stats.binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson(right, n) == pytest.approx(tuple(score), abs=1e-9)


@given(counts, counts)
def test_p_is_the_binomial_test(worse: int, better: int) -> None:
    p = RightWrong(worse, better, 200).p_worse()
    if worse + better:
        expected = stats.binomtest(worse, worse + better, 0.5, alternative="greater").pvalue
        assert p == pytest.approx(expected, rel=1e-9)
    else:
        assert p == 1.0


def test_the_plain_bound_of_the_published_formula_on_many_samples() -> None:
    b, c, n = 60, 40, 5000
    plain = (b - c) / n + 1.645 * math.sqrt(b + c - (b - c) ** 2 / n) / n
    assert drop_high(b, c, n, 0.05) == pytest.approx(plain, rel=0.02)
    assert drop_high(b, c, n, 0.05) >= plain - 1e-6


def test_without_disagreement_the_drop_is_not_known_exactly() -> None:
    """Tango's bound of 0 of N is z^2 / (N + z^2); the plain formula would say nil."""
    assert drop_high(0, 0, 100, 0.05) == pytest.approx(2.7055 / 102.7055, rel=1e-4)
    assert drop_low(0, 0, 100, 0.05) == -drop_high(0, 0, 100, 0.05)


@given(counts, counts, st.sampled_from([0.05, 0.01, 1e-4]))
def test_bounds_hold_the_drop_and_rise_with_it(worse: int, better: int, alpha: float) -> None:
    n = 150
    low, high = drop_low(worse, better, n, alpha), drop_high(worse, better, n, alpha)
    assert low <= (worse - better) / n <= high
    assert drop_high(worse + 1, better, n, alpha) >= high - 1e-12
    assert drop_low(worse + 1, better, n, alpha) >= low - 1e-12


def test_the_bound_covers_the_population() -> None:
    """20,000 drawn sets of 200 samples, 2 % worse and 1 % better: the bound misses in at most 5 %."""
    drawn = np.random.default_rng(0).multinomial(200, [0.02, 0.01, 0.97], 20_000)
    found, times = np.unique(drawn[:, :2], axis=0, return_counts=True)
    missed = sum(
        count for (b, c), count in zip(found.tolist(), times.tolist(), strict=True)
        if drop_high(b, c, 200, 0.05) < 0.01
    )  # fmt: skip
    assert missed / 20_000 <= 0.055


def test_the_default_check_is_honest_where_a_naive_rule_is_not() -> None:
    """No population change, 4 % disagreement, 200 samples: "drop > 1 point" flags 10 to 24 %."""
    drawn = np.random.default_rng(1).multinomial(200, [0.02, 0.02, 0.96], 20_000)
    b, c = drawn[:, 0], drawn[:, 1]
    naive = float(((b - c) > 2).mean())
    found, times = np.unique(drawn[:, :2], axis=0, return_counts=True)
    flagged = sum(
        count for (worse, better), count in zip(found.tolist(), times.tolist(), strict=True)
        if RightWrong(worse, better, 200).p_worse() < 0.01
    )  # fmt: skip
    assert 0.10 < naive < 0.24
    assert flagged / 20_000 <= 0.01


def test_right_wrong_counts() -> None:
    before = np.array([True, True, True, False, False])
    after = np.array([True, False, False, True, False])
    found = right_wrong(before, after)
    assert (found.worse, found.better, found.n) == (2, 1, 5)
    assert found.drop == 20.0
    assert found.describe() == "of 5 samples 2 became wrong and 1 right"
    assert right_wrong(before, before).describe() == "all 5 samples are judged alike"


@pytest.mark.parametrize(
    ("worse", "better", "points", "turn"), [(5, 3, 1, 1), (2, 2, 1, 3), (9, 3, 1, 4), (2, 0, 1, 1)]
)
def test_deciding_samples(worse: int, better: int, points: int, turn: int) -> None:
    """Of 200 samples one point is two: a net loss of 2 passes by 1 sample, of 6 fails by 4."""
    assert RightWrong(worse, better, 200).deciding(Fraction(points)) == turn


@given(counts, counts, st.integers(0, 40))
def test_turning_the_deciding_samples_turns_the_verdict(worse: int, better: int, tenths: int) -> None:
    allowed, n = Fraction(tenths, 10), 300
    found = RightWrong(worse, better, n)
    net = worse - better
    passes = Fraction(100 * net, n) <= allowed
    turn = found.deciding(allowed) * (1 if passes else -1)
    assert (Fraction(100 * (net + turn), n) <= allowed) is not passes
    assert (Fraction(100 * (net + turn - (1 if passes else -1)), n) <= allowed) is passes


def test_samples_needed() -> None:
    """4 % disagreement and a margin of 1 point: about 2,470."""
    found = RightWrong(40, 40, 2000)
    assert samples_needed(found.spread, 1.0) == pytest.approx(2470, abs=1)
    assert needed_text(found.spread, 1.0) == "about 2,470 needed to be sure"
    assert samples_needed(1.0, 0.0) is None
    assert needed_text(1.0, 0.0) == "no number of samples makes a result at the very limit sure"


def test_differences_are_the_paired_t_test() -> None:
    generator = np.random.default_rng(2)
    before, after = generator.exponential(1, 300), generator.exponential(1.1, 300)
    found = differences(before, after, lower_is_better=True)
    expected = stats.ttest_rel(after, before, alternative="greater")
    assert found.p_worse() == pytest.approx(float(expected.pvalue), rel=1e-6)
    interval = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert (found.low(0.025), found.high(0.025)) == pytest.approx((interval.low, interval.high), rel=1e-6)
    mirrored = differences(before, after, lower_is_better=False)
    assert mirrored.drop == -found.drop


def test_equal_values_are_not_worse() -> None:
    same = np.full(50, 0.1)
    found = differences(same, same, lower_is_better=True)
    assert (found.drop, found.spread, found.p_worse()) == (0.0, 0.0, 1.0)
    assert math.copysign(1, found.drop) == 1.0
    assert Differences(0.5, 0.0, 10).p_worse() == 0.0
    assert Differences(0.5, 0.0, 1).p_worse() == 1.0
    assert math.isinf(Differences(0.5, 0.0, 1).high(0.05))


@given(st.integers(0, 40), st.integers(0, 40), st.floats(-5, 5))
def test_p_over_a_drop_is_the_level_of_the_bound(worse: int, better: int, over: float) -> None:
    found = RightWrong(worse, better, 200)
    p = found.p_worse(over)
    if 1e-14 < p < 0.499 and over != 0.0:
        assert found.low(p) == pytest.approx(over, abs=1e-6)


def test_bounds_at_the_ends() -> None:
    """Where all became wrong the drop is 1; none is over 1; all alike proves nothing of 0."""
    assert drop_high(20, 0, 20, 0.05) == 1.0
    assert level_of_high(3, 1, 100, 1.0) == 0.0
    assert level_of_high(0, 0, 100, 0.0) == 0.5
    assert level_of_high(0, 0, 100, drop_high(0, 0, 100, 0.01)) == pytest.approx(0.01)


def test_the_level_at_the_very_drop() -> None:
    found = RightWrong(7, 3, 100)
    assert found.p_worse(4.0) == 0.5
    assert found.p_worse(3.9) < 0.5 < found.p_worse(4.1) < 1.0
