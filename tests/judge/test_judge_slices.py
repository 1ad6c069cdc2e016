"""Budgets on slices: one error rate over all, INCONCLUSIVE where samples are too few, the worst one named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from judge_facts import facts, slot
from sliced import World, answers, drawn, judged, sliced

from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.limit import Slot
from pytest_edgebench.judge.bootstrap import paired
from pytest_edgebench.judge.measurements import Against, Facts, OfSlice, Reference, Rules, ScoreInfo
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.judge.slice_facts import against, of_slice
from pytest_edgebench.judge.slices import unasked
from pytest_edgebench.record.run import Metric, Row, Verdict

POPULATION = Rules(accuracy_mode="population")


def by(found: Facts, text: str, rules: Rules | None = None) -> Row:
    metric = found.score.name if found.score is not None else "accuracy"
    return judge_slot(Slot(parse(metric, text), "error", "t.py:3"), found, rules)


def test_a_planted_loss_is_found_while_the_mean_passes() -> None:
    """10 points in a slice of 5 %: the bench has all limits and 200 draws (`tests/bench/bench_slices.py`)."""
    generator, found, passed = np.random.default_rng(5), 0, 0
    for _ in range(40):
        seen = drawn(World(planted=0.1), generator)
        row = judged(seen, -2.0)
        found += row.verdict is Verdict.FAIL and row.slice == "s0"
        passed += judged(seen, -1.0, statistic="").verdict is Verdict.PASS
    assert found >= 38
    assert passed >= 38


@pytest.mark.parametrize("amount", [-2.0, -0.0, 92.0])
def test_a_hundred_slices_raise_no_false_alarm(amount: float) -> None:
    """Without any loss; 92 % is what every slice has, so that half of them are below it."""
    generator = np.random.default_rng(6)
    seen = [judged(drawn(World(slices=100), generator), amount) for _ in range(40)]
    assert sum(row.verdict is Verdict.FAIL for row in seen) <= 1
    assert {row.verdict for row in seen} <= {Verdict.INCONCLUSIVE, Verdict.FAIL}


def test_at_the_very_limit_the_population_is_judged_wrongly_at_most_at_alpha() -> None:
    generator = np.random.default_rng(7)
    world = World(everywhere=0.03 / 0.92)
    seen = [judged(drawn(world, generator), -3.0, rules=POPULATION).verdict for _ in range(100)]
    assert seen.count(Verdict.FAIL) <= 3
    assert seen.count(Verdict.PASS) <= 10


def test_the_row_names_the_slice_its_samples_and_its_loss() -> None:
    row = by(answers({"night": 5, "day": 95}, {"night": 25}), "worst slice model - 2 points")
    assert (row.verdict, row.slice, row.statistic) == (Verdict.FAIL, "night", "worst slice")
    assert row.measured is not None
    assert row.change is not None
    assert (row.measured.value, row.measured.n, row.reference_value) == (88.0, 250, 98.0)
    assert row.measured.note == "slice night: 250 of 5,000 samples, lost 10 points from 98 % of the original"
    assert row.bound == 96.0
    assert row.change.value == -10.0
    assert row.change.high is not None
    assert row.change.high < -5
    assert row.reason == (
        "slice night misses the limit by 8 points on 250 samples, a loss shown at 1 % over all 2 slices"
    )
    assert row.p is not None
    assert row.p == pytest.approx(2 * 0.5**25)


def test_all_that_are_over_are_named_worst_first() -> None:
    sizes = {f"s{i}": 400 for i in range(6)}
    seen = answers({}, {"s1": 40, "s2": 60, "s3": 30, "s4": 50, "s5": 35}, sizes)
    told = by(seen, "worst slice model - 2 points").reason
    assert told.startswith("slice s2 misses")
    assert told.endswith("; so do s4, s1, s5 and 1 more")
    assert by(answers({}, {"s1": 40, "s2": 60}, sizes), "worst slice model - 1 points").reason.endswith(
        "; so does s1"
    )


def test_small_slices_are_open_with_how_many_are_missing() -> None:
    sizes = {"tiny": 8, "rest": 992}
    row = by(answers({}, {"tiny": 2}, sizes), "worst slice model - 2 points")
    assert (row.verdict, row.slice) == (Verdict.INCONCLUSIVE, "tiny")
    assert "slice tiny is 23 points beyond the limit on 8 samples, too few to tell: about" in row.reason
    assert row.reason.endswith("more are needed")
    row = by(answers({}, {}, sizes), "slice tiny model - 2 points")
    assert row.verdict is Verdict.INCONCLUSIVE
    assert "slice tiny is 2 points within the limit on 8 samples" in row.reason
    assert by(answers({}, {}, sizes), "slice rest model - 2 points").verdict is Verdict.PASS
    row = by(answers({}, {}, sizes), "worst slice model - 0 points")
    assert "at the limit on 8 samples; no number of samples makes that sure" in row.reason


def test_many_open_slices_are_counted() -> None:
    row = by(answers({}, {}, {f"s{i}": 10 for i in range(9)}), "worst slice 95 %")
    assert row.verdict is Verdict.INCONCLUSIVE
    assert row.reason.endswith("; and 6 more slices")


def test_absolute_limits() -> None:
    seen = answers({"night": 10, "day": 100}, {})
    assert by(seen, "worst slice 90 %").verdict is Verdict.PASS
    assert by(seen, "worst slice 90 %").reason == ""
    assert by(seen, "slice day 95 %").verdict is Verdict.PASS
    assert by(seen, "worst slice 95 %").verdict is Verdict.INCONCLUSIVE
    bad = answers({"night": 60, "day": 100}, {})
    row = by(bad, "worst slice 90 %")
    assert (row.verdict, row.slice) == (Verdict.FAIL, "night")
    assert row.reason.endswith("misses the limit by 14 points on 250 samples, shown at 1 % over all 2 slices")
    one = answers({"night": 60}, {}, {"night": 250})
    assert by(one, "worst slice 90 %").reason.endswith("shown at 1 %")


def test_an_absolute_limit_is_missed_where_the_slice_is_shown_to_have_lost() -> None:
    """85 % on 250 samples could be 90 % of all; that it was 97 % before says that it is no chance."""
    seen = answers({"night": 8}, {"night": 30})
    row = by(seen, "worst slice 87 %")
    assert row.verdict is Verdict.FAIL
    assert "a loss shown at 1 %" in row.reason
    assert by(seen, "worst slice 87 %", POPULATION).verdict is Verdict.INCONCLUSIVE
    assert by(seen, "worst slice 84 %").verdict is Verdict.INCONCLUSIVE
    alone = replace(seen, parent=Reference())
    assert by(alone, "worst slice 87 %").verdict is Verdict.INCONCLUSIVE
    assert by(alone, "worst slice 92 %").verdict is Verdict.FAIL


def test_a_share_of_wrong_ones_may_not_rise() -> None:
    score = ScoreInfo("miss", "", lower_is_better=True, correctness=True, fraction=True)
    after, before = np.arange(400) < 60, np.arange(400) < 20
    mine = {"a": of_slice(Metric(0.15, "", "host", 400), score, after, None)}
    theirs = {"a": against(Metric(0.05, "", "host", 400), score, after, before, None)}
    whole = {"miss": Metric(0.15, "", "host", 400)}
    parent = Reference({"miss": Metric(0.05, "", "host", 400)}, samples=before, slices=theirs)
    seen = Facts("kws", "pi", whole, score=score, samples=after, parent=parent, slices=mine)
    assert by(seen, "worst slice 0.08").verdict is Verdict.FAIL
    assert by(seen, "worst slice 0.2").verdict is Verdict.PASS
    row = by(seen, "slice a model + 2 points")
    assert row.verdict is Verdict.FAIL
    assert row.measured is not None
    assert row.measured.note == "slice a: 400 of 400 samples, lost 0.100 from 0.0500 of the original"


def test_means_of_values_and_aggregates() -> None:
    """By a paired t of per-sample values, or by a bootstrap; fewer than 30 samples say nothing."""
    generator = np.random.default_rng(0)
    score = ScoreInfo("mae", "", lower_is_better=True)
    before = np.abs(generator.normal(0, 1, 300))
    after = before + np.where(np.arange(300) < 60, 0.3, 0.0) + generator.normal(0, 0.02, 300)
    rows = {"far": np.arange(60), "near": np.arange(60, 300), "few": np.arange(60, 80)}

    def mean(values: Any, at: Any) -> Metric:
        return Metric(float(values[at].mean()), "", "host", len(at))

    def drop(at: Any) -> Any:
        return paired(lambda chosen: float((after - before)[at[chosen]].mean()), len(at), draws=500)

    def level(at: Any) -> Any:
        return paired(lambda chosen: float(after[at[chosen]].mean()), len(at), draws=500)

    for values in (True, False):
        mine = {
            name: of_slice(
                mean(after, at), score, after[at] if values else None, None if values else level(at)
            )
            for name, at in rows.items()
        }
        theirs = {
            name: against(
                mean(before, at),
                score,
                *((after[at], before[at], None) if values else (None, None, drop(at))),
            )
            for name, at in rows.items()
        }
        whole, other = (Metric(float(each.mean()), "", "host", 300) for each in (after, before))
        parent = Reference({"mae": other}, samples=before if values else None, slices=theirs)
        seen = Facts(
            "kws",
            "pi",
            {"mae": whole},
            score=score,
            samples=after if values else None,
            parent=parent,
            slices=mine,
        )
        row = by(seen, "worst slice model + 0.1 points")
        assert (row.verdict, row.slice) == (Verdict.FAIL, "far")
        assert by(seen, "slice near model + 0.1 points").verdict is Verdict.PASS
        assert by(seen, "slice near 1.5").verdict is Verdict.PASS
        assert by(seen, "slice near 0.3", POPULATION).verdict is Verdict.FAIL
        row = by(seen, "slice few model + 0.1 points")
        assert row.verdict is Verdict.INCONCLUSIVE
        assert "on 20 samples, too few to tell: about 10 more are needed" in row.reason
        assert by(seen, "slice few 0.9").verdict is Verdict.INCONCLUSIVE
        for found in mine.values():
            assert found.metric is not None
            assert found.metric.low is not None
            assert found.metric.low < found.metric.value < (found.metric.high or 0.0)
        assert unasked(seen, Rules()).startswith("slice far, 60 samples, lost 0.300 from")


def test_a_score_that_is_no_mean_of_its_samples_needs_a_bootstrap() -> None:
    score = ScoreInfo("rms", "", lower_is_better=True)
    values, metric = np.arange(40.0), Metric(3.0, "", "host", 40)
    assert of_slice(metric, score, values, None).own is None
    assert against(metric, score, values, values, None).evidence is None
    mine = {"a": OfSlice(40, metric)}
    parent = Reference({"rms": metric}, slices={"a": Against(metric)})
    seen = Facts("kws", "pi", {"rms": metric}, score=score, parent=parent, slices=mine)
    for text in ("worst slice 4", "slice a model + 1 points"):
        row = by(seen, text)
        assert row.verdict is Verdict.FAIL
        assert "slice a was not judged: the score has no interval on it" in row.reason
    assert unasked(seen, Rules()) == ""


def test_a_slice_without_a_score_is_told() -> None:
    seen = answers({}, {})
    assert seen.slices is not None
    lacking = replace(seen, slices={**seen.slices, "night": OfSlice(250, None, "an AUC needs both classes")})
    row = by(lacking, "slice night 80 %")
    assert row.verdict is Verdict.FAIL
    assert row.reason == "slice night was not judged: an AUC needs both classes"
    row = by(lacking, "worst slice 80 %")
    assert (row.verdict, row.slice) == (Verdict.INCONCLUSIVE, "day")
    assert "slice night was not judged" in row.reason
    nothing = replace(seen, slices=dict.fromkeys("ab", OfSlice(9, None, "no")))
    told = "slice a was not judged: no (and none of the other 1 slices was judged)"
    assert by(nothing, "worst slice 80 %").reason == told
    unknown = replace(seen, parent=replace(seen.parent, slices={"day": Against(None, why="no classes")}))
    assert "the original's answers on it are not known" in by(unknown, "slice night model - 1 points").reason
    assert "no classes" in by(unknown, "slice day model - 1 points").reason
    assert unasked(unknown, Rules()) == ""
    assert unasked(lacking, Rules()) == ""


def test_a_name_that_is_not_there() -> None:
    row = by(answers({}, {}), "slice nigth 80 %")
    assert (row.verdict, row.reason) == (Verdict.ERROR, "kws has no slice 'nigth': did you mean 'night'?")
    row = by(replace(answers({}, {}), slices=None), "worst slice 80 %")
    assert row.verdict is Verdict.ERROR
    assert "give its eb.Model some, slices=eb.slices(...)" in row.reason


def test_one_file_gives_one_answer() -> None:
    """Of the same bytes nothing is lost, however few samples there are."""
    few = answers({}, {}, {"a": 3})
    same = replace(few, parent=replace(few.parent, same_bytes=True))
    assert by(same, "worst slice model - 0 points").verdict is Verdict.PASS
    assert by(same, "worst slice model + 1 points").verdict is Verdict.FAIL
    assert unasked(same, Rules()) == ""


def test_the_baseline_is_a_reference_too() -> None:
    seen = answers({"night": 5}, {"night": 25})
    accepted = replace(seen, parent=Reference(), baseline=seen.parent)
    row = by(accepted, "slice night baseline - 1 points")
    assert row.verdict is Verdict.FAIL
    assert row.measured is not None
    assert row.measured.note.endswith("lost 10 points from 98 % of the baseline")
    gone = replace(accepted, baseline=replace(seen.parent, slices=None))
    assert "the baseline's answers on it are not known" in by(gone, "worst slice baseline - 1 points").reason
    assert by(accepted, "worst slice model - 1 points").verdict is Verdict.FAIL  # no original to compare with


def test_a_gain_may_be_demanded() -> None:
    before, after = np.arange(300) >= 100, np.arange(300) >= 20
    seen = sliced(before, after, {"a": np.arange(300)})
    row = by(seen, "worst slice model + 10 points")
    assert row.verdict is Verdict.PASS
    assert row.measured is not None
    assert "gained 26.7 points" in row.measured.note
    assert by(answers({}, {"night": 0}), "slice day model + 1 points").verdict is Verdict.FAIL


def test_points_of_a_plain_number() -> None:
    score = ScoreInfo("dice", "")
    metric = Metric(0.8, "", "host", 50)
    mine, theirs = {"a": OfSlice(50, metric)}, {"a": Against(metric)}
    seen = Facts(
        "kws",
        "pi",
        {"dice": metric},
        score=score,
        parent=Reference({"dice": metric}, slices=theirs),
        slices=mine,
    )
    row = by(seen, "worst slice model - 2 points")
    assert row.verdict is Verdict.ERROR
    assert "could not be broken" in row.reason


def test_the_error_rate_is_shared_with_the_other_comparisons() -> None:
    seen = answers({}, {"night": 9})
    assert by(seen, "worst slice model - 0 points").verdict is Verdict.FAIL
    assert by(seen, "worst slice model - 0 points", Rules(comparisons=50)).verdict is Verdict.INCONCLUSIVE


def test_a_loss_that_nobody_asked_for_is_told() -> None:
    seen = answers({"night": 5}, {"night": 25})
    assert unasked(seen, Rules()) == "slice night, 250 samples, lost 10 points from 98 % of the original"
    sizes = {f"s{i}": 400 for i in range(3)}
    assert unasked(answers({}, {"s1": 40, "s2": 60}, sizes), Rules()).endswith("(1 more slices lost, too)")
    assert unasked(answers({}, {"day": 20}), Rules()) == ""  # less than a point
    for lacking in (replace(seen, score=None), replace(seen, slices=None), replace(seen, parent=Reference())):
        assert unasked(lacking, Rules()) == ""
    bare = replace(seen, parent=replace(seen.parent, metrics=None))
    assert unasked(bare, Rules()).startswith("slice night")


def test_other_statistics_are_as_before() -> None:
    seen = facts({"accuracy": Metric(90.0, "%", "host", 100)})
    assert judge_slot(slot("accuracy", 85.0, "%"), seen).slice == ""
