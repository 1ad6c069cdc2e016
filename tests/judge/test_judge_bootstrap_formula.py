"""The BCa bootstrap, number by number, against its published formulas with scipy's normal distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from pytest_edgebench.judge.bootstrap import BLOCKS, DRAWS, FEWEST_BEYOND, Bootstrap, paired

DROPS = np.sort(np.random.default_rng(2).gamma(4.0, 1.0, DRAWS) - 4.2)
BIASES, ACCELERATIONS = (-0.3, 0.0, 0.2), (-0.1, 0.0, 0.12)


@pytest.fixture(params=BIASES)
def bias(request: pytest.FixtureRequest) -> float:
    return float(request.param)


@pytest.fixture(params=ACCELERATIONS)
def found(request: pytest.FixtureRequest, bias: float) -> Bootstrap:
    return Bootstrap(0.1, DROPS, bias, request.param, 80)


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.025, 1e-3, 1e-6])
@pytest.mark.parametrize("side", [-1, 1])
def test_bounds(found: Bootstrap, alpha: float, side: int) -> None:
    """Efron (1987), equation 2.3; with under 10 draws beyond it no closer than the normal bound."""
    z = side * norm.isf(alpha)
    shifted = found.bias + z
    share = norm.cdf(found.bias + shifted / (1 - found.acceleration * shifted))
    expected = float(np.quantile(DROPS, share))
    if min(share, 1 - share) * DRAWS < FEWEST_BEYOND:
        plain = 0.1 + z * DROPS.std(ddof=1)
        expected = max(expected, plain) if side > 0 else min(expected, plain)
    bound = found.high(alpha) if side > 0 else found.low(alpha)
    assert bound == pytest.approx(expected, rel=1e-9)


def level(found: Bootstrap, beyond: int) -> float:
    """The level whose lower bound is at the draw with so many draws up to it."""
    shifted = norm.ppf(beyond / DRAWS) - found.bias
    return float(norm.cdf(shifted / (1 + found.acceleration * shifted) - found.bias))


@pytest.mark.parametrize("beyond", [FEWEST_BEYOND, FEWEST_BEYOND + 1, 100, 700, DRAWS - 300])
def test_levels(found: Bootstrap, beyond: int) -> None:
    over = (DROPS[beyond - 1] + DROPS[beyond]) / 2
    assert found.p_worse(float(over)) == pytest.approx(level(found, beyond), rel=1e-9)
    assert found.p_worse(float(DROPS[beyond - 1])) == pytest.approx(level(found, beyond), rel=1e-9)


@pytest.mark.parametrize("beyond", [0, 4, FEWEST_BEYOND - 1])
def test_a_thin_tail_is_normal_and_never_less_sure_than_ten_draws(found: Bootstrap, beyond: int) -> None:
    over = float(DROPS[beyond] - 1e-6)
    plain = norm.sf((0.1 - over) / DROPS.std(ddof=1))
    assert found.p_worse(over) == pytest.approx(min(level(found, FEWEST_BEYOND), plain), rel=1e-9)


def test_a_large_drop_against_a_limit() -> None:
    """One of 2 over a limit of 1, with an error of 0.1: ten errors."""
    draws = np.sort(np.random.default_rng(3).normal(2.0, 0.1, DRAWS))
    found = Bootstrap(2.0, draws, 0.0, 0.0, 80)
    assert found.p_worse(1.0) == pytest.approx(norm.sf(1.0 / draws.std(ddof=1)), rel=1e-9)


def test_draws_that_do_not_vary() -> None:
    same = Bootstrap(0.5, np.full(DRAWS, 0.5), 0.0, 0.0, 80)
    assert [same.p_worse(over) for over in (0.4, 0.5, 0.6)] == [0.0, 1.0, 1.0]


@pytest.mark.parametrize("n", [BLOCKS - 50, BLOCKS, BLOCKS + 37])
def test_bias_and_acceleration(n: int) -> None:
    """A score of few values, so that many draws are equal: ties count half."""
    values = np.random.default_rng(n).poisson(0.3, n).astype(float)
    asked: list[int] = []

    def drop(index: np.ndarray) -> float:
        asked.append(len(index))
        return float(np.median(values[index] + 0.1 * values[index].mean()).round(1) + values[index].max())

    found = paired(drop, n, seed=5)
    assert found is not None
    whole = drop(np.arange(n))
    below = ((found.draws < whole).sum() + 0.5 * (found.draws == whole).sum()) / DRAWS
    assert found.bias == pytest.approx(norm.ppf(np.clip(below, 0.5 / DRAWS, 1 - 0.5 / DRAWS)), rel=1e-9)
    blocks = min(n, BLOCKS)
    assert len(asked) == DRAWS + 1 + blocks + 1, "each draw, the whole, each block left out, and ours"
    kept = [np.arange(n)[np.arange(n) % blocks != block] for block in range(blocks)]
    parts = np.array([drop(index) for index in kept])
    gaps = parts.mean() - parts
    spread = (gaps**2).sum()
    expected = (gaps**3).sum() / (6 * spread**1.5) if spread else 0.0
    assert found.acceleration == pytest.approx(expected, rel=1e-9)
    assert (found.drop, found.n) == (whole, n)
    assert (np.diff(found.draws) >= 0).all()


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_score_that_no_draw_reaches(sign: int) -> None:
    """How many of the samples differ: with replacement never all, so the whole set is at the end."""
    found = paired(lambda index: float(sign * len(np.unique(index))), 50)
    assert found is not None
    assert found.bias == pytest.approx(sign * norm.isf(0.5 / DRAWS), rel=1e-9)


def failing(share: int, *, whole: bool = False) -> Bootstrap | None:
    """With a score that can be told on one draw of so many, and perhaps not on the whole set."""
    drawn = iter(range(10**6))

    def drop(index: np.ndarray) -> float:
        if len(index) < 20 or (np.diff(index) == 1).all():
            return np.nan if whole and len(index) == 20 else float(index.sum())
        return float(index.sum()) if next(drawn) % share == share - 1 else np.nan

    return paired(drop, 20, draws=100)


def test_a_score_that_fails_on_draws() -> None:
    """Twice as many are drawn as are needed."""
    assert failing(1) is not None
    assert failing(2) is not None
    assert failing(3) is None
    assert failing(1, whole=True) is None
