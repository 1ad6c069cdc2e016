"""The default checks: parent and baseline, only where no budget speaks, never silently left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from judge_facts import accuracy, facts, latency, right, scored, size, slot, timed

from pytest_edgebench.judge.defaults import default_rows
from pytest_edgebench.judge.measurements import Facts, Reference, Rules, ScoreInfo
from pytest_edgebench.judge.rows import check_verdict
from pytest_edgebench.record.run import Metric, Row, Verdict


def compared(
    mine: int = 100, larger: int = 200, *, slower: float = 0.0, confirmed: bool = True, **more: object
) -> Facts:
    metrics = {"size": size(mine), "latency.p50": latency(2e-3), "accuracy": accuracy(90, 100)}
    reference = Reference({"size": size(larger), "accuracy": accuracy(90, 100)}, samples=right(90, 100))
    return facts(
        metrics,
        **{
            "samples": right(90, 100),
            "parent": reference,
            "timing": {"model": timed(slower, 1.03, confirmed=confirmed)},
            **more,
        },
    )


def by_metric(rows: tuple[Row, ...], reference: str = "model") -> dict[str, Row]:
    return {row.metric: row for row in rows if row.reference == reference}


def test_all_is_well_with_the_parent() -> None:
    rows = default_rows([], compared())
    assert [(row.metric, row.verdict, row.level) for row in rows] == [
        ("size", Verdict.PASS, "error"),
        ("accuracy", Verdict.PASS, "error"),
        ("latency", Verdict.PASS, "error"),
    ]
    assert [row.limit for row in rows] == [
        "original",
        "original - 1 point",
        "original + 3 %",
    ]
    assert all(row.place == "" for row in rows)
    assert check_verdict(rows) is Verdict.PASS


def test_larger_than_the_parent() -> None:
    row = by_metric(default_rows([], compared(201)))["size"]
    assert row.verdict is Verdict.FAIL
    assert row.reason == "1 B more than the float model (+0.50 %)"
    assert (row.bound, row.reference_value) == (200.0, 200.0)
    assert by_metric(default_rows([], compared(200)))["size"].verdict is Verdict.PASS


def test_slower_than_the_parent() -> None:
    row = by_metric(default_rows([], compared(slower=0.2)))["latency"]
    assert row.verdict is Verdict.FAIL
    assert row.change is not None
    assert row.change.value == pytest.approx(20, abs=0.6)
    unconfirmed = by_metric(default_rows([], compared(slower=0.2, confirmed=False)))["latency"]
    assert unconfirmed.verdict is Verdict.INCONCLUSIVE
    other = by_metric(default_rows([], compared(), Rules(parent_latency=1.1)))["latency"]
    assert other.verdict is Verdict.ERROR
    assert "was judged against +3.00 %, but the limit is +10.0 %" in other.reason


@pytest.mark.parametrize(
    ("count", "verdict"),
    [(898, Verdict.PASS), (895, Verdict.PASS), (892, Verdict.PASS), (891, Verdict.FAIL), (910, Verdict.PASS)],
)
def test_accuracy_by_evidence(count: int, verdict: Verdict) -> None:
    """Six more wrong and none right: p = 1/64; seven: p = 1/128 < 0.01, which is told; over a point fails."""
    row = by_metric(default_rows([], scored(count, 1000, 902)))["accuracy"]
    assert row.verdict is verdict
    assert row.p == pytest.approx(0.5 ** (902 - count) if count < 902 else 1.0)
    told = f"of 1,000 samples {902 - count} became wrong and 0 right"
    if count == 895:
        assert row.reason == f"0.700 points worse than the float model; {told} (p 0.0078)"
    if verdict is Verdict.FAIL:
        assert row.reason == f"1.10 points worse than the float model; {told} (p 0.00049)"


def test_a_point_that_is_not_significant_passes() -> None:
    row = by_metric(default_rows([], scored(88, 100, 92)))["accuracy"]
    assert row.verdict is Verdict.PASS
    assert row.p == pytest.approx(0.0625)


@pytest.mark.parametrize(
    ("unit", "fraction", "worst", "best"),
    [("", False, 5.06, 5.04), ("", True, 0.62, 0.608), ("s", False, 1.02, 1.005)],
)
def test_what_matters_of_other_scores(unit: str, fraction: bool, worst: float, best: float) -> None:
    """A hundredth of a fraction, and 1 % of what has no scale."""
    error = ScoreInfo("error", unit, lower_is_better=True, fraction=fraction)
    base = 0.6 if fraction else 5.0 if worst > 5 else 1.0

    def found(value: float, name: str) -> Row:
        samples = np.full(50, base) + np.linspace(-1e-3, 1e-3, 50)
        mine = samples + (value - base)
        metrics = {"error": Metric(float(mine.mean()), unit, "host", 50)}
        other = Reference({"error": Metric(float(samples.mean()), unit, "host", 50)}, samples=samples)
        given = facts(metrics, score=error, samples=mine, **{name: other})
        return by_metric(default_rows([], given), {"parent": "model"}.get(name, name))["error"]

    assert found(worst, "parent").verdict is Verdict.FAIL
    assert found(best, "parent").verdict is Verdict.PASS
    assert "(p " in found(best, "parent").reason
    assert found(best, "baseline").verdict is Verdict.FAIL
    assert found(base * (1 + 1e-8), "baseline").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("shared", "evidence", "level"),
    [(False, "host", "error"), (True, "host", "warn"), (True, "device", "error"), (False, "device", "error")],
)
def test_slowness_only_warns_on_a_machine_that_others_use(shared: bool, evidence: Any, level: str) -> None:
    given = compared(slower=0.2)
    metrics = {
        **given.metrics,
        "latency.p50": replace(given.metrics["latency.p50"], evidence=evidence),
    }
    row = by_metric(default_rows([], replace(given, metrics=metrics, shared=shared)))["latency"]
    assert (row.verdict, row.level) == (Verdict.FAIL, level)


def test_more_comparisons_ask_for_more() -> None:
    row = by_metric(default_rows([], scored(891, 1000, 902), Rules(comparisons=2)))["accuracy"]
    assert row.verdict is Verdict.FAIL
    row = by_metric(default_rows([], scored(891, 1000, 902), Rules(comparisons=1000)))["accuracy"]
    assert row.verdict is Verdict.PASS


@pytest.mark.parametrize("taken", [("size", ""), ("accuracy", ""), ("latency", "p50")])
def test_a_budget_takes_the_place_of_its_own_slot_only(taken: tuple[str, str]) -> None:
    metric, statistic = taken
    own = slot(metric, 5.0, "%", statistic=statistic, reference="model")
    assert metric not in by_metric(default_rows([own], compared()))
    assert len(default_rows([own], compared())) == 2
    absolute = slot(metric, 5.0, "B", statistic=statistic)
    assert len(default_rows([absolute], compared())) == 3
    assert len(default_rows([], compared(), off=[(metric, statistic, "model")])) == 2


def test_the_float_model_has_no_parent_and_no_row() -> None:
    assert default_rows([], compared(parent=Reference())) == ()


def test_what_is_left_out_says_why() -> None:
    """A prebuilt .tflite of an .onnx model: accuracy is compared, size and latency are not."""
    why = "the float model cannot be built as .tflite"
    parent = Reference({"accuracy": accuracy(90, 100)}, why, samples=right(90, 100))
    rows = by_metric(default_rows([], compared(parent=parent, timing={})))
    assert rows["accuracy"].verdict is Verdict.PASS
    for metric in ("size", "latency"):
        assert (rows[metric].verdict, rows[metric].level) == (Verdict.NOT_RUN, "off")
        assert rows[metric].reason == f"left out: {why}"
    nothing = by_metric(default_rows([], compared(parent=Reference(None, why), timing={})))
    assert {row.reason for row in nothing.values()} == {f"left out: {why}"}
    assert check_verdict(tuple(nothing.values())) is Verdict.NOT_RUN


def test_a_described_profile_leaves_latency_out() -> None:
    described = facts(
        {"size": size(1), "accuracy": accuracy(9, 10)},
        samples=right(9, 10),
        missing={"latency": "the profile is only described"},
        parent=Reference({"size": size(2), "accuracy": accuracy(9, 10)}, samples=right(9, 10)),
    )
    row = by_metric(default_rows([], described))["latency"]
    assert row.reason == "left out: latency on rpi4 is not available: the profile is only described"
    timed_not = by_metric(default_rows([], compared(timing={})))["latency"]
    assert timed_not.reason == "left out: it was not timed against the float model"


def test_numbers_of_the_case_that_are_missing() -> None:
    bare = facts({}, missing={"accuracy": "the labels are gone"}, parent=compared().parent)
    rows = by_metric(default_rows([], bare))
    assert rows["accuracy"].reason == "left out: no top-1 accuracy for rpi4: the labels are gone"
    assert rows["size"].verdict is Verdict.NOT_RUN


def test_a_score_without_evidence() -> None:
    auc = ScoreInfo("auc", "")

    def found(mine: float) -> Row:
        bare = facts(
            {"auc": Metric(mine, "", "host", 10)},
            score=auc,
            parent=Reference({"auc": Metric(0.9, "", "host", 10)}),
        )
        return by_metric(default_rows([], bare))["auc"]

    assert found(0.9).verdict is Verdict.PASS
    assert found(0.95).verdict is Verdict.PASS
    assert found(0.899999).verdict is Verdict.PASS  # what sums in another order
    assert found(0.8).verdict is Verdict.INCONCLUSIVE
    assert "predictions are not known" in found(0.8).reason


def against_baseline(mine: dict[str, Metric], theirs: dict[str, Metric], **more: object) -> dict[str, Row]:
    rules = more.pop("rules", None)
    given = facts(mine, baseline=Reference(theirs, **more), score=None)  # type: ignore[arg-type]
    rows = default_rows([], given, rules)  # type: ignore[arg-type]
    return by_metric(rows, "baseline")


def count(value: float) -> Metric:
    return Metric(value, "", "static", 1)


def test_one_byte_and_one_op_are_seen() -> None:
    rows = against_baseline(
        {"size": size(64001), "ops": count(13), "macs": count(5)},
        {"size": size(64000), "ops": count(12), "macs": count(5)},
    )
    assert (rows["size"].verdict, rows["size"].level) == (Verdict.FAIL, "warn")
    assert rows["size"].reason == "1 B more than the baseline"
    assert rows["ops"].reason == "1 more than the baseline (+8.33 %)"
    assert (rows["macs"].verdict, rows["macs"].reason) == (Verdict.PASS, "the same as the baseline")
    assert check_verdict(tuple(rows.values())) is Verdict.PASS


def test_regressions_may_block_or_be_switched_off() -> None:
    mine, theirs = {"size": size(2)}, {"size": size(1)}
    blocked = against_baseline(mine, theirs, rules=Rules(regressions="error"))
    assert check_verdict(tuple(blocked.values())) is Verdict.FAIL
    assert against_baseline(mine, theirs, rules=Rules(regressions="off")) == {}


def test_an_improvement_is_told() -> None:
    row = against_baseline({"size": size(63000)}, {"size": size(64000)})["size"]
    assert row.verdict is Verdict.PASS
    assert row.reason == (
        "1.00 kB less than the baseline (-1.56 %); accept it with --edgebench-update-baseline"
    )


@pytest.mark.parametrize(("value", "verdict"), [(1002, Verdict.PASS), (1003, Verdict.FAIL)])
def test_near_exact_counts_have_a_tolerance(value: int, verdict: Verdict) -> None:
    row = against_baseline({"instructions": count(value)}, {"instructions": count(1000)})["instructions"]
    assert row.verdict is verdict
    assert row.limit == "baseline + 0.200 %"
    if verdict is Verdict.FAIL:
        assert row.reason == "1,003 is 1 over the limit of 1,002; 3 more than the baseline (+0.30 %)"


def test_a_metric_only_one_side_has() -> None:
    assert against_baseline({"size": size(1)}, {})["size"].verdict is Verdict.NOT_RUN
    gone = against_baseline({}, {"ram": size(1)})["ram"]
    assert gone.reason.startswith("left out: no memory on the target for rpi4")
    assert "macs" not in against_baseline({}, {})


def test_one_prediction_is_seen() -> None:
    given = scored(901, 1000, baseline=902)
    theirs = Reference(given.baseline.metrics, samples=given.baseline.samples, changed=1)
    seen = facts(dict(given.metrics), samples=given.samples, baseline=theirs)
    row = by_metric(default_rows([], seen), "baseline")["accuracy"]
    assert row.verdict is Verdict.PASS
    assert row.reason == (
        "1 of 1,000 predictions changed; 0.100 points worse than the baseline; "
        "of 1,000 samples 1 became wrong and 0 right"
    )
    better = by_metric(default_rows([], scored(905, 1000, baseline=902)), "baseline")["accuracy"]
    assert better.reason.endswith("0 became wrong and 3 right; accept it with --edgebench-update-baseline")


def test_a_proven_slowdown_against_the_baseline_warns() -> None:
    given = facts(
        {"latency.p50": latency(2e-3)}, baseline=Reference({}), timing={"baseline": timed(0.1, 1.03)}
    )
    row = by_metric(default_rows([], given), "baseline")["latency"]
    assert (row.verdict, row.level) == (Verdict.FAIL, "warn")
    same = facts({}, baseline=Reference({}, same_bytes=True))
    equal = by_metric(default_rows([], same), "baseline")["latency"]
    assert (equal.verdict, equal.reason) == (Verdict.PASS, "same bytes")


def test_a_baseline_that_cannot_be_found_blocks() -> None:
    lost = facts({"size": size(1)}, baseline=Reference(None, "its artifact 3f2a is gone"))
    (row,) = default_rows([], lost, Rules(regressions="warn"))
    assert (row.verdict, row.level) == (Verdict.FAIL, "error")
    assert "its artifact 3f2a is gone" in row.reason
    assert default_rows([], facts({"size": size(1)}, baseline=Reference(new=True))) == ()
    assert default_rows([], facts({"size": size(1)})) == ()


@pytest.mark.parametrize("whose", ["case", "parent"])
def test_a_score_that_is_a_floor_is_left_out(whose: str) -> None:
    exact, floor = accuracy(90, 100), replace(accuracy(90, 100), floor=True, note="two samples failed")
    mine, theirs = (floor, exact) if whose == "case" else (exact, floor)
    found = compared(parent=Reference({"accuracy": theirs}, samples=right(90, 100)))
    row = by_metric(default_rows([], replace(found, metrics={**found.metrics, "accuracy": mine})))["accuracy"]
    assert (row.verdict, row.level) != (Verdict.PASS, "error")
    assert "one of the two numbers is a floor (two samples failed)" in row.reason


def test_only_exact_numbers_that_may_not_grow_are_looked_at() -> None:
    """Neither a noisy one, nor one that is better when it is larger."""
    more = {"memory": Metric(200, "B", "host", 5, 190, 210), "agreement": Metric(99, "%", "host", 100)}
    less = {"memory": Metric(100, "B", "host", 5, 90, 110), "agreement": Metric(90, "%", "host", 100)}
    found = compared(parent=Reference({"size": size(200), **less}))
    rows = default_rows([], replace(found, metrics={**found.metrics, **more}))
    assert [row.metric for row in rows if row.metric in more] == []
    assert by_metric(rows)["size"].verdict is Verdict.PASS
