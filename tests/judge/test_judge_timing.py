"""The sequential decision: its arithmetic, its order, its properties."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.stats import mstats

from pytest_edgebench.judge.loads import trimmed
from pytest_edgebench.judge.looks import LOOKS, N_MAX
from pytest_edgebench.judge.relative_latency import (
    E_NEEDED,
    Decision,
    Outcome,
    confirm,
    control,
    decide,
    describe,
    looks,
    next_look,
    power,
    sign_e_value,
    spending,
    wants_second,
)

if TYPE_CHECKING:
    import random

LIMIT = 1.03
ORDER = [Outcome.PASS, Outcome.GO_ON, Outcome.FAIL]


def judged(q: list[float], *, limit: float = LIMIT, capped: bool = False, n_max: int = N_MAX) -> Decision:
    return decide(q, limit=limit, alpha_fail=1e-4, alpha_pass=0.01, capped=capped, n_max=n_max)


def noisy(change: float, sd: float, n: int, seed: int = 0) -> list[float]:
    generator = np.random.default_rng(seed)
    return [float(x) for x in math.log(1 + change) + generator.normal(0, sd, n)]


streams = st.lists(st.floats(-0.2, 0.2), min_size=0, max_size=60)


@pytest.mark.parametrize("n", [*LOOKS, 7, 11, 33])
@pytest.mark.parametrize("alpha", [0.05, 0.0014, 2e-6])
def test_bounds_are_those_of_scipy(n: int, alpha: float) -> None:
    values = np.random.default_rng(n).standard_t(3, n)
    middle = trimmed(values)
    expected = mstats.trimmed_mean_ci(values, limits=(0.2, 0.2), alpha=alpha)
    assert (middle.low(alpha / 2), middle.high(alpha / 2)) == pytest.approx(tuple(expected), rel=1e-6)
    assert middle.mean == pytest.approx(float(mstats.trimmed_mean(values, (0.2, 0.2))))


@given(st.floats(1e-8, 0.5), st.integers(6, 600))
def test_the_levels_add_up(alpha: float, n_max: int) -> None:
    assert math.fsum(spending(alpha, n_max)) == pytest.approx(alpha, rel=1e-12)
    assert all(level > 0 for level in spending(alpha, n_max))


def test_looks() -> None:
    assert looks() == LOOKS
    assert looks(40) == (6, 9, 13, 18, 25, 35, 40)
    assert [next_look(n) for n in (0, 5, 6, 139, 140, 420)] == [6, 6, 9, 140, 200, None]
    assert next_look(35, 40) == 40
    with pytest.raises(ValueError, match="at least 6 loads"):
        looks(5)


@pytest.mark.parametrize("n", [1, 6, 13, 40, 140])
def test_the_e_value_is_its_integral(n: int) -> None:
    for over in {0, n // 2, n - 1, n}:
        value, _ = integrate.quad(lambda p, s=over: p**s * (1 - p) ** (n - s), 0.5, 1, epsabs=0)
        assert sign_e_value(over, n) == pytest.approx(2 ** (n + 1) * value, rel=1e-6)


@pytest.mark.parametrize("n", [6, 13, 25])
def test_the_e_value_has_mean_one_for_fair_signs(n: int) -> None:
    assert sum(math.comb(n, s) * sign_e_value(s, n) for s in range(n + 1)) / 2**n == pytest.approx(1.0)


def test_thirteen_unanimous_loads_reach_a_fail() -> None:
    assert sign_e_value(12, 12) < E_NEEDED <= sign_e_value(13, 13)
    slower = noisy(0.10, 0.002, 13)
    assert judged(slower[:12]).verdict is Outcome.GO_ON
    assert judged(slower[:9]).low > math.log(LIMIT), "the interval alone would have failed it"
    decision = judged(slower)
    assert decision.verdict is Outcome.FAIL
    assert decision.look == 13
    assert not decision.confirmed


def test_an_equal_model_passes_at_the_first_look() -> None:
    decision = judged(noisy(0.0, 0.003, 40))
    assert decision.verdict is Outcome.PASS
    assert (decision.look, decision.n) == (6, 40)
    assert decision.high < math.log(LIMIT)


def test_nothing_is_decided_between_looks() -> None:
    fast = noisy(-0.2, 0.001, 8)
    assert judged(fast[:5]).verdict is Outcome.GO_ON
    assert judged(fast[:5]).look == 0
    assert judged(fast[:5], capped=True).verdict is Outcome.INCONCLUSIVE
    first, later = judged(fast[:6]), judged(fast)
    assert replace(later, n=6) == first


def test_a_decision_stays_decided() -> None:
    equal = noisy(0.0, 0.002, 6)
    assert judged(equal + noisy(0.5, 0.002, 134)).verdict is Outcome.PASS


def test_open_at_the_end_or_the_cap_is_inconclusive() -> None:
    near = noisy(0.03, 0.004, N_MAX, seed=3)
    assert judged(near[:50]).verdict is Outcome.GO_ON
    capped = judged(near[:52], capped=True)
    assert (capped.verdict, capped.look, capped.n) == (Outcome.INCONCLUSIVE, 50, 52)
    assert judged(near).verdict is Outcome.INCONCLUSIVE
    assert judged(near[:40], n_max=40).verdict is Outcome.INCONCLUSIVE


def test_one_contradicting_load_is_not_trimmed_away() -> None:
    """Two groups of loads: the interval is sure, the signs are not."""
    q = [0.1] * 9 + [-0.1] * 4
    assert sign_e_value(9, 13) < E_NEEDED
    assert judged(q).verdict is not Outcome.FAIL


@given(streams, st.floats(0, 0.1))
@settings(max_examples=300)
def test_monotone_in_evidence(q: list[float], more: float) -> None:
    before, after = judged(q), judged([x + more for x in q])
    if before.look == after.look:
        assert ORDER.index(after.verdict) >= ORDER.index(before.verdict)
    if before.verdict is Outcome.FAIL:
        assert after.verdict is Outcome.FAIL
        assert after.look <= before.look
    if after.verdict is Outcome.PASS:
        assert before.verdict is Outcome.PASS


@given(streams, st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_the_order_within_a_look_does_not_matter(q: list[float], shuffler: random.Random) -> None:
    mixed: list[float] = []
    for start, end in zip((0, *LOOKS), LOOKS, strict=False):
        part = q[start:end]
        shuffler.shuffle(part)
        mixed += part
    ours, theirs = judged(q), judged(mixed)
    if ours.look:
        assert theirs == ours


@given(st.integers(6, 60), st.floats(-0.2, 0.2))
def test_loads_without_spread(n: int, value: float) -> None:
    """Both bounds are the estimate: over the limit it is a FAIL as soon as there are signs enough."""
    decision = judged([value] * n)
    reached = [look for look in LOOKS if 13 <= look <= n]
    if value > math.log(LIMIT) + 1e-12:
        assert decision.verdict is (Outcome.FAIL if reached else Outcome.GO_ON)
    elif value < math.log(LIMIT) - 1e-12:
        assert decision.verdict is Outcome.PASS


@given(streams, st.sampled_from([0.5, 0.01, 1e-5]))
def test_fail_and_pass_exclude_each_other(q: list[float], alpha: float) -> None:
    """One limit and low <= high: no numbers meet both bounds, and FAIL is exactly its two conditions."""
    decision = decide(q, limit=LIMIT, alpha_fail=alpha, alpha_pass=alpha)
    bound = math.log(LIMIT)
    assert decision.low <= decision.high
    assert (decision.verdict is Outcome.FAIL) == (
        decision.low > bound and decision.e_value >= E_NEEDED and decision.look > 0
    )
    assert (decision.verdict is Outcome.PASS) == (decision.high < bound)


@given(streams)
def test_p_is_below_alpha_exactly_where_the_bound_is_over_the_limit(q: list[float]) -> None:
    decision = judged(q)
    gap = decision.low - math.log(LIMIT)
    if decision.look and abs(gap) > 1e-9:
        assert (decision.p < 1e-4) == (gap > 0)


def test_a_stricter_alpha_asks_for_more() -> None:
    q = noisy(0.036, 0.004, N_MAX, seed=5)
    strict = decide(q, limit=LIMIT, alpha_fail=1e-9, alpha_pass=0.01)
    loose = decide(q, limit=LIMIT, alpha_fail=0.01, alpha_pass=0.01)
    assert loose.verdict is Outcome.FAIL
    assert loose.look < strict.look


@pytest.mark.parametrize(
    ("q", "limit", "alpha"),
    [([math.nan], 1.03, 0.01), ([math.inf], 1.03, 0.01), ([0.0], 0.0, 0.01), ([0.0], 1.03, 0.0)],
)
def test_faults_of_the_caller(q: list[float], limit: float, alpha: float) -> None:
    with pytest.raises(ValueError, match=r"q must be|out of range"):
        decide(q, limit=limit, alpha_fail=alpha, alpha_pass=0.01)


def test_a_fail_needs_a_second_process() -> None:
    first, equal = judged(noisy(0.1, 0.003, 13)), judged(noisy(0.0, 0.003, 6))
    assert confirm(first, judged(noisy(0.1, 0.003, 13, seed=4))).confirmed
    refuted = confirm(first, equal)
    assert refuted.verdict is Outcome.INCONCLUSIVE
    assert refuted.reasons[0].startswith("not reproduced: +")
    assert "in a fresh process; run again" in refuted.reasons[0]
    assert confirm(equal, first) is equal


def test_a_pass_near_its_limit_needs_a_second_process() -> None:
    near, far = judged(noisy(0.02, 0.003, 25)), judged(noisy(0.0, 0.003, 6))
    assert (near.verdict, far.verdict) == (Outcome.PASS, Outcome.PASS)
    assert wants_second(near)
    assert not wants_second(far)
    assert confirm(near, judged(noisy(0.02, 0.003, 25, seed=4))).confirmed
    for other in (judged(noisy(0.1, 0.003, 13)), judged(noisy(0.03, 0.003, N_MAX))):
        refuted = confirm(near, other)
        assert (refuted.verdict, refuted.confirmed) == (Outcome.INCONCLUSIVE, False)
        assert refuted.reasons[0].startswith("not reproduced: +2.")


def test_the_null_control_holds_back_a_fail_only() -> None:
    fail, equal = judged(noisy(0.1, 0.003, 13)), judged(noisy(0.0, 0.003, 6))
    assert control(fail, equal) is fail
    held = control(fail, fail)
    assert held.verdict is Outcome.INCONCLUSIVE
    assert "the null control did not pass" in held.reasons[0]
    assert control(equal, fail) is equal


def test_power() -> None:
    able = power(0.01 / 300, N_MAX, LIMIT)
    assert able.possible
    assert able.loads == 13
    assert 1.03 < able.smallest < 1.033
    short = power(0.01, 12, LIMIT)
    assert not short.possible
    assert short.reason == "12 loads can never prove a slowdown, 13 can: raise their number or the time cap"
    assert not power(0.0, N_MAX, LIMIT).possible
    assert "alpha must be above 0" in power(0.0, N_MAX, LIMIT).reason
    assert "too small to compute with" in power(1e-305, N_MAX, LIMIT).reason
    assert power(0.01, 13, LIMIT).loads == 13
    assert power(0.01, 4, LIMIT).possible is False


def test_what_power_promises_is_kept() -> None:
    """A change well over the smallest one fails, at the level of a large matrix."""
    alpha = 0.01 / 1000
    change = power(alpha, N_MAX, LIMIT).smallest * 1.002 - 1
    for seed in range(20):
        decision = decide(noisy(change, 0.004, N_MAX, seed), limit=LIMIT, alpha_fail=alpha, alpha_pass=0.01)
        assert decision.verdict is Outcome.FAIL


def test_descriptions() -> None:
    fail, equal = judged(noisy(0.1, 0.003, 13)), judged(noisy(0.0, 0.003, 6))
    assert describe(fail).startswith("+9.97 %, at least +9.")
    assert describe(fail).endswith("in 13 loads; the limit is +3 %")
    assert "at most +" in describe(equal)
    assert describe(judged([0.0])) == "1 loads are too few, 6 are the fewest; the limit is +3 %"
    assert "between +2" in describe(judged(noisy(0.03, 0.004, 140, seed=3)))


@pytest.mark.parametrize(
    ("alpha", "limit", "possible"),
    [(0.5, 1.03, True), (0.51, 1.03, False), (0.01, 0.5, True), (0.01, 0.0, False), (1e-299, 1.03, False)],
)
def test_levels_and_limits_that_can_prove_something(alpha: float, limit: float, possible: bool) -> None:
    found = power(alpha, N_MAX, limit)
    assert found.possible == possible
    assert (found.reason == "") == possible
    assert found.loads == (13 if possible else 0)
    assert math.isfinite(found.smallest) == possible


def test_the_p_value_of_what_is_no_slower_is_one() -> None:
    q = np.random.default_rng(1).normal(-0.05, 0.003, N_MAX)
    assert decide(q, limit=LIMIT, alpha_fail=1e-4, alpha_pass=0.01).p == 1.0


def test_five_loads_say_nothing() -> None:
    found = decide(np.full(5, 0.5), limit=LIMIT, alpha_fail=1e-4, alpha_pass=0.01)
    assert (found.verdict, found.p, found.low, found.high) == (Outcome.GO_ON, 1.0, -math.inf, math.inf)
