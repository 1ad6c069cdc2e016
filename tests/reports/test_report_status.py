"""What rows, cases and runs are called, and which rows are told once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_runs import BASELINE, case, matrix, metric, over, row, run, size

from pytest_edgebench.record.run import Check, Metric, Row, Run, Verdict
from pytest_edgebench.reports import status
from pytest_edgebench.reports.causes import account
from pytest_edgebench.reports.changes import Item, items, silences
from pytest_edgebench.reports.outcome import outcome


def against_baseline(change: Metric | None, **more: object) -> Row:
    return row(
        "latency",
        "p50",
        "not 3 % slower",
        0.03,
        metric(0.02),
        reference="baseline",
        place="",
        change=change,
        **more,
    )


@pytest.mark.parametrize(
    "found, called",
    [
        (over(), status.OVER),
        (replace(over(), level="warn"), status.WARNED),
        (replace(over(), level="warn", reference="baseline"), status.REGRESSED),
        (replace(over(), measured=None), status.FAILED),
        (replace(over(), verdict=Verdict.ERROR), status.ERROR),
        (replace(over(), verdict=Verdict.INCONCLUSIVE), status.INCONCLUSIVE),
        (replace(over(), verdict=Verdict.PASS), status.PASSED),
    ],
)
def test_rows(found: Row, called: status.Status) -> None:
    assert status.of_row(found) is called


@pytest.mark.parametrize(
    "change, better",
    [
        (Metric(-8.0, "%", "host", 13, -9.0, -7.0), True),
        (Metric(-1.0, "%", "host", 13, -2.5, 0.5), False),  # could be nothing
        (Metric(8.0, "%", "host", 13, 7.0, 9.0), False),
        (Metric(-5.0, "%", "static", 1), True),
        (Metric(-0.01, "%", "static", 1), False),  # prints as 0.0 %
        (Metric(0.0, "%", "static", 1), False),
        (None, False),
    ],
)
def test_improved(change: Metric | None, better: bool) -> None:
    assert status.improved(against_baseline(change)) is better


def test_a_better_score_needs_its_interval() -> None:
    score = against_baseline(Metric(1.0, "points", "host", 200), higher_is_better=True)
    assert not status.improved(score)
    assert status.improved(replace(score, change=Metric(1.0, "points", "host", 200, 0.2, 1.8)))
    assert not status.improved(
        replace(score, reference="model", change=Metric(1.0, "points", "host", 200, 0.2, 1.8))
    )


def attention(found: Run) -> list[Item]:
    return [item for item in items(found) if item.status in status.ATTENTION]


def score(
    value: float, bound: float, unit: str = "%", name: str = "accuracy", best: float | None = None
) -> Row:
    return row(
        name,
        "",
        "limit",
        bound,
        Metric(value, unit, "host", 100),
        higher_is_better=True,
        reference_value=best,
    )


@pytest.mark.parametrize(
    "found, use",
    [
        (over(0.0113), 0.5),
        (score(95.0, 90.0), 0.5),  # half of the 10 points that may be lost
        (score(89.0, 90.0), 1.1),
        (score(91.0, 90.0, best=92.0), 0.5),
        (score(93.0, 90.0, best=92.0), 0.0),
        (score(0.9, 0.8, unit="", name="auc"), 0.5),
        (score(20.0, 10.0, unit="", name="my_score"), 0.5),
        (score(90.0, 90.0, best=90.0), None),
        (replace(over(), measured=None), None),
        (replace(over(), bound=None), None),
        (replace(over(), bound=0.0), None),
    ],
)
def test_use_of_budget(found: Row, use: float | None) -> None:
    assert status.use_of_budget(found) == (use if use is None else pytest.approx(use))


def test_a_case_is_its_worst_then_its_news() -> None:
    gain = against_baseline(Metric(-8.0, "%", "host", 13, -9.0, -7.0))
    loss = replace(over(), level="warn", reference="baseline")
    assert status.of_case(case(rows=(over(), loss))) is status.OVER
    assert status.of_case(case(rows=(gain, loss))) is status.REGRESSED
    assert status.of_case(case(rows=(gain,))) is status.IMPROVED
    assert status.of_case(case(verdict=Verdict.FAIL, reason="assert 3 == 0")) is status.FAILED
    assert status.of_case(case(verdict=Verdict.FAIL, rows=(replace(over(), measured=None),))) is status.FAILED
    assert status.of_case(replace(case(), checks=())) is status.NOT_RUN


def test_two_tests_of_one_budget_are_one_item() -> None:
    twice = case(rows=(over(),))
    twice = replace(twice, checks=(*twice.checks, replace(twice.checks[0], nodeid="test_b.py::test_other")))
    (item,) = items(run(twice))
    assert item.nodeids == [twice.checks[0].nodeid, "test_b.py::test_other"]
    assert item.subject == "kws-int8-rpi4"


def test_different_models_are_different_items() -> None:
    big = row("size", "", "52 kB", 52_000.0, size(53_876), verdict=Verdict.FAIL)
    found = run(case("kws", rows=(big,)), case("vww", rows=(big,)), case("vww", profile="rpi5", rows=(big,)))
    assert [item.subject for item in attention(found)] == ["kws-int8-rpi4", "vww-int8 on rpi4, rpi5"]


def test_an_assertion_of_the_users_own() -> None:
    failed = Check("t.py::test_ops", Verdict.FAIL, (replace(over(), verdict=Verdict.PASS),), "assert 3 == 0")
    (item,) = attention(run(replace(case(), checks=(failed,))))
    assert (item.status, item.row, item.reason) == (status.FAILED, None, "assert 3 == 0")


def test_silences_are_grouped_by_profile_and_reason() -> None:
    why = {"verdict": Verdict.UNSUPPORTED, "reason": "no int4 kernel"}
    found = run(case(**why), case("vww", **why), case(profile="m7", **why))  # type: ignore[arg-type]
    assert [(s.profile, len(s.cases), s.reason) for s in silences(found)] == [
        ("rpi4", 2, "no int4 kernel"),
        ("m7", 1, "no int4 kernel"),
    ]
    assert silences(run(replace(case(), checks=())))[0].reason == "no test judged it"


@pytest.mark.parametrize(
    "found, word, act",
    [
        (run(case()), "PASS", False),
        (run(case(rows=(over(),))), "FAIL", True),
        (run(case(), problems=("x",)), "FAIL", True),
        (run(), "NOTHING JUDGED", True),
        (run(case(verdict=Verdict.UNSUPPORTED)), "NOTHING JUDGED", True),
        (run(case(), case(profile="m7", verdict=Verdict.UNSUPPORTED)), "PASS", False),
        (run(case(), case(profile="m7", verdict=Verdict.NOT_RUN)), "INCOMPLETE", True),
        (run(case(rows=(replace(over(), verdict=Verdict.INCONCLUSIVE),))), "UNDECIDED", True),
        (run(case(rows=(replace(over(), level="warn"),)), baseline=BASELINE), "PASS, WARNED", True),
    ],
)
def test_outcome(found: Run, word: str, act: bool) -> None:
    told = outcome(found, account(found))
    assert (told.word, told.act) == (word, act)


def test_counts_add_up() -> None:
    found = status.count(status.of_case(c) for c in matrix().cases)
    assert sum(found.values()) == 96
