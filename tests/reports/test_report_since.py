"""Since when a limit is broken is told wherever it is."""

from __future__ import annotations

from dataclasses import replace

from parsed import parse
from report_runs import case, over, run

from pytest_edgebench.record import store
from pytest_edgebench.reports import html, markdown, terminal
from pytest_edgebench.reports.github import commands
from pytest_edgebench.reports.row_text import row_line

SINCE = "failing for 3 runs (first seen a6b640c, 2026-02-28), passed at 3b2f1aa"
AGE = "failing before this change"
RUN = run(case(rows=(replace(over(), since=SINCE),)))


def test_terminal_and_junit() -> None:
    assert f"  {AGE} ({SINCE})" in terminal.summary(RUN, "failing", 200, False)
    assert f"  {SINCE}  host, n=12" in row_line("kws", replace(over(), since=SINCE))
    assert "failing" not in row_line("kws", over())


def test_page() -> None:
    page = parse(html.render(RUN))
    assert AGE in page.by_id("summary").text
    line = page.by_id("failures").find("tbody")[0].find("tr")[0]
    assert SINCE in line.text
    assert SINCE in page.by_id("case=kws-int8-rpi4").text
    assert store.load(html.render(RUN), "r.html").cases[0].checks[0].rows[0].since == SINCE


def test_comment_and_annotation() -> None:
    assert AGE in markdown.render(RUN)
    assert AGE in commands(RUN)[0]


def test_the_same_failure_of_another_age_is_another_cause() -> None:
    found = run(*(case(profile=p, rows=(replace(over(), since=s),)) for p, s in (("a", SINCE), ("b", ""))))
    assert len(parse(html.render(found)).by_id("failures").find("article")) == 2
