"""Ten questions of a reader, answered by each output where it is looked at first."""

from __future__ import annotations

from functools import cache

import pytest
from changed_project import changed_run
from parsed import Node, parse

from pytest_edgebench.reports import html, markdown, terminal
from pytest_edgebench.reports.github import commands

QUESTIONS = {
    "should I merge": ("16 failed", "16 of 18 cases fail"),
    "why": ("digits grew: parameters +19.9 to +20.0 %, MACs +19.9 to +20.0 %",),
    "which case is worst": ("rank",),
    "by how much": ("37.5 kB",),
    "what is allowed": ("31.7 kB",),
    "is this new": ("new",),
    "what failed before": ("failing before this change",),
    "which budget line": ("test_digits.py:6",),
    "which device": ("laptop-ort",),
    "what else got worse": ("latency p50 +3.52 to +18.6 %",),
    "what was not measured and why": ("Not measured", "not measured"),
    "what was not run": ("unsupported",),
    "how do I reproduce": ("pytest --lf", "Rerun"),
    "what do I type to accept": ("pytest --edgebench-update-baseline", "Accept…"),
    "which other limit must be raised": ("test_digits.py:4",),
}
"""Question → texts, one of which answers it."""
LAST = ("what was not measured and why", "what was not run")
"""What decides nothing is folded at the end of a comment; its first line counts it."""
LINKED = {
    "how do I reproduce": ("rerun-1", 'pytest "test_digits.py::test_budget"'),
    "what do I type to accept": ("accept-1", "pytest --edgebench-update-baseline"),
    "what was not measured and why": ("not-measured", "this machine cannot tell it"),
}
"""Of the page: where the button or the disclosure of the first screen leads, and what stands there."""


@cache
def page() -> Node:
    return parse(html.render(changed_run()))


@cache
def outputs(*, first: bool = True) -> dict[str, str]:
    """What is seen first: 40 lines of the terminal and of the comment, and the first screen.

    Lines that were broken to fit the width are joined again.
    """
    lines = terminal.summary(changed_run(), None, 80, False, report="report.html")
    comment = markdown.render(changed_run()).replace("&lt;", "<").replace("&gt;", ">").splitlines()
    header = page().find("header")[0].text
    return {
        "terminal": " ".join(" ".join(lines[:40]).split()),
        "comment": " ".join(comment[: 40 if first else 60]),
        "report": f"{header} {page().by_id('summary').text}",
    }


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("output", ["terminal", "comment", "report"])
def test_answered(output: str, question: str) -> None:
    text = outputs(first=question not in LAST)[output]
    assert any(answer in text for answer in QUESTIONS[question]), text


@pytest.mark.parametrize("question", LINKED)
def test_what_a_button_leads_to(question: str) -> None:
    name, answer = LINKED[question]
    assert answer in page().by_id(name).text
    if name != "not-measured":
        assert f"#{name}" in {link.attrs["href"] for link in page().by_id("summary").find("a")}


@pytest.mark.parametrize(
    "question",
    [
        "why",
        "which case is worst",
        "by how much",
        "what is allowed",
        "is this new",
        "which budget line",
        "which device",
    ],
)
def test_answered_by_annotations(question: str) -> None:
    text = (
        "\n".join(commands(changed_run()))
        .replace("%25", "%")
        .replace("file=test_digits.py,line=6", "test_digits.py:6")
    )
    assert any(answer in text for answer in QUESTIONS[question])


def test_all_count_alike() -> None:
    """A tile said "0 regressed" over 36 regressed rows."""
    for text in outputs().values():
        for count in ("2 unsupported", "60 warnings", "1 inconclusive check"):
            assert count in text
        assert "16 failed" in text or "16 of 18 cases fail" in text
