"""Points of scores in % and of fractions, and limits that no value of a score could break."""

from __future__ import annotations

from fractions import Fraction

import pytest
from judge_facts import facts, slot

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.score import Score
from pytest_edgebench.judge.exact import bound_of
from pytest_edgebench.judge.measurements import Facts, Reference, ScoreInfo
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.record.run import Metric, Verdict
from pytest_edgebench.samples.scores import auc, f1, mae

FRACTION = ScoreInfo("auc", "", fraction=True)
PLAIN = ScoreInfo("quality", "")
ERRORS = ScoreInfo("wer", "", lower_is_better=True)
SHARE = ScoreInfo("hits", "%")


def scored(info: ScoreInfo, value: float, reference: float) -> Facts:
    def metric(of: float) -> Metric:
        return Metric(of, info.unit, "host", 0)

    return facts(
        {info.name: metric(value)}, score=info, samples=None, parent=Reference({info.name: metric(reference)})
    )


def verdict(info: ScoreInfo, points: float, value: float, reference: float) -> Verdict:
    limit = slot(info.name, points, "points", reference="model")
    return judge_slot(limit, scored(info, value, reference)).verdict


@pytest.mark.parametrize(
    ("points", "value", "expected"),
    [
        (-1, 0.94, Verdict.PASS),
        (-1, 0.939, Verdict.FAIL),
        (-0.5, 0.945, Verdict.PASS),
        (1, 0.95, Verdict.FAIL),
    ],
)
def test_a_point_of_a_fraction_is_a_hundredth(points: float, value: float, expected: Verdict) -> None:
    assert verdict(FRACTION, points, value, 0.95) is expected


def test_the_bound_is_told_in_the_scores_own_unit() -> None:
    row = judge_slot(slot("auc", -1, "points", reference="model"), scored(FRACTION, 0.9, 0.95))
    assert row.bound == pytest.approx(0.94)


def test_which_scores_are_fractions() -> None:
    assert auc.fraction
    assert f1.fraction
    assert not mae.fraction
    assert Score(sum, unit="fraction").written_unit == ""
    assert Score(sum, unit="%").written_unit == "%"


@pytest.mark.parametrize(
    ("info", "points", "value", "reference"),
    [
        (PLAIN, -1, 0.1, 0.95),
        (PLAIN, -2, 0.94, 0.95),
        (ERRORS, 1, 0.9, 0.05),
        (FRACTION, -100, 0.1, 0.95),
        (SHARE, -100, 10.0, 95.0),
    ],
)
def test_a_limit_that_nothing_could_break_is_no_pass(
    info: ScoreInfo, points: float, value: float, reference: float
) -> None:
    row = judge_slot(slot(info.name, points, "points", reference="model"), scored(info, value, reference))
    assert row.verdict is Verdict.ERROR
    assert "could" in row.reason
    assert "break" in row.reason or "broken" in row.reason


@pytest.mark.parametrize(
    ("info", "points", "value", "reference", "expected"),
    [
        (PLAIN, -0.01, 0.945, 0.95, Verdict.PASS),
        (PLAIN, -0.01, 0.93, 0.95, Verdict.FAIL),
        (PLAIN, -1, 29.5, 30.0, Verdict.PASS),
        (PLAIN, -1, 28.0, 30.0, Verdict.FAIL),
        (ERRORS, 0.5, 12.4, 12.0, Verdict.PASS),
        (ERRORS, 0.01, 0.07, 0.05, Verdict.FAIL),
        (ScoreInfo("mae", "", lower_is_better=True), 1, 0.9, 0.5, Verdict.PASS),
    ],
)
def test_other_plain_scores_keep_points_of_one(
    info: ScoreInfo, points: float, value: float, reference: float, expected: Verdict
) -> None:
    assert verdict(info, points, value, reference) is expected


@pytest.mark.parametrize("text", ["model - 100 points", "baseline - 150 pp", "worst model - 1e3 points"])
@pytest.mark.parametrize("metric", ["accuracy", "auc", "f1"])
def test_a_drop_of_the_whole_range_is_refused_at_collection(metric: str, text: str) -> None:
    with pytest.raises(DeclarationError, match="write less than 100 points"):
        parse(metric, text)


@pytest.mark.parametrize("text", ["model - 99 points", "model + 99 points"])
def test_what_can_be_broken_is_read(text: str) -> None:
    assert parse("accuracy", text).unit == "points"


def test_a_drop_of_an_unknown_score_is_read() -> None:
    assert parse("perplexity", "model + 150 points").amount == 150
    assert parse("mae", "model + 150 points").amount == 150


def test_a_search_counts_points_alike() -> None:
    """`bound_of` is what a search of recipes asks."""
    limit = parse("auc", "model - 1 points")
    assert bound_of(limit, Fraction(95, 100), fraction=True) == Fraction(94, 100)
    assert bound_of(parse("accuracy", "model - 1 points"), Fraction(95)) == Fraction(94)
