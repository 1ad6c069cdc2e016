"""Distributions without scipy agree with scipy."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from pytest_edgebench.judge import student

TAILS = [0.5, 0.4999999, 0.3, 0.05, 0.025, 0.01, 7e-4, 1e-4, 1e-5, 1e-6, 1e-9]


@pytest.mark.parametrize("df", [*range(1, 101)])
def test_t_quantile(df: int) -> None:
    for tail in TAILS:
        assert student.t_quantile(tail, df) == pytest.approx(stats.t.isf(tail, df), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("df", [3, 7, 30, 100])
@pytest.mark.parametrize("t", [-8.0, -1.0, -1e-3, 0.0, 1e-3, 0.7, 2.0, 6.0, 40.0])
def test_t_tail(df: int, t: float) -> None:
    assert student.t_tail(t, df) == pytest.approx(stats.t.sf(t, df), rel=1e-9)


def test_t_at_infinity() -> None:
    assert student.t_tail(math.inf, 5) == 0.0
    assert student.t_tail(-math.inf, 5) == 1.0


@pytest.mark.parametrize(("tail", "df"), [(0.0, 5), (0.6, 5), (-0.1, 5), (0.1, 0)])
def test_t_quantile_refuses(tail: float, df: int) -> None:
    with pytest.raises(ValueError, match="t_quantile needs"):
        student.t_quantile(tail, df)


@pytest.mark.parametrize(("k", "n"), [(0, 5), (3, 5), (5, 5), (6, 5), (60, 100), (540, 1000), (5200, 10000)])
def test_binomial_tail(k: int, n: int) -> None:
    for p in (0.5, 0.03):
        expected = stats.binom.sf(k - 1, n, p)
        assert student.binomial_tail(k, n, p) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("a", [0.5, 1.0, 8.0, 300.0])
@pytest.mark.parametrize("b", [0.5, 2.0, 90.0])
def test_beta(a: float, b: float) -> None:
    for x in (0.0, 1e-6, 0.2, 0.5, 0.9, 1.0):
        assert student.beta_cdf(a, b, x) == pytest.approx(stats.beta.cdf(x, a, b), rel=1e-8, abs=1e-14)
    assert student.beta_quantile(0.01, a, b) == pytest.approx(stats.beta.ppf(0.01, a, b), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("z", [-3.0, 0.0, 1.96, 6.0, 12.0])
def test_normal(z: float) -> None:
    assert student.normal_tail(z) == pytest.approx(stats.norm.sf(z), rel=1e-12)
    assert student.normal_cdf(z) == pytest.approx(stats.norm.cdf(z), rel=1e-12)


def test_normal_quantile() -> None:
    assert student.normal_quantile(0.025) == pytest.approx(1.959963984540054)


def test_of_more_samples_than_the_fraction_has_terms_for() -> None:
    """10,000 terms leave an error of 2e-5 at twenty billion samples, and the call ends."""
    n = 10**10
    assert student.beta_cdf(n, n, 0.5) == pytest.approx(0.5, abs=2e-5)
    assert student.beta_cdf(n, n, 0.6) == 1.0
