"""Causes: what failures and warnings are put down to, in which order, and how all is counted."""

from __future__ import annotations

import gc
import sys
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from changed_project import changed_run
from report_runs import BASELINE, case, matrix, metric, over, row, run, size

from pytest_edgebench.record.run import Check, Metric, Row, Verdict
from pytest_edgebench.reports import github, markdown, status
from pytest_edgebench.reports.causes import account, sentences
from pytest_edgebench.reports.causes.facts import Kind
from pytest_edgebench.reports.causes.novelty import Novelty
from pytest_edgebench.reports.distinct import distinct
from pytest_edgebench.reports.html import render
from pytest_edgebench.reports.terminal import summary

if TYPE_CHECKING:
    from pytest_edgebench.record.run import CaseResult

GREW = "the uncompressed model changed: parameters 9 → 10 (+11.1 %)"


def regressed(cause: str = GREW, **more: object) -> Row:
    return row(
        "size",
        "",
        "baseline + 1 %",
        50_500.0,
        size(56_000),
        verdict=Verdict.FAIL,
        reference="baseline",
        reference_value=50_000.0,
        change=Metric(12.0, "%", "static", 1),
        cause=cause,
        **more,
    )


def warned(name: str = "gzip", change: float = 8.0) -> Row:
    return replace(regressed(), metric=name, level="warn", place="", change=Metric(change, "%", "static", 1))


def score(value: float, old: float | None, **more: object) -> tuple[Row, ...]:
    """An accuracy under its limit of 90 %, and, where it is known, the baseline's."""
    limit = row(
        "accuracy", "", "90 %", 90.0, Metric(value, "%", "host", 100), verdict=Verdict.FAIL,
        higher_is_better=True, **more,
    )  # fmt: skip
    if old is None:
        return (limit,)
    known = replace(
        limit, limit="not lower", place="", bound=None, reference="baseline", reference_value=old,
        verdict=Verdict.PASS, level="warn", change=Metric(value - old, "points", "host", 100),
    )  # fmt: skip
    return limit, known


def test_a_changed_model_is_one_cause() -> None:
    found = account(changed_run())
    grew, rank = found.causes
    assert (grew.fact.kind, grew.novelty, len(grew.cases)) == (Kind.MODEL, Novelty.NEW, 16)
    assert [(line.place, len(line.hits)) for line in grew.lines] == [("test_digits.py:6", 16)]
    assert grew.worst.case.key == "digits-rank-laptop-ort"
    assert grew.lines[0].least.case.recipe in ("int8", "pruned")
    assert (rank.fact.kind, rank.novelty) == (Kind.BEFORE, Novelty.BEFORE)
    assert [line.worst.row.limit for line in rank.lines if line.worst.row] == ["model - 2 points", "90 %"]
    assert {one.recipe for one in rank.cases} == {"rank"}
    # Every warning is explained by the model, and counted under it.
    assert len(grew.warnings) == found.counts.warnings == 60
    assert not rank.warnings


def test_cases_and_checks_are_counted_apart() -> None:
    counts = account(changed_run()).counts
    assert (counts.failed, counts.passed, counts.unsupported, counts.undecided) == (16, 0, 2, 0)
    assert counts.failed + counts.passed + counts.unsupported == counts.cases == 18
    assert (counts.limits, counts.warnings, counts.inconclusive) == (24, 60, 1)


@pytest.mark.parametrize("cells", [8, 96])
def test_cases_add_up(cells: int) -> None:
    found = account(matrix(cells)).counts
    every = (found.failed, found.undecided, found.passed, found.unsupported, found.not_run)
    assert sum(every) == found.cases == cells


def test_two_tests_of_one_budget_count_once() -> None:
    twice = case(rows=(regressed(), warned()))
    twice = replace(twice, checks=(*twice.checks, replace(twice.checks[0], nodeid="test_b.py::test_other")))
    found = account(run(twice, baseline=BASELINE))
    assert (found.counts.limits, found.counts.warnings) == (1, 1)


