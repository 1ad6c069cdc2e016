"""Predictions beside the host's, on the case card."""

from __future__ import annotations

from dataclasses import replace

import report_runs
from parsed import parse

from pytest_edgebench.record.run import Flip, Twin
from pytest_edgebench.reports.agreement import beside_view
from pytest_edgebench.reports.html import render
from pytest_edgebench.reports.summary import brief
from pytest_edgebench.reports.view_cases import cards

FLIPS = (Flip(17, 3, 5, 3, 1.25, critical=True), Flip(4, 0, 1, None, 0.031))
TWIN = Twin("litert 2.3.0", 1000, 640, 998, 0.99, FLIPS, 1, 12, "on sample 17: 'a' (ADD, operator 1 of 2): x")


def test_the_lines_and_the_flips() -> None:
    view = beside_view(TWIN)
    assert view is not None
    assert view.lines == (
        "998 of 1,000 predicted classes are those of litert 2.3.0 on the host, 2 flip",
        "640 of 1,000 samples have the same outputs, bit for bit",
        "1 of 12 critical samples flip",
        "first tensor that differs, on sample 17: 'a' (ADD, operator 1 of 2): x",
    )
    assert view.flips == (("17 (critical)", "3 → 5", "3", "1.25"), ("4", "0 → 1", "", "0.0310"))


def test_outputs_without_classes_have_no_flips() -> None:
    view = beside_view(Twin("litert 2.3.0", 3, 2))
    assert view is not None
    assert (view.lines, view.flips) == (("2 of 3 samples have the same outputs, bit for bit",), ())
    assert beside_view(None) is None


def test_the_card_has_them() -> None:
    first, second = report_runs.case(profile="m4"), report_runs.case(profile="host")
    assert first.observation is not None
    run = report_runs.run(replace(first, observation=replace(first.observation, twin=TWIN)), second)
    found = {card.key: card.beside for card in cards([brief(case) for case in run.cases], run)}
    assert found == {first.key: beside_view(TWIN), second.key: None}
    page = parse(render(run))
    assert "998 of 1,000 predicted classes are those of litert 2.3.0" in page.by_id(f"case={first.key}").text
    assert "17 (critical)" in page.by_id(f"case={first.key}").text
    assert "Beside the host" not in page.by_id(f"case={second.key}").text
