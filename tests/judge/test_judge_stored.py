"""A stored case judged by other budgets than those of its session."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.limit import Slot
from pytest_edgebench.judge.measurements import Reference, Rules
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.judge.stored import facts_of, rejudged
from pytest_edgebench.record.run import CaseResult, Check, Metric, Observation, PairRecord, Row, Verdict

RUNTIME = {"name": "onnxruntime"}
SIZE = Metric(13_248.0, "B", "static", 1)
ACCURACY = Metric(94.8, "%", "host", 500, 92.5, 96.4)
P50 = Metric(5.1e-3, "s", "host", 1200, 5.0e-3, 5.2e-3)
P95 = Metric(8e-3, "s", "host", 1200, 7e-3, 9e-3)
METRICS = {"size": SIZE, "accuracy": ACCURACY, "latency.p50": P50, "latency.p95": P95}
SERIES = {"latency.load_p50": [5.1e-3] * 11 + [5.2e-3], "latency.load_min": [5.0e-3] * 11 + [5.1e-3]}
SLOWER = [0.10 + 0.001 * (n % 3) for n in range(13)]
PAIR = PairRecord(1.03, 0.01, 0.01, 0, 30, 1, 3, True, SLOWER, 1, SLOWER, noise=(0.0, -0.004, 0.004))


def row(metric: str, reference: str, verdict: Verdict = Verdict.PASS, **more: object) -> Row:
    measured = METRICS[metric]
    return replace(Row(metric, "", reference, "", None, measured, verdict, "error"), **more)  # type: ignore[arg-type]


def case(
    *rows: Row,
    metrics: dict[str, Metric] | None = None,
    pairs: dict[str, PairRecord] | None = None,
    series: dict[str, list[float]] | None = None,
) -> CaseResult:
    found = METRICS if metrics is None else metrics
    own = Observation("key", "host", RUNTIME, found, SERIES if series is None else series)
    parent = Observation(
        "other", "host", RUNTIME, {"size": replace(SIZE, value=41_000.0), "accuracy": ACCURACY}
    )
    check = Check("test_a.py::test_a", Verdict.PASS, rows)
    return CaseResult(
        "net-int8-host", "net", "int8", "", "host", "conftest.py:1", (check,),
        observation=own, parent=parent, pairs={} if pairs is None else pairs,
    )  # fmt: skip


def slot(metric: str, text: str) -> Slot:
    return Slot(parse(metric, text), "error", "test_a.py:3")


def judged(stored: CaseResult, metric: str, text: str) -> Row:
    demanded = [slot(metric, text)]
    return judge_slot(demanded[0], facts_of(stored, demanded, Rules()), Rules())


@pytest.mark.parametrize(
    ("metric", "text", "verdict"),
    [
        ("size", "14 kB", Verdict.PASS),
        ("size", "13 kB", Verdict.FAIL),
        ("size", "model - 60 %", Verdict.PASS),
        ("size", "model - 70 %", Verdict.FAIL),
        ("accuracy", "94 %", Verdict.PASS),
        ("accuracy", "95 %", Verdict.FAIL),
        ("accuracy", "model - 0 points", Verdict.PASS),
        ("accuracy", "model + 1 points", Verdict.FAIL),
        ("latency", "6 ms", Verdict.PASS),
        ("latency", "5.05 ms", Verdict.INCONCLUSIVE),
        ("latency", "p95 9 ms", Verdict.PASS),
        ("latency", "p95 8 ms", Verdict.INCONCLUSIVE),
        ("arena", "1 kB", Verdict.FAIL),
        ("latency", "p99 8 ms", Verdict.FAIL),
        ("size", "baseline + 1 %", Verdict.FAIL),
    ],
)
def test_a_budget_of_now_is_judged_by_what_was_recorded(metric: str, text: str, verdict: Verdict) -> None:
    assert judged(case(), metric, text).verdict is verdict


@pytest.mark.parametrize(("statistic", "bound"), [("p50", 4e-3), ("p95", 6e-3)])
def test_milliseconds_fail_only_where_the_session_confirmed_as_much(statistic: str, bound: float) -> None:
    text = f"{statistic} {1e3 * bound:g} ms"
    assert judged(case(), "latency", text).verdict is Verdict.INCONCLUSIVE
    before = replace(row("size", "", Verdict.FAIL), metric="latency", statistic=statistic, bound=bound)
    assert judged(case(before), "latency", text).verdict is Verdict.FAIL
    assert judged(case(replace(before, bound=bound / 2)), "latency", text).verdict is Verdict.INCONCLUSIVE
    assert (
        judged(case(replace(before, verdict=Verdict.PASS)), "latency", text).verdict is Verdict.INCONCLUSIVE
    )


def test_a_prediction_is_judged_by_its_interval() -> None:
    guess = Metric(5e-3, "s", "predicted", 7, 4e-3, 6e-3)
    stored = case(metrics={"latency.p50": guess}, series={})
    assert judged(stored, "latency", "7 ms").verdict is Verdict.PASS
    assert judged(stored, "latency", "3 ms").verdict is Verdict.FAIL
    assert judged(stored, "latency", "5 ms").verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("pair", "text", "verdict"),
    [
        (PAIR, "model + 5 %", Verdict.FAIL),
        (PAIR, "model + 20 %", Verdict.PASS),
        (PAIR, "model + 10.6 %", Verdict.INCONCLUSIVE),
        (replace(PAIR, confirm_seed=None, confirm_q=()), "model + 5 %", Verdict.INCONCLUSIVE),
        (replace(PAIR, noise=(0.05, 0.01, 0.09)), "model + 5 %", Verdict.INCONCLUSIVE),
        (replace(PAIR, noise=()), "model + 5 %", Verdict.FAIL),
    ],
)
def test_loads_of_a_comparison_are_judged_by_another_limit(
    pair: PairRecord, text: str, verdict: Verdict
) -> None:
    assert judged(case(pairs={"model": pair}), "latency", text).verdict is verdict


def test_the_accepted_numbers_are_those_that_rows_were_compared_with() -> None:
    stored = case(row("size", "baseline", reference_value=13_000.0), row("accuracy", "baseline"))
    assert judged(stored, "size", "baseline + 2 %").verdict is Verdict.PASS
    assert judged(stored, "size", "baseline + 1 %").verdict is Verdict.FAIL
    assert (
        judged(stored, "accuracy", "baseline - 1 points").verdict is Verdict.FAIL
    )  # its number is not known
    other = Reference(metrics={"size": replace(SIZE, value=5_000.0)})
    demanded = [slot("size", "baseline + 2 %")]
    assert judge_slot(demanded[0], facts_of(stored, demanded, Rules(), other)).verdict is Verdict.FAIL


def test_same_bytes_stay_the_same() -> None:
    same = replace(row("size", "model"), metric="latency", statistic="p50", reason="same bytes")
    assert judged(case(same), "latency", "model + 1 %").reason == "same bytes"


def test_default_checks_are_made_where_no_budget_is() -> None:
    evidence = row("accuracy", "model", reason="no evidence of a drop")
    rows = rejudged(case(evidence), [slot("size", "14 kB")], Rules())
    found = {(each.metric, each.reference): each for each in rows}
    assert found["size", ""].verdict is Verdict.PASS
    assert found["size", "model"].verdict is Verdict.PASS
    assert found["accuracy", "model"] is evidence  # samples are not in a record
    assert found["latency", "model"].verdict is Verdict.NOT_RUN
    rows = rejudged(case(), [], Rules(), off={("size", "", "model"), ("latency", "p50", "model")})
    assert {each.metric for each in rows} == {"accuracy"}


def test_a_score_of_the_users_own_has_the_direction_that_was_judged() -> None:
    brier = Metric(0.12, "", "host", 500)
    before = replace(row("size", ""), metric="brier", higher_is_better=False, measured=brier)
    stored = case(before, metrics={"size": SIZE, "brier": brier})
    assert judged(stored, "brier", "0.1").verdict is Verdict.FAIL
    assert judged(stored, "brier", "0.2").verdict is Verdict.PASS
    facts = facts_of(case(metrics={"brier": brier}), [], Rules())
    assert facts.score is not None
    assert not facts.score.lower_is_better


def test_a_case_that_was_not_measured_has_no_numbers() -> None:
    stored = replace(case(), observation=None, parent=None)
    assert judged(stored, "size", "14 kB").verdict is Verdict.FAIL
    assert judged(stored, "size", "model - 1 %").verdict is Verdict.FAIL
    assert judged(stored, "latency", "1 ms").verdict is Verdict.FAIL
