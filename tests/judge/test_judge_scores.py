"""Budgets on a score: literal on the set to the last sample, proven for the population when asked."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge_facts import TOP1, accuracy, facts, right, scored, slot

from pytest_edgebench.judge.bootstrap import paired
from pytest_edgebench.judge.measurements import Facts, Reference, Rules, ScoreInfo
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.judge.scores import Exactly, exactly
from pytest_edgebench.record.run import Metric, Row, Verdict

POPULATION = Rules(accuracy_mode="population")
MAE = ScoreInfo("mae", "", lower_is_better=True)
AUC = ScoreInfo("auc", "")


def points(amount: float, given_facts: Facts, rules: Rules | None = None) -> Row:
    demand = slot("accuracy", amount, "points", reference="model", text=f"model {amount:+g} points")
    return judge_slot(demand, given_facts, rules)


@given(st.integers(1, 400), st.data())
def test_an_absolute_budget_is_literal(n: int, data: st.DataObject) -> None:
    """Whatever the rounding of 100 * (right / n): on the limit passes, one sample under fails."""
    count = data.draw(st.integers(1, n))
    exact = 100 * count / n
    on = judge_slot(slot("accuracy", float(round(exact, 12)), "%"), scored(count, n))
    whole = (100 * count) % n == 0
    assert on.verdict is Verdict.PASS or not whole
    between = slot("accuracy", 100 * (count - 0.5) / n, "%")
    assert judge_slot(between, scored(count, n)).verdict is Verdict.PASS
    under = judge_slot(between, scored(count - 1, n))
    assert under.verdict is Verdict.FAIL


@pytest.mark.parametrize("n", [100, 200, 1000, 700])
def test_a_relative_budget_is_literal(n: int) -> None:
    """1 point of n samples is n / 100 of them."""
    allowed = n // 100
    for parent in range(n // 2, n, 7):
        assert points(-1.0, scored(parent - allowed, n, parent)).verdict is Verdict.PASS
        assert points(-1.0, scored(parent - allowed - 1, n, parent)).verdict is Verdict.FAIL


def test_without_per_sample_values_counts_are_found_again() -> None:
    for count in range(1, 100):
        bare = facts({"accuracy": accuracy(count, 100)})
        assert judge_slot(slot("accuracy", float(count), "%"), bare).verdict is Verdict.PASS


def test_an_absolute_row_far_from_the_limit_is_short() -> None:
    row = judge_slot(slot("accuracy", 80.0, "%"), scored(902, 1000))
    assert (row.verdict, row.reason, row.bound) == (Verdict.PASS, "", 80.0)
    assert row.higher_is_better
    failed = judge_slot(slot("accuracy", 95.0, "%"), scored(902, 1000))
    assert failed.reason == "90.2 % is 4.80 points under the limit of 95 %; 95 % interval 88.2 to 91.9 %"


def test_a_close_absolute_row_says_what_decided() -> None:
    row = judge_slot(slot("accuracy", 90.0, "%"), scored(902, 1000))
    assert row.verdict is Verdict.PASS
    assert row.reason == (
        "90.2 % is 0.200 points over the limit of 90 %; 95 % interval 88.2 to 91.9 %; "
        "decided by 3 samples of 1,000; about 136,000 needed to be sure"
    )
    failed = judge_slot(slot("accuracy", 90.0, "%"), scored(899, 1000))
    assert "decided by 1 sample of 1,000" in failed.reason


def test_a_close_relative_row_says_what_decided() -> None:
    """40 samples became wrong and 40 right of 2,000: d = 4 %, a margin of 1 point, about 2,470 needed."""
    n = 2000
    theirs, mine = np.ones(n, dtype=bool), np.ones(n, dtype=bool)
    mine[:20], theirs[20:40] = False, False
    mine[40:60], theirs[60:80] = False, False
    found = facts(
        {"accuracy": accuracy(1960, n)},
        samples=mine,
        parent=Reference({"accuracy": accuracy(1960, n)}, samples=theirs),
    )
    row = points(-0.5, found)
    assert row.verdict is Verdict.PASS
    assert row.reason == (
        "98 % is 0.500 points over the limit of 97.5 %; of 2,000 samples 40 became wrong and 40 right; "
        "decided by 11 samples of 2,000; about 9,880 needed to be sure"
    )
    assert row.change is not None
    assert row.change.unit == "points"
    assert row.change.low is not None
    assert row.change.high is not None
    assert row.change.low < 0 == row.change.value < row.change.high
    assert row.p is not None


def test_a_clear_relative_row() -> None:
    row = points(-1.0, scored(800, 1000, 902))
    assert row.verdict is Verdict.FAIL
    assert row.bound == pytest.approx(89.2)
    assert row.reference_value == 90.2
    assert row.reason == (
        "80 % is 9.20 points under the limit of 89.2 %; of 1,000 samples 102 became wrong and 0 right"
    )
    assert row.change is not None
    assert row.change.value == pytest.approx(-10.2)
    assert row.p is not None
    assert row.p < 1e-9


def test_the_wrong_name_fails_and_names_the_right_one() -> None:
    row = judge_slot(slot("auc", 0.9, ""), scored(9, 10))
    assert row.verdict is Verdict.FAIL
    assert row.reason == "kws has no score 'auc': its score is 'accuracy'; write accuracy= in the budget"
    none = judge_slot(slot("iou", 0.9, ""), facts({}, score=None))
    assert none.verdict is Verdict.FAIL
    assert none.reason == ("kws has no score 'iou': it has none at all; give its eb.Model one, score=eb.top1")


@pytest.mark.parametrize(
    ("unit", "score", "reason"),
    [
        (
            "",
            ScoreInfo("top5", "%"),
            "the score 'top5' is in %, the limit '0.9' is not: write e.g. top5=\"90 %\"",
        ),
        (
            "%",
            ScoreInfo("top5", ""),
            "the score 'top5' is a plain number, the limit '0.9' is in %: write e.g. top5=\"0.9\"",
        ),
    ],
)
def test_a_limit_in_another_unit_is_not_passed(unit: str, score: ScoreInfo, reason: str) -> None:
    found = facts({"top5": Metric(93.0, score.unit, "host", 100)}, score=score)
    row = judge_slot(slot("top5", 0.9, unit, text="0.9"), found)
    assert (row.verdict, row.reason) == (Verdict.FAIL, reason)


def test_other_samples_are_told() -> None:
    found = facts(
        {"accuracy": accuracy(90, 100)},
        samples=right(90, 100),
        parent=Reference({"accuracy": accuracy(180, 200)}, samples=right(180, 200)),
    )
    row = points(-1.0, found)
    assert row.verdict is Verdict.PASS
    told = "the float parent was scored on 200 samples, this case on 100: score both on the same set"
    assert told in row.reason
    assert points(-1.0, found, POPULATION).verdict is Verdict.INCONCLUSIVE


def test_a_reference_without_predictions() -> None:
    bare = facts({"accuracy": accuracy(80, 100)}, parent=Reference({"accuracy": accuracy(90, 100)}))
    row = points(-1.0, bare)
    assert row.verdict is Verdict.FAIL
    assert row.reason.endswith("so a drop cannot be distinguished from chance; keep them with it")
    assert row.p is None


@pytest.mark.parametrize(
    ("count", "verdict", "start"),
    [
        (9000, Verdict.PASS, "proven: the drop is at most 0"),
        (8855, Verdict.INCONCLUSIVE, "the drop is between 1."),
        (8500, Verdict.FAIL, "proven: the drop is at least 4."),
    ],
)
def test_population(count: int, verdict: Verdict, start: str) -> None:
    row = points(-1.5, scored(count, 10000, 9000), POPULATION)
    assert row.verdict is verdict
    assert row.reason.startswith(start)
    assert ("needed to be sure" in row.reason) == (verdict is Verdict.INCONCLUSIVE)


def test_population_proof_costs_more_with_more_comparisons() -> None:
    many = Rules(accuracy_mode="population", comparisons=10_000)
    edge = scored(8815, 10000, 9000)
    assert points(-1.5, edge, POPULATION).verdict is Verdict.FAIL
    assert points(-1.5, edge, many).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("budget", "verdict", "start"),
    [
        (88.0, Verdict.PASS, "proven: at least 88.5 %"),
        (90.0, Verdict.INCONCLUSIVE, "between 88.5 % and 92.3 % on 1,000 samples; about 136,000 needed"),
        (93.0, Verdict.FAIL, "proven: at most 92.3 %"),
    ],
)
def test_absolute_population(budget: float, verdict: Verdict, start: str) -> None:
    row = judge_slot(slot("accuracy", budget, "%"), scored(902, 1000), POPULATION)
    assert row.verdict is verdict
    assert row.reason.startswith(start)


def errors_of(scale: float, seed: int = 0, n: int = 400) -> np.ndarray:
    return np.random.default_rng(seed).exponential(scale, n)


def mae_facts(mine: np.ndarray, theirs: np.ndarray) -> Facts:
    def metric(values: np.ndarray) -> Metric:
        return Metric(float(values.mean()), "", "host", len(values))

    parent = Reference({"mae": metric(theirs)}, samples=theirs)
    return facts({"mae": metric(mine)}, score=MAE, samples=mine, parent=parent)


@pytest.mark.parametrize("rules", [Rules(), POPULATION])
def test_lower_is_better(rules: Rules) -> None:
    base = errors_of(1.0)
    demand = slot("mae", 0.1, "", reference="model")
    row = judge_slot(demand, mae_facts(base + 0.3, base), rules)
    assert row.verdict is Verdict.FAIL
    assert not row.higher_is_better
    assert row.change is not None
    assert row.change.value == pytest.approx(0.3)
    assert judge_slot(demand, mae_facts(base + 0.05, base), rules).verdict is Verdict.PASS
    assert judge_slot(demand, mae_facts(base - 0.3, base), rules).verdict is Verdict.PASS
    absolute = slot("mae", 0.5, "")
    assert judge_slot(absolute, mae_facts(errors_of(1.0), base), rules).verdict is Verdict.FAIL
    assert judge_slot(absolute, mae_facts(errors_of(0.2), base), rules).verdict is Verdict.PASS


def test_lower_is_better_and_undecided_for_the_population() -> None:
    generator = np.random.default_rng(3)
    base = errors_of(1.0)
    mine = base + 0.1 + generator.normal(0, 0.5, len(base))
    row = judge_slot(slot("mae", 0.1, "", reference="model"), mae_facts(mine, base), POPULATION)
    assert row.verdict is Verdict.INCONCLUSIVE
    assert "paired t over 400 samples; about" in row.reason
    absolute = judge_slot(slot("mae", float(mine.mean()), ""), mae_facts(mine, base), POPULATION)
    assert absolute.verdict is Verdict.INCONCLUSIVE


def auc_facts(drop: float, spread: float = 0.3) -> Facts:
    values = np.random.default_rng(1).normal(drop, spread, 300)
    found = paired(lambda i: float(values[i].mean()), 300)
    assert found is not None
    mine = Metric(0.9, "", "host", 300, 0.88, 0.92)
    parent = Reference({"auc": Metric(0.9 + found.drop, "", "host", 300)}, bootstrap=found)
    return facts({"auc": mine}, score=AUC, parent=parent)


@pytest.mark.parametrize(("drop", "verdict"), [(0.2, Verdict.FAIL), (0.0, Verdict.PASS)])
def test_aggregates_by_bootstrap(drop: float, verdict: Verdict) -> None:
    for rules in (Rules(), POPULATION):
        row = judge_slot(slot("auc", -0.08, "points", reference="model"), auc_facts(drop), rules)
        assert row.verdict is verdict
        assert row.p is not None
        assert "paired bootstrap over 300 samples" in row.reason


@pytest.mark.parametrize(
    ("budget", "verdict"), [(0.87, Verdict.PASS), (0.9, Verdict.INCONCLUSIVE), (0.95, Verdict.FAIL)]
)
def test_absolute_aggregates_for_the_population(budget: float, verdict: Verdict) -> None:
    assert judge_slot(slot("auc", budget, ""), auc_facts(0.0), POPULATION).verdict is verdict
    bare = facts({"auc": Metric(0.9, "", "host", 300)}, score=AUC)
    assert judge_slot(slot("auc", budget, ""), bare, POPULATION).verdict is Verdict.INCONCLUSIVE


def test_rounding_does_not_fail_an_aggregate() -> None:
    just = facts({"auc": Metric(0.1 + 0.2, "", "host", 300)}, score=AUC)
    assert judge_slot(slot("auc", 0.3, ""), just).verdict is Verdict.PASS
    under = facts({"auc": Metric(0.29999999999999993, "", "host", 300)}, score=AUC)
    assert judge_slot(slot("auc", 0.3, ""), under).verdict is Verdict.PASS
    clearly = facts({"auc": Metric(0.299999, "", "host", 300)}, score=AUC)
    assert judge_slot(slot("auc", 0.3, ""), clearly).verdict is Verdict.FAIL


def test_of_several_calibration_draws_the_samples_of_one_say_nothing() -> None:
    """The worst draw has 88 of 100; that the kept file has 90 right is no count to decide by."""
    found = facts(
        {"accuracy": accuracy(90, 100), "accuracy.worst": accuracy(88, 100)},
        samples=right(90, 100),
        parent=Reference({"accuracy": accuracy(90, 100)}, samples=right(90, 100)),
    )
    assert judge_slot(slot("accuracy", 88, "%", statistic="worst"), found).verdict is Verdict.PASS
    row = judge_slot(slot("accuracy", 89, "%", statistic="worst"), found)
    assert row.verdict is Verdict.FAIL
    assert row.reason.startswith("88 % is 1 points under the limit of 89 %")
    limit = slot("accuracy", -1.0, "points", reference="model", statistic="worst")
    against = judge_slot(limit, found)
    assert (against.verdict, against.reference_value, against.p) == (Verdict.FAIL, 90.0, None)
    assert "so a drop cannot be distinguished from chance" in against.reason


def test_values_that_do_not_average_to_the_score_are_no_evidence() -> None:
    """An RMSE is no mean of the absolute errors."""
    base = errors_of(1.0)
    given = mae_facts(base + 0.3, base)
    rmse = Metric(float(((base + 0.3) ** 2).mean() ** 0.5), "", "host", len(base))
    row = judge_slot(slot("mae", 0.1, "", reference="model"), replace(given, metrics={"mae": rmse}))
    assert (row.verdict, row.p) == (Verdict.FAIL, None)
    assert "so a drop cannot be distinguished from chance" in row.reason


def test_a_share_that_its_samples_do_not_give_is_taken_as_it_is() -> None:
    """A weighted accuracy: 90 of 100 are right, the score is 85 %."""
    weighted = Metric(85.0, "%", "host", 100)
    found = facts({"accuracy": weighted}, samples=right(90, 100))
    assert exactly(weighted, found.samples, TOP1) == Exactly(Fraction(85), None, 100)
    assert judge_slot(slot("accuracy", 85, "%"), found).verdict is Verdict.PASS
    row = judge_slot(slot("accuracy", 86, "%"), found)
    assert (row.verdict, row.reason) == (Verdict.FAIL, "85 % is 1 points under the limit of 86 %")


def test_a_reference_without_the_score() -> None:
    found = facts({"accuracy": accuracy(90, 100)}, parent=Reference({}, why="it was not scored"))
    row = points(-1.0, found)
    assert row.verdict is Verdict.FAIL
    assert "it was not scored" in row.reason


@pytest.mark.parametrize(
    ("budget", "verdict", "start"),
    [
        (12.0, Verdict.PASS, "proven: at most 11.5 %; 1,000 samples"),
        (10.0, Verdict.INCONCLUSIVE, "between 7.73 % and 11.5 % on 1,000 samples; about 136,000 needed"),
        (7.0, Verdict.FAIL, "proven: at least 7.73 %; 1,000 samples"),
    ],
)
def test_an_error_rate_for_the_population(budget: float, verdict: Verdict, start: str) -> None:
    """The accuracy of 90.2 % from the other side."""
    rate = ScoreInfo("error_rate", "%", lower_is_better=True, correctness=True)
    found = facts({"error_rate": Metric(9.8, "%", "host", 1000)}, score=rate, samples=right(98, 1000))
    row = judge_slot(slot("error_rate", budget, "%"), found, POPULATION)
    assert (row.verdict, row.higher_is_better) == (verdict, False)
    assert row.reason.startswith(start)


@pytest.mark.parametrize(("off", "counted"), [(0.0, True), (5e-8, True), (2e-7, False)])
def test_a_share_is_taken_as_one_to_nine_digits(off: float, counted: bool) -> None:
    found = exactly(Metric(90.0 + off, "%", "host", 100), None, TOP1)
    assert found.right == (90 if counted else None)


@pytest.mark.parametrize(
    ("wrong", "limit", "turn"), [(98, 10.05, 3), (100, 10.05, 1), (101, 10.05, 1), (103, 10.05, 3)]
)
def test_how_many_samples_decide_where_lower_is_better(wrong: int, limit: float, turn: int) -> None:
    """100.5 samples are allowed: 98 wrong ones would be 3 more before it fails, 103 are 3 too many."""
    rate = ScoreInfo("error_rate", "%", lower_is_better=True, correctness=True)
    metric = Metric(wrong / 10, "%", "host", 1000)
    found = facts({"error_rate": metric}, score=rate, samples=right(wrong, 1000))
    row = judge_slot(slot("error_rate", limit, "%"), found)
    assert row.verdict is (Verdict.PASS if wrong <= 100 else Verdict.FAIL)
    assert f"decided by {turn} sample{'' if turn == 1 else 's'} of 1,000" in row.reason