@pytest.mark.parametrize(
    "cause, kind, title",
    [
        (GREW, Kind.MODEL, "kws changed: other weights, the same operations"),
        (
            "the recipe changed: Prune(0.3) → Prune(0.5)",
            Kind.RECIPE,
            "kws: recipe int8 changed: Prune(0.3) → Prune(0.5)",
        ),
        (
            "built with onnx 1.19 → 1.20; another machine: cpu a → b",
            Kind.VERSIONS,
            "built with onnx 1.19 → 1.20",
        ),
        ("the runtime changed: version 1 → 2", Kind.RUNTIME, "runtime changed: version 1 → 2"),
        ("the profile changed: threads 1 → 2", Kind.PROFILE, "profile changed: threads 1 → 2"),
        ("another machine: cpu a → b", Kind.MACHINE, "another machine: cpu a → b"),
        (
            "unexplained: nothing recorded differs",
            Kind.UNEXPLAINED,
            "kws int8 on rpi4: size 56.0 kB, limit 50.5 kB",
        ),
    ],
)
def test_kinds(cause: str, kind: Kind, title: str) -> None:
    (found,) = account(run(case(rows=(regressed(cause),)), baseline=BASELINE)).causes
    assert (found.fact.kind, sentences.title(found)) == (kind, title)


def test_what_tells_most_comes_first() -> None:
    found = run(
        case("ad", rows=(replace(over(), measured=None, reason="not connected"),)),
        case("ic", verdict=Verdict.ERROR, reason="the worker died"),
        case("vww", rows=(regressed("another machine: cpu a → b"),)),
        case("kws", rows=(regressed(),)),
        case("au", rows=(warned(),)),
        baseline=BASELINE,
    )
    kinds = [(cause.fact.kind, cause.blocks) for cause in account(found).causes]
    assert kinds == [
        (Kind.MODEL, True), (Kind.MACHINE, True), (Kind.ERROR, True), (Kind.ABSENT, True), (Kind.MODEL, False)
    ]  # fmt: skip


def test_a_limit_that_the_baseline_kept_is_put_down_to_the_change() -> None:
    found = account(run(case(rows=(regressed(), *score(88.0, 91.0))), baseline=BASELINE))
    (cause,) = found.causes
    assert [status.metric_title(line.worst.row) for line in cause.lines if line.worst.row] == [
        "accuracy",
        "size",
    ]


def test_a_limit_that_the_baseline_broke_is_a_cause_of_its_own() -> None:
    found = account(run(case(rows=(regressed(), *score(75.8, 85.5))), baseline=BASELINE))
    _, old = found.causes
    assert sentences.title(old) == "kws int8 on rpi4: accuracy 75.8 %, limit 90 %"
    assert sentences.age(old) == "failing before this change, now 9.70 points worse"


@pytest.mark.parametrize(
    "since, age",
    [
        ("new in this run, passed at 3b2f1aa", "new in this run, passed at 3b2f1aa"),
        (
            "failing for 3 runs (first seen a6b640c, 2026-02-28)",
            "failing before this change (failing for 3 runs (first seen a6b640c, 2026-02-28))",
        ),
        ("", ""),
    ],
)
def test_without_a_baseline_the_history_says_what_is_new(since: str, age: str) -> None:
    (cause,) = account(run(case(rows=(replace(over(), since=since),)))).causes
    assert sentences.age(cause) == age


def test_equal_reasons_of_several_profiles_are_one_cause() -> None:
    def lost(profile: str) -> CaseResult:
        why = f"latency on {profile} is not available: not connected"
        return case(profile=profile, rows=(replace(over(), measured=None, reason=why),))

    (cause,) = account(run(lost("pi"), lost("m7"))).causes
    assert sentences.title(cause).startswith("latency p50 of kws int8 on pi, m7 is not available: ")
    died = [
        case(profile=p, verdict=Verdict.ERROR, reason="conftest.py:3: the worker died\nof 11") for p in "ab"
    ]
    (cause,) = account(run(*died)).causes
    assert sentences.title(cause) == "kws int8 on a, b: conftest.py:3: the worker died"


def test_a_number_that_could_not_be_judged_is_not_called_missing() -> None:
    odd = replace(over(), bound=None, reason="there is nothing to compare with")
    (cause,) = account(run(case(rows=(odd,)))).causes
    assert sentences.title(cause) == (
        "latency p50 of kws int8 on rpi4 could not be judged: there is nothing to compare with"
    )


def test_a_users_own_assertion() -> None:
    failed = Check("t.py::test_ops", Verdict.FAIL, (replace(over(), verdict=Verdict.PASS),), "assert 3 == 0")
    (cause,) = account(run(replace(case(), checks=(failed,)))).causes
    assert sentences.title(cause) == "kws int8 on rpi4: assert 3 == 0"


