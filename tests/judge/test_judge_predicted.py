"""Budgets on predicted latencies."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from judge_facts import facts, slot

from pytest_edgebench.judge.measurements import Reference
from pytest_edgebench.judge.predicted import judge_predicted
from pytest_edgebench.judge.relative_latency import Outcome
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.record.run import Metric, Verdict

if TYPE_CHECKING:
    from pytest_edgebench.record.schema import Evidence

PREDICTED = Metric(0.010, "s", "predicted", 9, low=0.008, high=0.012)


@pytest.mark.parametrize(
    "budget_s, verdict, said",
    [
        (0.0079, Outcome.FAIL, "predicted to be at least 8"),
        (0.008, Outcome.INCONCLUSIVE, "inside what is predicted, 8"),
        (0.010, Outcome.INCONCLUSIVE, "or measure on the device"),
        (0.0119, Outcome.INCONCLUSIVE, "to 12"),
        (0.012, Outcome.PASS, "predicted to be at most 12"),
    ],
)
def test_only_the_whole_interval_decides(budget_s: float, verdict: Outcome, said: str) -> None:
    decision = judge_predicted(PREDICTED, "p50", budget_s)
    assert decision.verdict is verdict
    assert said in decision.reason
    assert decision.n == 9
    assert decision.confirmed == (verdict is Outcome.FAIL)


@pytest.mark.parametrize("statistic", ["p95", "p99", "min", "max"])
def test_a_tail_is_never_predicted(statistic: str) -> None:
    decision = judge_predicted(PREDICTED, statistic, 1.0)
    assert decision.verdict is Outcome.INCONCLUSIVE
    assert f"no {statistic}" in decision.reason


@pytest.mark.parametrize(
    "metric, budget_s",
    [
        (Metric(0.01, "s", "predicted", 9), 1.0),
        (Metric(0.01, "s", "predicted", 9, 0.0, math.inf), 1.0),
        (PREDICTED, math.nan),
    ],
)
def test_without_a_finite_interval_there_is_no_verdict(metric: Metric, budget_s: float) -> None:
    with pytest.raises(ValueError, match="by its interval"):
        judge_predicted(metric, "p50", budget_s)


def guess(value: float) -> Metric:
    return Metric(value, "B", "predicted", 9, 0.8 * value, 1.2 * value)


@pytest.mark.parametrize(
    ("limit", "verdict", "reason"),
    [
        (799, Verdict.FAIL, "predicted to be at least 800 B"),
        (1000, Verdict.INCONCLUSIVE, "inside what is predicted, 800 B to 1.20 kB"),
        (1200, Verdict.PASS, "predicted to be at most 1.20 kB"),
    ],
)
def test_a_predicted_number_is_judged_by_its_whole_interval(
    limit: float, verdict: Verdict, reason: str
) -> None:
    row = judge_slot(slot("ram", limit, "B"), facts({"ram": guess(1000)}))
    assert (row.verdict, row.bound) == (verdict, limit)
    assert reason in row.reason


def test_predictions_are_not_compared() -> None:
    found = facts({"ram": guess(1000)}, parent=Reference({"ram": guess(1000)}))
    row = judge_slot(slot("ram", 50, "%", reference="model"), found)
    assert row.verdict is Verdict.FAIL
    assert row.reason.endswith(
        "is only predicted, too roughly to be compared with another model's; write an absolute limit"
    )


@pytest.mark.parametrize("metric", ["latency", "ram"])
@pytest.mark.parametrize(
    "evidence, usual, level",
    [("predicted", True, "warn"), ("predicted", False, "error"), ("device", True, "error")],
)
def test_a_prediction_over_its_limit_warns_unless_the_budget_says_its_level(
    metric: str, evidence: Evidence, usual: bool, level: str
) -> None:
    """A number of a device is an error in any case."""
    key, unit = ("latency.p50", "s") if metric == "latency" else ("ram", "B")
    measured = Metric(0.010, unit, evidence, 9, low=0.008, high=0.012)
    statistic = "p50" if metric == "latency" else ""
    written = replace(slot(metric, 0.001, unit, statistic=statistic), usual=usual)
    absolute = judge_predicted(PREDICTED, "p50", 0.001)
    row = judge_slot(written, facts({key: measured}, absolute={"p50": absolute}))
    assert (row.verdict, row.level) == (Verdict.FAIL, level)
