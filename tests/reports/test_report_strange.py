"""Escapes in any text, and any finite number, pass through all reports without harm."""

from __future__ import annotations

import dataclasses
import re
import warnings
import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING

import pytest
from report_runs import matrix, remembered, run
from strange_runs import extreme, hostile

from pytest_edgebench.record import store
from pytest_edgebench.record.run import PairRecord
from pytest_edgebench.reports import github, html, junit, markdown, suggest, terminal

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run

SIGNS = {
    "colour": "\x1b[31m",
    "title": "\x1b]0;title\x07",
    "link": "\x1b]8;;https://example.org\x1b\\",
    "wipe": "\x1b[2J",
    "back": "\r\b\b\x7f",
    "c1": "\x9b31m\x85",
    "nul": "\x00",
    "bidi": "\u202e\u2066\u200f\u061c",
    "lines": "\u2028\u2029\x0b\x0c",
    "surrogate": "\ud800",
    "tags": "\U000e0041\ufeff",
    "command": "::error file=a,line=1::x",
    "old command": "##[add-mask]a",
    "percent": "%0A::set-output name=x::y",
    "newline": "\n::warning::x\n",
}
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\ud800-\udfff\U000e0041]"
)
OURS = re.compile("\x1b\\[[0-9]{1,2}m")
COMMAND = re.compile(r"^\s*::|##\[", re.MULTILINE)


def everything() -> Run:
    """Failures of every kind, a past, a comparison by pairs, problems, notes and a baseline."""
    found = matrix(96)
    times, noise = (0.02, 0.021, 0.022), (0.0, -0.01, 0.01)
    q = (0.01, 0.02, 0.015)
    pair = PairRecord(1.03, 0.01, 0.01, 7, 8, 20, 3, False, q, reference_s=times, noise=noise)
    cases = [remembered(case) for case in found.cases[:40]] + list(found.cases[40:])
    cases[3] = dataclasses.replace(cases[3], pairs={"baseline": pair, "model": pair})
    return dataclasses.replace(found, cases=tuple(cases), problems=("a problem",), notes=("a note",))


def printed(of: Run) -> dict[str, str]:
    """What each report makes of a run."""
    lines = [
        line
        for show in ("failing", "regressed", "all")
        for line in terminal.summary(of, show, 100, colour=True, report="r.html")
    ]
    for line in lines:
        assert "\n" not in line
    return {
        "terminal": "\n".join(lines),
        "markdown": markdown.render(of),
        "github": "\n".join(github.commands(of)),
        "html": html.render(of),
        "junit": "\n".join(
            f"{name}={value}"
            for case in of.cases
            for check in case.checks
            for name, value in junit.properties(case.key, check, case.observation)
        ),
        "suggestions": "\n".join(suggest.suggestions(of)),
    }


@pytest.mark.parametrize("name", SIGNS)
def test_no_escape_reaches_a_reader(name: str) -> None:
    for report, text in printed(hostile(everything(), SIGNS[name])).items():
        found = UNSEEN.search(OURS.sub("", text) if report == "terminal" else text)
        assert found is None, (report, text[max(0, found.start() - 60) : found.end() + 60])
        if report in ("terminal", "suggestions"):
            command = COMMAND.search(OURS.sub("", text))
            assert command is None, (report, text[max(0, command.start() - 60) : command.end() + 60])
        if report == "github":
            for line in text.splitlines():
                assert re.match(r"::(error|warning|notice) [a-z]+=", line), line
        if report == "html":
            ElementTree.fromstring(re.search("<svg.*?</svg>", text, re.DOTALL)[0])  # type: ignore[index]


@pytest.mark.parametrize("seed", range(12))
def test_any_finite_number_is_shown(seed: int) -> None:
    strange = extreme(everything(), seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for report, text in printed(strange).items():
            assert "nan" not in re.sub(r"[a-z]*nan[a-z]+|[a-z]+nan", "", text[:20_000].lower()), report
        again = store.load("".join(store.pieces(strange)), "run.json")
    assert again.cases[0].key == strange.cases[0].key
    assert again == store.load("".join(store.pieces(again)), "run.json")


def test_one_finite_number_everywhere() -> None:
    """The ends of the scale, all alike: no width of an axis is left."""
    from strange_runs import changed

    for value in (0.0, 5e-324, 1e308, -1e308):
        printed(changed(everything(), lambda text: text, lambda _, value=value: value))  # type: ignore[misc]


def test_a_run_without_cases() -> None:
    printed(run())
