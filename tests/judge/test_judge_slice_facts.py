"""What a record holds of slices, and that it judges them again as the session did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sliced import answers

from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.limit import Slot
from pytest_edgebench.judge.accuracy import RightWrong
from pytest_edgebench.judge.measurements import Against, OfSlice, Rules, ScoreInfo
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.judge.slice_facts import judged_again, of_slice, recorded, worst
from pytest_edgebench.judge.stored import facts_of
from pytest_edgebench.record.run import CaseResult, Metric, Observation
from pytest_edgebench.record.slices import SliceRecord, SlicesRecord


def stored(each: tuple[SliceRecord, ...], score: str = "accuracy") -> CaseResult:
    seen = SlicesRecord(score, "%", False, "key", 5000, each)
    metrics = {"accuracy": Metric(95.0, "%", "host", 5000)}
    own = Observation("key", "host", {}, metrics, slices=seen)
    return CaseResult(
        "a-b-c",
        "kws",
        "b",
        "",
        "c",
        "t.py:1",
        (),
        observation=own,
        parent=Observation("p", "host", {}, metrics),
    )


def test_a_record_judges_its_slices_again() -> None:
    found = answers({"night": 5, "day": 95}, {"night": 25})
    assert found.slices is not None
    assert found.parent.slices is not None
    assert found.score is not None
    each = tuple(
        recorded(name, of, found.parent.slices[name], found.score) for name, of in found.slices.items()
    )
    assert each[0] == replace(
        each[0], name="night", n=250, value=88.0, right=220, original=98.0, change=-10.0, worse=25, better=0
    )
    assert worst(each, lower_is_better=False) == "night"
    for text in ("worst slice model - 2 points", "slice day 95 %", "worst slice 87 %", "slice nigth 9 %"):
        demanded = [Slot(parse("accuracy", text), "error", "t.py:3")]
        again = judge_slot(demanded[0], facts_of(stored(each), demanded, Rules()))
        before = judge_slot(demanded[0], found)
        assert (again.verdict, again.slice, again.reason) == (before.verdict, before.slice, before.reason)
    other = facts_of(stored(each, "f1"), [], Rules())
    assert other.slices is None
    assert facts_of(replace(stored(each), observation=None), [], Rules()).slices is None


def test_what_a_record_lacks() -> None:
    score = ScoreInfo("mae", "", lower_is_better=True)
    metric = Metric(1.0, "", "host", 50, 0.9, 1.1)
    none = recorded("a", OfSlice(3, None, "no classes"), None, score)
    assert (none.value, none.why) == (None, "no classes")
    alone = recorded("a", OfSlice(50, metric), Against(None), score)
    assert (alone.value, alone.original, alone.change) == (1.0, None, None)
    plain = recorded("a", OfSlice(1, replace(metric, n=1)), Against(metric, RightWrong(1, 0, 1, 1)), score)
    assert (plain.change, plain.change_low) == (0.0, None)
    unlike = recorded("a", OfSlice(50, metric), Against(metric), score)
    assert (unlike.worse, unlike.change) == (None, 0.0)
    for found in (none, alone, unlike):
        mine, theirs = judged_again(found, score, "host")
        assert (mine.metric is None) == (found.value is None)
        assert (theirs.metric is None) == (found.original is None)
        assert theirs.evidence is None
    assert of_slice(Metric(1.0, "", "host", 1), score, np.ones(1), None).metric == Metric(1.0, "", "host", 1)


def test_the_worst_of_a_record() -> None:
    def one(name: str, value: float | None, change: float | None, *ends: float) -> SliceRecord:
        low, high = ends or (None, None)
        return SliceRecord(name, 9, value, change=change, change_low=low, change_high=high)

    lost = (
        one("few", 50.0, -30.0, -70.0, 5.0),
        one("many", 90.0, -8.0, -10.0, -6.0),
        one("none", None, None),
    )
    assert worst(lost, lower_is_better=False) == "many"
    assert worst((one("a", 50.0, -3.0), one("b", 90.0, -8.0)), lower_is_better=False) == "b"
    assert worst((one("a", 50.0, 3.0), one("b", 90.0, 0.0)), lower_is_better=False) == "a"
    assert worst((one("a", 0.5, None), one("b", 0.9, None)), lower_is_better=True) == "b"
    assert worst((one("a", None, None),), lower_is_better=True) == ""
