"""The HTML report of unusual runs: hostile names, nothing run, all green, all broken."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

import pytest
from parsed import cells, parse
from report_runs import HOSTILE, case, matrix, metric, over, row, run

from pytest_edgebench.record import store
from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports.html import render
from pytest_edgebench.reports.view_cases import MOST_CARDS


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_text(name: str) -> None:
    bad = row(
        name, "p50", name, 10.0, metric(12.0), verdict=Verdict.FAIL, place=name, reason=name, message=name
    )
    found = run(
        case(name, name, name, rows=(bad,), reason=name),
        problems=(name,),
        notes=(name,),
        branch=name,
        environment={name: name},
        profiles={name: {"cpu": name}},
    )
    text = render(found)
    page = parse(text)
    assert len(page.find("script")) == 2
    shown = re.sub("[\x1b\u202e\u2066]", "\ufffd", name)
    assert page.find("div", "box")[0].find("li")[0].text == " ".join(shown.split())
    assert " ".join(shown.split()) in page.by_id("failures").find("th")[7].text
    assert not re.search("[\x1b\u202e\u2066]", text)
    assert store.load(text, "report.html").problems == (name,)
    assert {unquote(a.attrs["href"]) for a in page.by_id("matrix").find("a")} == {
        f"#case={shown}-{shown}-{shown}"
    }


def test_a_name_that_is_no_utf8() -> None:
    text = render(run(case("k\udcffws"), notes=("\udcff",)))
    text.encode()  # can be written
    assert store.load(text, "report.html").cases[0].model == "k\udcffws"


def test_nothing_ran() -> None:
    page = parse(render(run()))
    assert page.find("h1")[0].text == "nothing was judged: no case ran to its end"
    assert page.find("span", "pill")[0].text == "– NOTHING JUDGED"
    assert "no case was planned" in page.by_id("not-run").text
    assert page.by_id("failures").find("h2")[0].text == "Nothing was judged"
    assert "Nothing failed, because nothing ran." in page.by_id("failures").text
    assert "No case was planned, so there is no matrix." in page.by_id("matrix").text


def test_all_green() -> None:
    page = parse(render(matrix(8, broken=False)))
    assert page.find("title")[0].text == "✓ edgebench · 9c41e07"
    assert page.find("h1")[0].text == "all budgets met in 8 cases"
    assert page.by_id("failures").text == (
        "Nothing failed All 3 budgets met in 8 cases. Tightest: kws-fp16 on rpi4, rpi5, size, 84 % of 64 kB."
    )
    assert "Every planned case was run." in page.by_id("not-run").text
    assert not [card for card in page.find("details") if "open" in card.attrs]


def test_passed_without_budgets() -> None:
    text = parse(render(run(case()))).by_id("failures").text
    assert text == "Nothing failed No budget is written. 1 case passed the default checks."


def test_all_in_error() -> None:
    broken = [case(profile=p, verdict=Verdict.ERROR, reason="died\n  of signal 11") for p in ("a", "b")]
    page = parse(render(run(*broken)))
    assert page.find("h1")[0].text == "2 cases in error"
    assert len(page.by_id("failures").find("pre")) == 2
    assert "Nothing was measured." in page.by_id("cases").text


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE])
def test_the_heading_says_what_is_below(verdict: Verdict) -> None:
    """Nothing "failed" where limits only warn, or could not be decided."""
    warns = replace(over(), level="warn") if verdict is Verdict.FAIL else replace(over(), verdict=verdict)
    section = parse(render(run(case(rows=(warns,))))).by_id("failures")
    assert section.find("h2")[0].text == "Nothing failed, but look at this"
    assert len(section.find("tbody")[0].find("tr")) == 1
    broken = parse(render(run(case(rows=(over(),))))).by_id("failures")
    assert broken.find("h2")[0].text == "What failed"


def test_all_unsupported() -> None:
    page = parse(render(run(case(verdict=Verdict.UNSUPPORTED, reason="conftest.py:9: swap the two steps"))))
    assert page.find("span", "pill")[0].text == "– NOTHING JUDGED"
    assert "conftest.py:9: swap the two steps" in page.by_id("not-run").text
    assert "because no case ran to its end" in page.by_id("failures").text


def test_a_budget_without_evidence_fails_and_says_what_is_missing() -> None:
    blind = row("latency", "p50", "4 ms", 0.004, None, verdict=Verdict.FAIL, reason="a device run is needed")
    page = parse(render(run(case(latency=None, rows=(blind,)))))
    line = page.by_id("failures").find("tbody")[0].find("tr")[0]
    assert cells(line)[:5] == [
        "✕ kws-int8-rpi4 failed",
        "latency p50",
        "no number",
        "4 ms tests/test_kws.py:6",
        "",
    ]
    assert "a device run is needed" in line.text
    assert page.find("h1")[0].text == "1 case failed"


def test_a_problem_of_the_run_is_a_failure() -> None:
    page = parse(render(run(case(), problems=("a planned case was never heard of again",))))
    assert page.find("span", "pill")[0].text == "✕ FAIL"
    assert page.find("h1")[0].text == "1 problem of the run"
    assert "a planned case was never heard of again" in page.find("div", "box")[0].text
    assert page.by_id("failures").find("h2")[0].text == "No case failed"


def test_no_more_cards_than_a_page_can_hold() -> None:
    page = parse(render(run(*(case(profile=f"p{i}", rows=(over(),)) for i in range(60)))))
    assert len(page.find("details")) == MOST_CARDS
    assert f"{60 - MOST_CARDS} more cases" in page.by_id("cases").text


def test_same_record_same_page() -> None:
    assert render(matrix(12)) == render(matrix(12))
