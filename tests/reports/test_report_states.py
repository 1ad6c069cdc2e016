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
    assert " ".join(shown.split()) in page.by_id("failures").find("tbody")[0].text
    assert not re.search("[\x1b\u202e\u2066]", text)
    assert store.load(text, "report.html").problems == (name,)
    links = {unquote(a.attrs["href"]) for a in page.by_id("devices").find("a")}
    assert links == {f"#case={shown}-{shown}-{shown}"}


def test_a_name_that_is_no_utf8() -> None:
    text = render(run(case("k\udcffws"), notes=("\udcff",)))
    text.encode()  # can be written
    assert store.load(text, "report.html").cases[0].model == "k\udcffws"


def test_nothing_ran() -> None:
    page = parse(render(run()))
    assert page.find("h1")[0].text == "Nothing was judged: no case ran to its end"
    assert page.find("span", "pill")[0].text == "– NOTHING JUDGED"
    assert "no case was planned" in page.by_id("not-run").text
    assert "No case ran to its end, so nothing was judged." in page.by_id("failures").text
    assert "No case was planned." in page.by_id("devices").text


def test_all_green() -> None:
    page = parse(render(matrix(8, broken=False)))
    assert page.find("title")[0].text == "✓ edgebench · 9c41e07"
    assert page.find("h1")[0].text == "All 8 cases within budget"
    nearest = "Nothing is over its limit. Nearest to one: kws-fp16-rpi4, size, 84 % of 64 kB."
    assert nearest in page.by_id("summary").text
    assert nearest in page.by_id("failures").text
    assert "not-run" not in {node.attrs.get("id") for node in page.nodes()}
    assert not [card for card in page.find("details") if "open" in card.attrs]


def test_passed_without_budgets() -> None:
    text = parse(render(run(case()))).by_id("failures").text
    assert text.endswith("No budget is written. 1 case passed the default checks.")


def test_all_in_error() -> None:
    broken = [case(profile=p, verdict=Verdict.ERROR, reason="died\n  of signal 11") for p in ("a", "b")]
    page = parse(render(run(*broken)))
    assert page.find("h1")[0].text == "2 of 2 cases fail"
    assert "kws int8 on a, b: died" in page.by_id("summary").text
    assert page.by_id("failures").find("pre")[0].text == "died of signal 11"
    assert "Nothing was measured." in page.by_id("all").text


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE])
def test_nothing_failed_where_limits_warn_or_are_open(verdict: Verdict) -> None:
    warns = replace(over(), level="warn") if verdict is Verdict.FAIL else replace(over(), verdict=verdict)
    page = parse(render(run(case(rows=(warns,)))))
    assert page.by_id("summary").find("span", "chip")[0].text == "✕ 0 failed"
    assert len(page.by_id("failures").find("article")) == (verdict is Verdict.FAIL)
    text = page.by_id("failures").text
    assert ("some checks could not be decided" in text) == (verdict is Verdict.INCONCLUSIVE)


def test_all_unsupported() -> None:
    page = parse(render(run(case(verdict=Verdict.UNSUPPORTED, reason="conftest.py:9: swap the two steps"))))
    assert page.find("span", "pill")[0].text == "– NOTHING JUDGED"
    assert "conftest.py:9: swap the two steps" in page.by_id("not-run").text
    assert "No case ran to its end" in page.by_id("failures").text


def test_a_budget_without_evidence_fails_and_says_what_is_missing() -> None:
    blind = row("latency", "p50", "4 ms", 0.004, None, verdict=Verdict.FAIL, reason="a device run is needed")
    page = parse(render(run(case(latency=None, rows=(blind,)))))
    assert (
        "latency p50 of kws int8 on rpi4 is not available: a device run is needed"
        in page.by_id("summary").text
    )
    line = page.by_id("failures").find("tbody")[0].find("tr")[0]
    assert cells(line) == [
        "✕ int8", "rpi4", "latency p50", "not available", "4 ms", "–", "a device run is needed"
    ]  # fmt: skip
    assert page.find("h1")[0].text == "1 of 1 case fails"


def test_a_problem_of_the_run_is_a_failure() -> None:
    page = parse(render(run(case(), problems=("a planned case was never heard of again",))))
    assert page.find("span", "pill")[0].text == "✕ FAIL"
    assert page.find("h1")[0].text == "1 problem of the run"
    assert "a planned case was never heard of again" in page.find("div", "box")[0].text


def test_no_more_cards_than_a_page_can_hold() -> None:
    page = parse(render(run(*(case(profile=f"p{i}", rows=(over(),)) for i in range(60)))))
    told = [page.by_id(f"case=kws-int8-p{i}") for i in range(60)]
    assert sum(bool(one.find("table")) for one in told) == MOST_CARDS
    assert all("latency p50 28.6 ms > 22.6 ms" in one.text for one in told)


def test_same_record_same_page() -> None:
    assert render(matrix(12)) == render(matrix(12))
