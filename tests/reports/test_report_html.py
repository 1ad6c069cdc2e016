"""The HTML report: what it says is what the record says, whatever things are called."""

from __future__ import annotations

import html
import json
import re
import tomllib
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from parsed import Node, cells, near, parse, quantity
from report_runs import BASELINE, case, matrix, metric, over, passing_rows, row, run, size

from pytest_edgebench.record import store
from pytest_edgebench.record.run import Metric, Run, Verdict
from pytest_edgebench.reports.html import render


def data(page: Node) -> dict[str, Any]:
    text = page.by_id("data").text
    found: dict[str, Any] = json.loads(text)
    return found


def problem_run(**more: Any) -> Run:
    return run(case(rows=(over(),)), case(recipe="fp16", rows=passing_rows(0.02, 53_876, 90.2)), **more)


def test_every_section_and_its_anchor() -> None:
    page = parse(render(problem_run()))
    for name in (
        "failures",
        "matrix",
        "tradeoff",
        "cases",
        "all",
        "env",
        "method",
        "data",
        "not-run",
        "case=kws-int8-rpi4",
    ):
        assert page.by_id(name)
    assert page.find("title")[0].text == "✕ 1 edgebench · 9c41e07"
    assert page.find("h1")[0].text == "1 budget broken in 1 case"
    assert page.find("span", "pill")[0].text == "✕ FAIL"


def test_headings_of_tables_have_a_scope() -> None:
    page = parse(render(matrix(12)))
    assert len(page.find("table")) > 4
    assert {head.attrs.get("scope") for head in page.find("th")} <= {"col", "row", "rowgroup"}


def test_the_failure_line_says_all() -> None:
    line = parse(render(problem_run())).by_id("failures").find("tbody")[0].find("tr")[0]
    assert cells(line) == [
        "✕ kws-int8-rpi4 over budget",
        "latency p50",
        "28.6 ms [28.0, 29.2] host, n=12",
        "22.6 ms tests/test_kws.py:6",
        "127 %",
        "",
        'pytest "tests/test_kws.py::test_budget[kws-int8-rpi4]"',
    ]


def test_errors_come_first_then_the_largest_excess() -> None:
    found = run(
        case(profile="a", rows=(over(0.024),)),
        case(profile="b", rows=(over(0.040),)),
        case(profile="c", verdict=Verdict.ERROR, reason="the worker died"),
        case(profile="d", rows=(replace(over(), verdict=Verdict.INCONCLUSIVE, reason="steal time"),)),
    )
    lines = parse(render(found)).by_id("failures").find("tbody")[0].find("tr")
    assert [cells(line)[0].split()[1] for line in lines] == [
        "kws-int8-c",
        "kws-int8-b",
        "kws-int8-a",
        "kws-int8-d",
    ]
    assert "the worker died" in lines[0].text
    assert "steal time" in lines[3].text


def test_an_exact_failure_on_all_profiles_is_told_once() -> None:
    big = row("size", "", "52 kB", 52_000.0, size(53_876), verdict=Verdict.FAIL, place="tests/test_size.py:3")
    page = parse(render(run(*(case(profile=p, rows=(big,)) for p in ("rpi4", "rpi5", "m7")))))
    (line,) = page.by_id("failures").find("tbody")[0].find("tr")
    assert cells(line)[0] == "✕ kws-int8 on rpi4, rpi5, m7 over budget"
    assert page.find("h1")[0].text == "1 budget broken in 3 cases"


def test_the_header_says_what_was_not_run_and_not_measured() -> None:
    found = run(
        case(profile="rpi4"),
        case(profile="m7", verdict=Verdict.NOT_RUN, reason="flash: 2.1 MB needed, 512 kB there"),
        case(profile="m4", latency=None, rows=(row("size", "", "64 kB", 64_000.0, size(53_876)),)),
    )
    absent = parse(render(found)).by_id("not-run").text
    assert "1 case not run on m7 (kws-int8-m7): flash: 2.1 MB needed, 512 kB there" in absent
    assert "latency on m4: this target cannot be reached from here" in absent
    tiles = {t.attrs["data-q"]: t.text for t in parse(render(found)).find("a", "tile")}
    assert tiles["notrun"] == "– 1 not run"
    assert tiles["regressed"] == "▲ – regressed: no baseline"
    assert parse(render(found)).find("span", "pill")[0].text == "– INCOMPLETE"


def test_counts_with_a_baseline() -> None:
    tiles = {t.attrs["data-q"]: t.text for t in parse(render(matrix())).find("a", "tile")}
    assert tiles == {
        "error": "✕ 1 error",
        "over": "✕ 7 over budget",
        "regressed": "▲ 1 regressed",
        "improved": "▼ 1 improved",
        "inconclusive": "? 1 inconclusive",
        "pass": "✓ 82 pass",
        "notrun": "– 3 not run",
    }
    origin = parse(render(matrix())).find("p", "origin")[0].text
    assert "against main at 3b2f1aa0 (2 days old, same host)" in origin


