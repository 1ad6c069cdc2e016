"""The paired BCa bootstrap: agrees with scipy, is seeded, keeps its level, gives up where it must."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pytest_edgebench.judge.bootstrap import BLOCKS, Bootstrap, paired
from pytest_edgebench.samples.scores import auc, f1

N = 150


def skewed(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).exponential(1.0, N) - 0.8


def test_agrees_with_scipy() -> None:
    values = skewed()
    ours = paired(lambda index: float(values[index].mean()), N, draws=20_000)
    assert ours is not None
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="BCa", rng=1)
    interval = theirs.confidence_interval
    assert (ours.low(0.025), ours.high(0.025)) == pytest.approx((interval.low, interval.high), abs=0.012)
    assert ours.drop == pytest.approx(values.mean())
    assert ours.error == pytest.approx(values.std() / N**0.5, rel=0.05)
    assert ours.acceleration == pytest.approx(float(stats.skew(values)) / (6 * N**0.5), rel=1e-6)


def test_the_same_seed_gives_the_same_draws() -> None:
    values = skewed()
    first, second, other = (paired(lambda i: float(values[i].mean()), N, seed=seed) for seed in (3, 3, 4))
    assert first is not None
    assert second is not None
    assert other is not None
    assert (first.draws == second.draws).all()
    assert not (first.draws == other.draws).all()


def test_p_is_the_level_at_which_the_bound_reaches_the_drop() -> None:
    values = skewed()
    found = paired(lambda i: float(values[i].mean()), N, draws=4000)
    assert found is not None
    for over in (0.0, 0.1, 0.2, 0.3):
        p = found.p_worse(over)
        if 10 / 4000 < p < 0.4:
            assert found.low(p) == pytest.approx(over, abs=0.02)


def test_a_clear_drop_is_below_any_level_of_a_large_matrix() -> None:
    """2,000 draws alone could not go below 0.0005: such a check could never fail."""
    values = skewed() + 3
    found = paired(lambda i: float(values[i].mean()), N)
    assert found is not None
    assert found.p_worse() < 1e-12
    assert found.low(1e-5) > 1


def test_no_change_at_all() -> None:
    found = paired(lambda _: 0.0, N)
    assert found is not None
    assert (found.drop, found.error, found.p_worse()) == (0.0, 0.0, 1.0)
    constant = paired(lambda _: 0.2, N)
    assert constant is not None
    assert constant.p_worse() == 0.0


def test_bounds_widen_with_the_level() -> None:
    values = skewed()
    found = paired(lambda i: float(values[i].mean()), N)
    assert found is not None
    lows = [found.low(alpha) for alpha in (0.2, 0.05, 0.01, 1e-3, 1e-5)]
    highs = [found.high(alpha) for alpha in (0.2, 0.05, 0.01, 1e-3, 1e-5)]
    assert lows == sorted(lows, reverse=True)
    assert highs == sorted(highs)
    assert lows[0] < found.drop < highs[0]


def test_false_alarms_stay_at_their_level() -> None:
    """Two equal models, AUC of 120 samples: p < 0.05 in about 5 % of 200 sets."""
    flagged = 0
    for seed in range(200):
        generator = np.random.default_rng(seed)
        labels = generator.integers(0, 2, 120)
        signal = labels + generator.normal(0, 1, 120)
        one, two = signal + generator.normal(0, 0.4, 120), signal + generator.normal(0, 0.4, 120)

        def drop(i: np.ndarray, a: np.ndarray = one, b: np.ndarray = two, y: np.ndarray = labels) -> float:
            return float(auc.fn(a[i, None], y[i]) - auc.fn(b[i, None], y[i]))

        found = paired(drop, 120, draws=200, seed=seed)
        assert found is not None
        flagged += found.p_worse() < 0.05
    assert stats.binom.sf(flagged - 1, 200, 0.05) > 0.001


def test_a_worse_f1_is_found() -> None:
    generator = np.random.default_rng(5)
    labels = generator.integers(0, 3, 400)
    good = np.eye(3)[labels] + generator.normal(0, 0.3, (400, 3))
    bad = np.eye(3)[labels] + generator.normal(0, 0.7, (400, 3))
    found = paired(lambda i: float(f1.fn(good[i], labels[i]) - f1.fn(bad[i], labels[i])), 400)
    assert found is not None
    assert found.n > BLOCKS
    assert found.p_worse() < 1e-4
    assert found.describe() == "paired bootstrap over 400 samples"


def test_gives_up_where_the_score_cannot_be_computed() -> None:
    labels = np.array([1] + [0] * 9)
    outputs = np.arange(10.0)[:, None]
    kept = paired(lambda i: float(auc.fn(outputs[i], labels[i])), 10)
    assert kept is not None, "a third of the draws miss the one positive sample; the rest will do"
    assert paired(lambda i: float(auc.fn(outputs[i], labels[i] * 0)), 10) is None
    assert paired(lambda _: float("nan"), 10) is None
    assert paired(lambda _: 1.0, 2) is None


def test_the_spread_is_one_samples_share() -> None:
    values = skewed()
    found = paired(lambda index: float(values[index].mean()), N)
    assert found is not None
    assert found.spread == pytest.approx(values.std(), rel=0.05)


def of_draws(acceleration: float) -> Bootstrap:
    return Bootstrap(0.0, np.linspace(-1.0, 1.0, 2000), 0.0, acceleration, 50)


def test_beyond_what_a_bound_can_reach_the_level_is_sure() -> None:
    """z / (1 - a z) comes no further than -1 / a: with a = 0.5 no lower bound is under the 2.3 % draw."""
    found = of_draws(0.5)
    assert found.low(1e-9) > float(np.quantile(found.draws, stats.norm.cdf(-2))) > -0.97
    assert found.p_worse(-0.97) == 0.0
    assert 0 < found.p_worse(-0.9) < 0.02
    assert of_draws(-0.5).p_worse(0.97) == 1.0
