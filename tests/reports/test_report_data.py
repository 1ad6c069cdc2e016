"""What the models of a run were scored on stands in every report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from report_runs import case, over, run

from pytest_edgebench.reports.data_sources import data_lines, data_sources
from pytest_edgebench.reports.html import render
from pytest_edgebench.reports.markdown import render as markdown
from pytest_edgebench.reports.terminal import summary

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run

WHAT = "Digits; UCI 1998; CC BY 4.0"


def sample(*told: str) -> Run:
    made = run(*(case(profile=f"p{number}", rows=(over(),)) for number in range(len(told))))
    cases = []
    for one, data in zip(made.cases, told, strict=True):
        assert one.observation is not None
        cases.append(replace(one, observation=replace(one.observation, data=data)))
    return replace(made, cases=tuple(cases))


def test_one_line_for_each_source() -> None:
    assert data_sources(sample(WHAT, "", WHAT, "Waves")) == {WHAT: "kws", "Waves": "kws"}
    assert data_lines(sample(WHAT, "\x1b[31mWaves"))[1].isprintable()


def test_models_that_say_nothing() -> None:
    assert data_lines(sample("", "")) == []
    assert not any("data of" in line for line in summary(sample(""), None, 80, False))


def test_terminal_html_and_markdown() -> None:
    found = sample(WHAT, WHAT)
    assert f"data of kws: {WHAT}" in summary(found, None, 80, False)
    assert summary(found, None, 80, False, verbosity=-1)[0].count("data of") == 0
    page = render(found)
    assert page.count(f"<dd>{WHAT}") == 3  # in the card of each case, and once in the environment
    assert f"data of kws: {WHAT}" in markdown(found)
