"""How to accept what failed: together the ways cover all of it."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from changed_project import changed_run
from report_runs import BASELINE, case, metric, over, row, run

from pytest_edgebench.record.run import Metric, Verdict
from pytest_edgebench.reports.acceptance import accept_lines, command, ways
from pytest_edgebench.reports.causes import account


def test_every_broken_limit_is_covered() -> None:
    """A waiver was offered for one of 52 rows."""
    found = account(changed_run())
    update, places, waive = ways(changed_run(), found.failing)
    assert (update.command, update.cases) == ("pytest --edgebench-update-baseline", 16)
    assert (places.names, places.cases) == (("test_digits.py:4",), 4)
    tables = tomllib.loads("\n".join(waive.lines))["waivers"]
    against = {
        (hit.case.key, hit.row.metric)
        for cause in found.failing
        for hit in cause.hits
        if hit.row is not None and hit.row.reference == "baseline"
    }
    assert {(one["case"], one["metric"]) for one in tables} == against
    assert len(tables) == 16
    assert accept_lines(changed_run(), found) == [
        "pytest --edgebench-update-baseline (16 cases)",
        "raise the limit at test_digits.py:4 (4 cases)",
    ]


@pytest.mark.parametrize(
    "kind, text",
    [
        ("committed", "pytest --edgebench-update-baseline"),
        ("", "pytest --edgebench-update-baseline"),
        ("folder", "pytest --edgebench-save-baseline='a b'"),
        ("ref", ""),
    ],
)
def test_the_command_is_of_what_was_compared_with(kind: str, text: str) -> None:
    assert command(kind, "a b") == text


def test_a_git_ref_is_accepted_by_the_limit_or_a_waiver() -> None:
    change = Metric(7.2, "%", "host", 13, 6.4, 8.1)
    slow = replace(over(), reference="baseline", limit="baseline + 5 %", change=change)
    found = run(case(rows=(slow,)), baseline=BASELINE)
    places, waive = ways(found, account(found).failing)
    assert places.text == "raise the limit at tests/test_kws.py:6 (1 case)"
    assert 'up_to = "baseline + 9 %"' in waive.lines


def test_a_default_check_is_loosened_by_a_budget() -> None:
    slow = row(
        "latency", "p50", "not slower", 0.02, metric(0.03), verdict=Verdict.FAIL, reference="model", place=""
    )
    found = run(case(rows=(slow,)))
    (way,) = ways(found, account(found).failing)
    assert way.text == (
        'write a limit of your own in place of the default: @eb.budget(latency="model + … %") (1 case)'
    )


def test_a_number_that_is_missing_cannot_be_accepted() -> None:
    found = run(case(rows=(replace(over(), measured=None),)), case(profile="b", verdict=Verdict.ERROR))
    assert ways(found, account(found).failing) == ()


def test_many_places_are_counted() -> None:
    found = run(case(rows=tuple(over(place=f"t.py:{i}") for i in range(8))))
    (way,) = ways(found, account(found).failing)
    assert way.words == "raise the limits at"
    assert way.names[-1] == "3 more"
