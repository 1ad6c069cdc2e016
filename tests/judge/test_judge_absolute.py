"""Absolute latency: min for FAIL, p50 for PASS, a second process for certainty."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_edgebench.judge.absolute_latency import (
    confirm,
    first_look,
    judge,
    of_loads,
    summarise,
)
from pytest_edgebench.judge.loads import order_bounds, trimmed
from pytest_edgebench.judge.relative_latency import Outcome
from pytest_edgebench.record.statistics import STATISTICS

MS = 1e-3


def calls(slow: float = 1.0, seed: int = 0, loads: int = 12, each: int = 120) -> list[np.ndarray]:
    """A 4 ms model: a floor of 4 ms times `slow`, a skewed tail, 0.5 % between loads."""
    generator = np.random.default_rng(seed)
    floors = 4 * MS * slow * (1 + generator.normal(0, 0.005, loads))
    return [floor * (1 + generator.gamma(1.0, 0.02, each)) for floor in floors]


def test_verdicts_of_p50() -> None:
    loads = of_loads(calls())
    passed, failed, open_ = (judge("p50", loads, budget * MS) for budget in (4.4, 3.8, 4.03))
    assert passed.verdict is Outcome.PASS
    assert passed.reason.startswith("p50 is at most 4.")
    assert failed.verdict is Outcome.FAIL
    assert not failed.confirmed
    assert failed.reason.startswith("even the fastest call of a load is at least 3.9")
    assert open_.verdict is Outcome.INCONCLUSIVE
    assert "leave 10 % of headroom" in open_.reason


def test_fail_looks_at_the_minimum() -> None:
    """The p50 of every load is over the budget, the fastest call is not: a slow process, not a slow model."""
    loads = {"min": [3.9 * MS] * 12, "p50": [5 * MS] * 12}
    assert judge("p50", loads, 4 * MS).verdict is Outcome.INCONCLUSIVE


def test_a_budget_that_is_met_to_the_letter_passes() -> None:
    assert judge("p50", {"min": [4 * MS] * 12, "p50": [4 * MS] * 12}, 4 * MS).verdict is Outcome.PASS


@pytest.mark.parametrize("statistic", ["p95", "p99", "mean", "min", "max"])
def test_other_statistics_by_order(statistic: str) -> None:
    loads = of_loads(calls())
    values = sorted(loads[statistic])
    decision = judge(statistic, loads, values[5])
    assert (decision.low_s, decision.high_s) == (values[1], values[10])
    assert decision.verdict is Outcome.INCONCLUSIVE
    assert judge(statistic, loads, values[0]).verdict is Outcome.FAIL
    assert judge(statistic, loads, values[11]).verdict is Outcome.PASS


@pytest.mark.parametrize("statistic", [name for name, each in STATISTICS.items() if each.fewest_calls > 1])
def test_a_tail_needs_calls(statistic: str) -> None:
    loads = of_loads(calls(each=10))
    decision = judge(statistic, loads, 100 * MS, calls=10)
    assert decision.verdict is Outcome.INCONCLUSIVE
    needed = f"{statistic} needs {STATISTICS[statistic].fewest_calls} calls in a load"
    assert decision.reason == f"{needed}, there are 10; give a budget on p50"


@pytest.mark.parametrize("statistic", ["p50", "max"])
def test_too_few_loads(statistic: str) -> None:
    decision = judge(statistic, of_loads(calls(loads=5)), 100 * MS)
    assert decision.verdict is Outcome.INCONCLUSIVE
    assert decision.reason == f"5 loads are too few for a bound on {statistic} at 1 %; measure 12"


def test_confirm() -> None:
    first = judge("p50", of_loads(calls(1.3)), 4.4 * MS)
    again = confirm(first, judge("p50", of_loads(calls(1.3, seed=1)), 4.4 * MS))
    assert again.verdict is Outcome.FAIL
    assert again.confirmed
    assert again.reason.endswith("confirmed in a fresh process")
    refuted = confirm(first, judge("p50", of_loads(calls(1.0, seed=1)), 4.4 * MS))
    assert refuted.verdict is Outcome.INCONCLUSIVE
    assert refuted.reason.startswith("not reproduced: even the fastest call of a load is at least 5.")
    passed = judge("p50", of_loads(calls()), 9 * MS)
    assert confirm(passed, first) is passed
    nothing = judge("p50", of_loads(calls(loads=3)), 4.4 * MS)
    assert "but no bound in a fresh process" in confirm(first, nothing).reason


@pytest.mark.parametrize("n", range(1, 40))
def test_order_bounds_hold_their_level(n: int) -> None:
    bounds = order_bounds([float(i) for i in range(1, n + 1)], 0.01)
    if bounds is None:
        assert stats.binom.cdf(0, n, 0.5) > 0.01
        return
    rank = int(bounds[0])
    assert bounds[1] == n + 1 - rank
    assert stats.binom.cdf(rank - 1, n, 0.5) <= 0.01
    assert 2 * (rank + 1) > n or stats.binom.cdf(rank, n, 0.5) > 0.01


@given(st.floats(1e-6, 1.0), st.floats(1.0, 3.0))
def test_a_larger_budget_never_turns_pass_into_fail(budget: float, factor: float) -> None:
    order = [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS]
    loads = of_loads(calls())
    for statistic in ("p50", "mean"):
        tight, loose = judge(statistic, loads, budget), judge(statistic, loads, budget * factor)
        assert order.index(loose.verdict) >= order.index(tight.verdict)


def test_summaries_hold_their_values() -> None:
    summaries = summarise(calls())
    assert set(summaries) == {"p50", "p95", "p99", "mean", "min", "max"}
    for value, low, high, n in summaries.values():
        assert low is not None
        assert high is not None
        assert low <= value <= high
        assert n == 12 * 120
    assert summaries["min"].value < summaries["p50"].value < summaries["p95"].value < summaries["max"].value


def test_a_summary_of_few_loads_has_no_interval() -> None:
    for value, low, high, n in summarise(calls(loads=2)).values():
        assert value > 0
        assert (low, high, n) == (None, None, 240)


def test_loads_without_calls_are_a_fault() -> None:
    with pytest.raises(ValueError, match="at least one timed call"):
        of_loads([[1.0], []])


def test_false_fails_of_an_unchanged_model_are_rare() -> None:
    """3 % of headroom: no budget that is met fails, before any confirmation."""
    found = [judge("p50", of_loads(calls(seed=seed)), 4.18 * MS).verdict for seed in range(300)]
    assert Outcome.FAIL not in found
    assert found.count(Outcome.PASS) > 250


def test_the_first_look_takes_the_first_six_loads_at_half_the_level() -> None:
    loads = [4.00 * MS, 4.02 * MS, 3.98 * MS, 4.01 * MS, 3.99 * MS, 4.03 * MS]
    high = trimmed(loads).high(0.005)
    passed = first_look([*loads, 50 * MS, 60 * MS], 4.2 * MS)  # what came later has no say
    assert passed is not None
    assert passed.verdict is Outcome.PASS
    assert passed.high_s == pytest.approx(high, rel=6e-4)
    assert (passed.low_s, passed.n, passed.alpha_pass) == (None, 6, 0.005)
    assert passed.reason == "p50 is at most 4.06 ms by the first 6 loads of a comparison"


def test_the_first_look_never_fails() -> None:
    for budget in (3.9, 4.0, 1e-3):
        found = first_look([4 * MS, 4.1 * MS] * 6, budget * MS)
        assert found is not None
        assert found.verdict is Outcome.INCONCLUSIVE


def test_a_first_look_allows_for_the_digits_that_a_record_leaves_out() -> None:
    """4.0004 ms is written as 4 ms, and over a budget of 4 ms."""
    found = first_look([4 * MS] * 6, 4 * MS)
    assert found is not None
    assert found.verdict is Outcome.INCONCLUSIVE


def test_five_loads_are_no_first_look() -> None:
    assert first_look([4 * MS] * 5, 1.0) is None
    assert first_look((), 1.0) is None


def test_a_second_look_for_a_pass_has_half_the_level_and_a_fail_all_of_it() -> None:
    loads = of_loads(calls())
    once, twice = judge("p50", loads, 4.4 * MS), judge("p50", loads, 4.4 * MS, looks=2)
    assert (twice.alpha, twice.alpha_pass) == (0.01, 0.005)
    assert twice.high_s == pytest.approx(trimmed(loads["p50"]).high(0.005))
    assert twice.low_s == once.low_s == pytest.approx(trimmed(loads["min"]).low(0.01))


@pytest.mark.parametrize("spread", [0.005, 0.03])
def test_two_looks_pass_a_p50_at_the_very_budget_in_one_of_a_hundred_at_most(spread: float) -> None:
    """A budget of the true p50: each PASS is wrong. 6 loads of a comparison, then 12 of its own."""
    draws, generator = 20_000, np.random.default_rng(5)
    budget, wrong = 4 * MS, 0
    pairs = budget * (1 + generator.normal(0, spread, (draws, 6)))
    own = budget * (1 + generator.normal(0, spread, (draws, 12)))
    for first, second in zip(pairs, own, strict=True):
        early = first_look(first, budget)
        assert early is not None
        late = judge("p50", {"min": second, "p50": second}, budget, looks=2)
        wrong += Outcome.PASS in (early.verdict, late.verdict)
    assert 0.004 * draws < wrong <= 0.01 * draws


@pytest.mark.parametrize(("statistic", "needed"), [("p95", 20), ("p99", 100), ("max", 1)])
def test_the_fewest_calls_of_a_tail(statistic: str, needed: int) -> None:
    loads = of_loads(calls(each=needed))
    assert judge(statistic, loads, 1.0, calls=needed).verdict is Outcome.PASS
    too_few = judge(statistic, loads, 1.0, calls=needed - 1)
    assert too_few.verdict is Outcome.INCONCLUSIVE
    assert too_few.reason.startswith(f"{statistic} needs {needed} calls in a load")


def test_six_loads_are_enough_for_a_p50_and_five_are_not() -> None:
    assert judge("p50", of_loads(calls(loads=6)), 1.0).verdict is Outcome.PASS
    assert judge("p50", of_loads(calls(loads=5)), 1.0).reason.startswith("5 loads are too few")


def test_loads_that_do_not_vary_are_over_what_they_are_over() -> None:
    same = trimmed([0.5] * 12)
    assert (same.mean, same.error) == (0.5, 0.0)
    assert [same.p_over(bound) for bound in (0.4, 0.5, 0.6)] == [0.0, 1.0, 1.0]