def test_the_matrix_links_every_case_to_where_it_is_told() -> None:
    page = parse(render(matrix()))
    ids = [node.attrs["id"] for node in page.nodes() if "id" in node.attrs]
    assert len(ids) == len(set(ids))
    links = [unquote(a.attrs["href"]) for a in page.by_id("matrix").find("a")]
    assert len(links) == 96
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_matrix_cells() -> None:
    found = run(
        case(rows=(over(),)),
        case(recipe="fp16", verdict=Verdict.UNSUPPORTED, reason="swap the steps"),
        case(recipe="bare", profile="rpi5"),
    )
    lines = parse(render(found)).by_id("matrix").find("tbody")[0].find("tr")
    assert [cells(line) for line in lines] == [
        ["kws"],
        ["int8", "✕ 127 % latency p50 ≈ -22.7 % -72.2 % -1.20", "·"],
        ["fp16", "– unsupported swap the steps", "·"],
        ["bare", "·", "✓ -72.2 % size ≈ -22.7 % -72.2 % -1.20"],
    ]


def test_a_regression_within_its_budget_only_warns() -> None:
    slow = row(
        "latency",
        "p50",
        "not 3 % slower",
        0.024,
        metric(0.0268),
        verdict=Verdict.FAIL,
        level="warn",
        place="",
        reference="baseline",
        change=Metric(15.2, "%", "host", 13, 13.2, 17.2),
        p=3e-7,
        p_adjusted=0.02,
    )
    page = parse(render(run(case(rows=(slow,)), baseline=BASELINE)))
    assert page.find("span", "pill")[0].text == "▲ PASS, WARNED"
    (line,) = page.by_id("failures").find("tbody")[0].find("tr")
    assert cells(line)[0] == "▲ kws-int8-rpi4 regressed"
    assert cells(line)[3] == "24.0 ms not 3 % slower default check"
    assert cells(line)[5] == "+15.2 % [+13.2, +17.2] vs baseline p < 0.0001 (0.02 over the matrix)"


def test_a_card_has_the_whole_story() -> None:
    rows = (over(), *passing_rows(None, 53_876, 90.2))
    page = parse(render(run(case(rows=rows), case(recipe="other"))))
    body = page.by_id("case=kws-int8-rpi4")
    assert body.above is not None
    assert "open" in body.above.attrs
    assert body.above.find("summary")[0].text == (
        "✕ kws-int8-rpi4 latency p50 28.6 ms > 22.6 ms, 127 % of the budget"
    )
    lines = [cells(line) for line in body.find("tbody")[0].find("tr")]
    assert lines[1] == [
        "✓ size",
        "53.9 kB",
        "static",
        "<= 64.0 kB tests/test_kws.py:6",
        "84 %",
        "194 kB",
        "-72.2 %",
    ]
    assert lines[2][:5] == [
        "✓ accuracy",
        "90.2 %",
        "host, n=1,000",
        ">= 89.4 % (model - 2 points) tests/test_kws.py:6",
        "0.80 points to spare",
    ]
    assert not body.find("tbody")[0].find("tr")[2].find("i", "bar")
    assert lines[2][5:] == ["91.4 %", "-1.20 points [-2.10, +0.30] vs model"]
    assert "zeros 0 % → 50.0 %" in body.text
    assert "Conv 8 → 0" in body.text
    assert "int8.onnx 53.9 kB" in body.text
    assert f"{53_876 * 7919:064x}" in body.text
    assert "calibrated on evaluation data" in body.text
    (figure,) = body.find("svg")
    assert figure.attrs["role"] == "img"
    assert figure.find("title")[0].text == "Distribution of the latency of kws-int8-rpi4"
    assert "budget p50 ≤ 22.6 ms" in figure.find("desc")[0].text
    assert len(figure.find("path", "candidate")) == len(figure.find("path", "reference")) == 1


@pytest.mark.parametrize("cells_", [8, 96])
def test_numbers_are_those_of_the_record(cells_: int) -> None:
    text = render(matrix(cells_))
    page, record = parse(text), store.load(text, "report.html")
    by_key = {found.key: found for found in record.cases}
    table = page.by_id("all")
    heads = [head.text for head in table.find("thead")[0].find("th")]
    assert heads[:3] == ["case", "status", "size, kB (static)"]
    assert heads[3:] == ["accuracy (host, n=1,000)", "latency p50, ms (host, n=12)", "tightest budget"]
    lines = table.find("tbody")[0].find("tr")
    assert [cells(line)[0] for line in lines] == [found.key for found in record.cases]
    compared = 0
    for line in lines:
        key, _, shown_size, _, score, _, latency, beside, _ = cells(line)
        seen = by_key[key].observation
        if seen is None:
            assert (shown_size, score, latency) == ("", "", "")
            continue
        assert near(float(shown_size) * 1e3, seen.metrics["size"].value)
        assert near(quantity(score), seen.metrics["accuracy"].value)
        if "latency.p50" in seen.metrics:
            stored = seen.metrics["latency.p50"]
            assert near(float(latency) / 1e3, stored.value)
            low, high = re.findall(r"[\d.]+", beside)[:2]
            assert near(float(low) / 1e3, stored.low or 0)
            assert near(float(high) / 1e3, stored.high or 0)
            compared += 1
    assert compared > cells_ / 2


