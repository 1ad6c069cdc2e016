"""The section on slices: the worst first, with intervals; and how rows on slices are called."""

from __future__ import annotations

from dataclasses import replace

from pytest_edgebench.record.run import CaseResult, Metric, Observation, Row, Run, Verdict
from pytest_edgebench.record.slices import SliceRecord, SlicesRecord
from pytest_edgebench.reports import slices, status

EMPTY = Run("2026-01-01T00:00:00Z", 1.0, ("a",), "", "", False, {}, {}, {}, ())
METRICS = {"accuracy": Metric(95.0, "%", "host", 5000)}


def run(found: SlicesRecord | None) -> Run:
    seen = Observation("key", "pi", {}, METRICS, slices=found)
    return replace(
        EMPTY, cases=(CaseResult("kws-int8-pi", "kws", "int8", "", "pi", "c.py:1", (), None, seen),)
    )


def one(name: str, **more: float) -> SliceRecord:
    return SliceRecord(name, 250, more.pop("value", 90.0), **more)  # type: ignore[arg-type]


def test_the_worst_comes_first() -> None:
    night = one(
        "night",
        value=85.7,
        low=80.8,
        high=89.5,
        original=95.7,
        change=-10.0,
        change_low=-14.0,
        change_high=-6.0,
    )
    each = (one("day", original=90.5, change=-0.5), night, SliceRecord("fog", 3, None, why="one class"))
    heads, *rows = slices.rows(run(SlicesRecord("accuracy", "%", False, "k", 5000, each, "night")))
    assert heads[:3] == ("case", "slice", "samples")
    assert rows == [
        (
            "kws-int8-pi",
            "night (worst)",
            "250 of 5,000",
            "85.7 % [80.8, 89.5]",
            "95.7 %",
            "-10.0 points [-14.0, -6.00]",
        ),
        ("kws-int8-pi", "day", "250 of 5,000", "90.0 %", "90.5 %", "-0.50 points"),
        ("kws-int8-pi", "fog", "3 of 5,000", "one class", "", ""),
    ]


def test_many_slices_and_other_units() -> None:
    each = tuple(one(f"s{i}", value=0.1 * i, original=0.1, change=0.1 * i - 0.1) for i in range(14))
    _, *rows = slices.rows(run(SlicesRecord("mae", "", True, "k", 5000, each, "s13")))
    assert [row[1] for row in rows] == ["s13 (worst)", *(f"s{i}" for i in range(12, 3, -1)), "and 4 more"]
    assert rows[0][5] == "+1.2"
    alone = SlicesRecord("mae", "", True, "k", 250, (one("all"),), "all")
    assert list(slices.rows(run(alone)))[1][:2] == ("kws-int8-pi", "all")


def test_without_slices_there_is_no_section() -> None:
    assert list(slices.rows(run(None))) == []
    assert list(slices.rows(EMPTY)) == []
    assert list(slices.rows(replace(EMPTY, cases=(replace(run(None).cases[0], observation=None),)))) == []


def test_a_row_on_the_worst_slice_is_called_by_its_name() -> None:
    row = Row(
        "accuracy", "worst slice", "", "worst slice 85 %", 85.0, None, Verdict.FAIL, "error", slice="night"
    )
    assert status.metric_title(row) == "accuracy worst slice (night)"
    assert status.metric_title(replace(row, statistic="slice night")) == "accuracy slice night"
    assert status.metric_title(replace(row, slice="")) == "accuracy worst slice"
