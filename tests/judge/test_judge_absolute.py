"""Absolute latency: min for FAIL, p50 for PASS, a second process for certainty."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_edgebench.judge.absolute import NEEDED_CALLS, confirm, judge, of_loads, summarise
from pytest_edgebench.judge.loads import order_bounds
from pytest_edgebench.judge.timing import Outcome

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


@pytest.mark.parametrize("statistic", NEEDED_CALLS)
def test_a_tail_needs_calls(statistic: str) -> None:
    loads = of_loads(calls(each=10))
    decision = judge(statistic, loads, 100 * MS, calls=10)
    assert decision.verdict is Outcome.INCONCLUSIVE
    needed = f"{statistic} needs {NEEDED_CALLS[statistic]} calls in a load"
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