def test_numbers_of_cards_are_those_of_the_record() -> None:
    text = render(matrix())
    page, record = parse(text), store.load(text, "report.html")
    compared = 0
    for found in record.cases:
        rows = [judged for check in found.checks for judged in check.rows]
        stored = {(f"{r.metric} {r.statistic}".strip(), r.place or "default check"): r for r in rows}
        drawn = [n for n in page.by_id("cases").nodes() if n.attrs.get("id") == f"case={found.key}"]
        for line in drawn[0].find("tbody")[0].find("tr") if drawn and drawn[0].find("tbody") else []:
            name, measured, _, limit, use, *_ = cells(line)
            place = re.sub(r".*[%a-zA-Z)] (tests/\S+|default check)( .*)?$", r"\1", limit)
            judged = stored[name.split(" ", 1)[1], place]
            assert judged.measured is not None
            assert judged.bound is not None
            assert near(quantity(measured), judged.measured.value)
            bound = re.match(r"(?:[<>]=?|vs) ([\d.,]+ \S+)", limit)
            assert bound is not None
            assert near(quantity(bound[1]), judged.bound)
            if judged.metric != "accuracy":
                share = float(use.split()[0]) / 100
                assert share == pytest.approx(judged.measured.value / judged.bound, abs=0.0051)
            compared += 1
    assert compared > 20


def test_the_embedded_record_is_the_whole_run() -> None:
    small = problem_run(notes=("</script><!-- <script>",))
    assert data(parse(render(small)))["schema"] == 1
    assert data(parse(render(small)))["cases"][0]["key"] == "kws-int8-rpi4"
    back = store.load(render(small), "report.html")
    assert back.notes == small.notes
    rows = [[row for case in one.cases for row in case.checks[0].rows] for one in (back, small)]
    assert len(rows[0]) == len(rows[1]) == 4
    for found, given in zip(*rows, strict=True):
        assert (found.metric, found.limit, found.verdict, found.place) == (
            given.metric, given.limit, given.verdict, given.place,
        )  # fmt: skip
        assert found.measured == given.measured
        assert (found.change is None) == (given.change is None)
        if found.change is not None and given.change is not None:
            assert found.change.value == pytest.approx(given.change.value, rel=1e-4)  # 5 digits
    exact = [c.observation.metrics["size"] for c in back.cases if c.observation]
    assert [m.value for m in exact] == [53_876.0, 53_876.0]


def test_a_long_record_is_packed() -> None:
    text = render(matrix())
    assert set(data(parse(text))) == {"schema", "packed", "record"}
    assert [c.key for c in store.load(text, "report.html").cases] == [c.key for c in matrix().cases]


def test_small_enough() -> None:
    assert len(render(matrix()).encode()) <= 200_000
    assert len(render(matrix(960)).encode()) <= 1_000_000


def test_nothing_is_fetched_and_no_script_is_needed() -> None:
    text = render(matrix())
    page = parse(text)
    assert not re.findall(r"https?://|//cdn|@import|url\(", text)
    assert not [n.tag for n in page.nodes() if n.tag in ("link", "img", "iframe", "object", "embed")]
    assert not [n for n in page.nodes() if any(name.startswith("on") or name == "src" for name in n.attrs)]
    (policy,) = [n.attrs["content"] for n in page.find("meta") if "http-equiv" in n.attrs]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
    assert len(page.find("script")) == 2
    outside = [
        n for n in page.nodes() if n.attrs.get("hidden") is not None or "display" in n.attrs.get("style", "")
    ]
    assert not outside


def test_colour_is_never_alone() -> None:
    page = parse(render(matrix()))
    for cell in page.by_id("matrix").find("td"):
        assert cell.text[0] in "✕▲▼✓?–·"


def test_how_to_accept_is_ready_to_paste() -> None:
    change = Metric(7.2, "%", "host", 13, 6.4, 8.1)
    slow = replace(over(), reference="baseline", limit="baseline + 5 %", change=change)
    text = render(run(case(rows=(slow,)), baseline=BASELINE))
    assert "raise the budget at tests/test_kws.py:6" in parse(text).by_id("failures").text
    (waiver,) = re.findall(r"<pre>(\[\[waivers\]\][^<]*)</pre>", text)
    assert tomllib.loads(html.unescape(waiver))["waivers"][0]["up_to"] == "baseline + 9 %"
    assert "To accept this" not in parse(render(matrix(8, broken=False))).by_id("failures").text
