"""A count that is known only to be at least so much: over a limit it fails, under one it is no pass."""

from __future__ import annotations

import pytest
from judge_facts import facts, slot

from pytest_edgebench.judge.defaults import default_rows
from pytest_edgebench.judge.measurements import Reference, Rules
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.record.run import Metric, Verdict

NOTE = "at least: Loop not counted wholly"
LEAST = Metric(4096, "", "static", 1, note=NOTE, floor=True)
WHOLE = Metric(4096, "", "static", 1)


@pytest.mark.parametrize("limit", [4096.0, 5000.0])
def test_under_a_limit_it_is_an_error_that_says_why(limit: float) -> None:
    row = judge_slot(slot("macs", limit, ""), facts({"macs": LEAST}))
    assert row.verdict is Verdict.ERROR
    assert row.reason.endswith(
        f" is not known exactly: at least 4,096 ({NOTE}); a limit on it cannot be shown to hold"
    )


def test_over_a_limit_it_fails() -> None:
    row = judge_slot(slot("macs", 4000.0, ""), facts({"macs": LEAST}))
    assert row.verdict is Verdict.FAIL
    assert "at least 4,096 is 96 over the limit" in row.reason


def test_a_whole_count_under_the_least_number_of_its_reference_passes() -> None:
    limit = slot("macs", 0.0, "%", reference="model")
    found = facts({"macs": WHOLE}, parent=Reference({"macs": LEAST}))
    assert judge_slot(limit, found).verdict is Verdict.PASS


def test_a_whole_count_over_the_least_number_of_its_reference_is_not_decided() -> None:
    limit = slot("macs", 0.0, "%", reference="model")
    more = Metric(5000, "", "static", 1)
    row = judge_slot(limit, facts({"macs": more}, parent=Reference({"macs": LEAST})))
    assert row.verdict is Verdict.ERROR
    assert "has at least 4,096" in row.reason


def test_two_least_numbers_compare_only_of_the_same_file() -> None:
    limit = slot("macs", 5.0, "%", reference="model")
    other = facts({"macs": LEAST}, parent=Reference({"macs": LEAST}))
    same = facts({"macs": LEAST}, parent=Reference({"macs": LEAST}, same_bytes=True))
    assert judge_slot(limit, other).verdict is Verdict.ERROR
    assert judge_slot(limit, same).verdict is Verdict.PASS


def test_a_count_that_became_known_has_not_grown() -> None:
    found = facts({"macs": Metric(9000, "", "static", 1)}, baseline=Reference({"macs": LEAST}))
    row = next(row for row in default_rows((), found, Rules()) if row.metric == "macs")
    assert (row.verdict, row.level) == (Verdict.NOT_RUN, "off")
    assert NOTE in row.reason


def row_of(found: object) -> tuple[Verdict, str]:
    row = next(row for row in default_rows((), found, Rules()) if row.metric == "macs")  # type: ignore[arg-type]
    return row.verdict, row.level


FLOOR = {"off": (Verdict.NOT_RUN, "off"), "same": (Verdict.PASS, "warn"), "more": (Verdict.FAIL, "warn")}


@pytest.mark.parametrize(
    ("mine", "theirs", "same", "expected"),
    [
        (LEAST, LEAST, False, "off"),
        (LEAST, LEAST, True, "same"),
        (LEAST, Metric(4096, "", "static", 1), False, "off"),
        (LEAST, Metric(4000, "", "static", 1), False, "more"),
        (WHOLE, LEAST, False, "same"),
        (Metric(4000, "", "static", 1), LEAST, False, "same"),
    ],
)
def test_default_checks_pass_and_fail_on_what_is_proven(
    mine: Metric, theirs: Metric, same: bool, expected: str
) -> None:
    found = facts({"macs": mine}, baseline=Reference({"macs": theirs}, same_bytes=same))
    assert row_of(found) == FLOOR[expected]


def test_another_unit_is_another_number() -> None:
    kilo = Metric(4, "k", "static", 1)
    row = judge_slot(slot("macs", 5000.0, ""), facts({"macs": kilo}))
    assert row.verdict is Verdict.ERROR
    assert "is in k, not in plain numbers" in row.reason
    relative = slot("macs", 5.0, "%", reference="baseline")
    row = judge_slot(
        relative, facts({"macs": WHOLE}, baseline=Reference({"macs": Metric(9e9, "B", "static", 1)}))
    )
    assert row.verdict is Verdict.ERROR
    assert "of the baseline is in B" in row.reason
    assert (
        row_of(facts({"macs": WHOLE}, baseline=Reference({"macs": Metric(9e9, "B", "static", 1)})))
        == FLOOR["off"]
    )


def test_a_score_of_another_unit_is_not_compared() -> None:
    mine, theirs = Metric(90.0, "%", "host", 100), Metric(0.95, "", "host", 100)
    found = facts({"accuracy": mine}, parent=Reference({"accuracy": theirs}), samples=None)
    row = judge_slot(slot("accuracy", -1, "points", reference="model"), found)
    assert row.verdict is Verdict.ERROR
    assert "of the float model is in plain numbers, not in %" in row.reason
    default = next(row for row in default_rows((), found, Rules()) if row.metric == "accuracy")
    assert (default.verdict, default.level) == (Verdict.NOT_RUN, "off")


@pytest.mark.parametrize(
    ("metric", "number", "limit", "unit"),
    [
        ("ram", Metric(4096, "B", "predicted", 1, 4000, 4100, floor=True), 9000.0, "B"),
        ("memory", Metric(4096, "B", "host", 9, 4000, 4100, floor=True), 9000.0, "B"),
        ("accuracy", Metric(95.0, "%", "host", 100, floor=True), 90.0, "%"),
        ("latency.p50", Metric(0.001, "s", "host", 9, floor=True), 0.004, "s"),
    ],
)
def test_a_floor_of_any_kind_is_no_pass(metric: str, number: Metric, limit: float, unit: str) -> None:
    name, _, statistic = metric.partition(".")
    row = judge_slot(slot(name, limit, unit, statistic=statistic), facts({metric: number}, samples=None))
    assert row.verdict is Verdict.ERROR, row
    if name in ("ram", "memory"):
        over = judge_slot(slot(name, 1000.0, unit), facts({metric: number}))
        assert over.verdict is Verdict.FAIL