def test_warnings_of_a_cause_are_told_with_their_range() -> None:
    cases = [
        case(profile=f"p{i}", rows=(regressed(), warned(change=8.0 + i), warned("parameters")))
        for i in range(3)
    ]
    (cause,) = account(run(*cases, baseline=BASELINE)).causes
    assert sentences.title(cause) == "kws grew: parameters +8.00 %"
    assert sentences.also(cause) == ("gzip +8.00 to +10.0 % (3 cases)",)


@pytest.mark.parametrize(
    "found, text",
    [
        (over(), "latency p50 28.6 > 22.6 ms"),
        (regressed(), "size 56.0 > 50.5 kB"),
        (score(75.8, None)[0], "accuracy 75.8 < 90.0 %"),
        (replace(over(), measured=None), "latency p50 not available (limit 22.6 ms)"),
        (row("size", "", "64 kB", 64_000.0, size(64_020), verdict=Verdict.FAIL), "size 64.02 > 64.00 kB"),
        (
            row("macs", "", "9 M", 9e6, Metric(9_500_000, "", "static", 1), verdict=Verdict.FAIL),
            "macs 9.50 > 9.00 M",
        ),
    ],
)
def test_short(found: Row, text: str) -> None:
    assert sentences.short(found) == text


@pytest.mark.parametrize(
    "found, text",
    [
        (run(case(rows=(over(),)), case(profile="b")), "1 of 2 cases fails"),
        (run(case(), case(profile="b")), "All 2 cases within budget"),
        (run(case()), "The case is within budget"),
        (run(case(), case(profile="b", rows=(warned(),))), "2 cases pass, 1 with warnings"),
        (run(case(verdict=Verdict.UNSUPPORTED)), "Nothing was judged: no case ran to its end"),
        (run(case(), case(profile="b", verdict=Verdict.NOT_RUN)), "1 of 2 cases did not run"),
        (
            run(case(rows=(replace(over(), verdict=Verdict.INCONCLUSIVE),))),
            "1 of 1 case could not be decided",
        ),
    ],
)
def test_headline(found: object, text: str) -> None:
    assert sentences.headline(account(found).counts) == text  # type: ignore[arg-type]


def test_an_undecided_check_names_its_limit() -> None:
    close = row(
        "latency", "p50", "baseline + 5 %", 0.0105, metric(0.0104), verdict=Verdict.INCONCLUSIVE,
        reference="baseline", reference_value=0.01, change=Metric(4.93, "%", "host", 12),
    )  # fmt: skip
    (hit,) = account(run(case(rows=(close,)), baseline=BASELINE)).undecided
    assert sentences.undecided(hit) == "int8 rpi4: latency p50 +4.93 %, limit +5.00 %: too close to decide"


@pytest.mark.parametrize(
    "names, size, shown",
    [
        (["a", "b"], 3, ["a", "b"]),
        (["long-common-head-one", "long-common-head-two"], 9, ["long-…one", "long-…two"]),
        (["one-long-common-tail", "two-long-common-tail"], 9, ["one…-tail", "two…-tail"]),
        (["abcdefghijkl"], 6, ["ab…jkl"]),
        (["abcdefgh1xxxxxxxxxxxx", "abcdefgh2yyyyyyyyyyyy"], 7, ["1xx…xxx", "2yy…yyy"]),
        (["abcd1xyz", "abcd2x1yz"], 1, ["abcd1xyz", "abcd2x1yz"]),
    ],
)
def test_what_differs_is_not_what_is_cut(names: list[str], size: int, shown: list[str]) -> None:
    assert distinct(names, size) == shown


def test_a_run_is_accounted_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All outputs of a session ask for the same run; another run, however equal, is another question."""
    accounts = sys.modules[account.__module__]  # the package's name for it is the function
    asked: list[str] = []
    real = accounts.novelty

    def seen(found: CaseResult, judged: Row) -> Novelty:
        asked.append(found.key)
        novel: Novelty = real(found, judged)
        return novel

    monkeypatch.setattr(accounts, "novelty", seen)
    told = run(case(rows=(over(),)))
    render(told)
    once = len(asked)
    assert once
    summary(told, None, 80, colour=False)
    markdown.render(told)
    github.commands(told)
    assert len(asked) == once
    again = replace(told, cases=())
    assert account(again).counts.cases == 0
    assert account(told).counts.cases == 1
    gone = weakref.ref(told)
    account(told)
    del told
    gc.collect()
    assert gone() is None
