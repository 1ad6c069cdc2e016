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


def test_every_part_and_its_anchor() -> None:
    page = parse(render(problem_run()))
    parts = ("summary", "failures", "devices", "tradeoff", "history", "all", "run", "method", "data")
    for name in (*parts, "not-measured", "case=kws-int8-rpi4", "case=kws-fp16-rpi4", "cause-1", "rerun-1"):
        assert page.by_id(name)
    ids = {node.attrs["id"] for node in page.nodes() if "id" in node.attrs}
    links = [node.attrs["href"] for node in page.find("a")]
    assert {unquote(link).removeprefix("#") for link in links} <= ids
    assert page.find("title")[0].text == "✕ 1 edgebench · 9c41e07"
    assert page.find("h1")[0].text == "1 of 2 cases fails"
    assert page.find("span", "pill")[0].text == "✕ FAIL"


def test_headings_of_tables_have_a_scope() -> None:
    page = parse(render(matrix(12)))
    assert len(page.find("table")) > 4
    assert {head.attrs.get("scope") for head in page.find("th")} <= {"col", "row", "colgroup"}


def test_the_failure_line_says_all() -> None:
    section = parse(render(problem_run())).by_id("failures")
    assert section.find("h4")[0].text == "latency p50 ≤ 22.6 ms tests/test_kws.py:6 1 case"
    (line,) = section.find("tbody")[0].find("tr")
    assert cells(line) == ["✕ int8", "rpi4", "latency p50", "28.6 ms [28.0, 29.2]", "22.6 ms", "–", ""]
    assert [code.text for code in section.find("code", "cmd")] == [
        'pytest "tests/test_kws.py::test_budget[kws-int8-rpi4]"'
    ]


def test_errors_come_first_then_the_largest_excess() -> None:
    found = run(
        case(profile="a", rows=(over(0.024),)),
        case(profile="b", rows=(over(0.040),)),
        case(profile="c", verdict=Verdict.ERROR, reason="the worker died"),
        case(profile="d", rows=(replace(over(), verdict=Verdict.INCONCLUSIVE, reason="steal time"),)),
    )
    page = parse(render(found))
    first, second = page.by_id("failures").find("article")
    assert "kws int8 on c: the worker died" in first.text
    assert [cells(line)[1] for line in second.find("tbody")[0].find("tr")] == ["b", "a"]
    assert "int8 d: latency p50 28.6 ms, limit 22.6 ms: too close to decide" in page.by_id("undecided").text
    assert "steal time" in page.by_id("case=kws-int8-d").text


def test_an_exact_failure_on_all_profiles_is_told_once() -> None:
    big = row("size", "", "52 kB", 52_000.0, size(53_876), verdict=Verdict.FAIL, place="tests/test_size.py:3")
    page = parse(render(run(*(case(profile=p, rows=(big,)) for p in ("rpi4", "rpi5", "m7")))))
    (line,) = page.by_id("failures").find("tbody")[0].find("tr")
    assert cells(line)[:2] == ["✕ int8", "rpi4, rpi5, m7"]
    assert page.find("h1")[0].text == "3 of 3 cases fail"


def test_the_first_part_says_what_was_not_run_and_not_measured() -> None:
    found = run(
        case(profile="rpi4"),
        case(profile="m7", verdict=Verdict.NOT_RUN, reason="flash: 2.1 MB needed, 512 kB there"),
        case(profile="m4", latency=None, rows=(row("size", "", "64 kB", 64_000.0, size(53_876)),)),
    )
    page = parse(render(found))
    assert "not run: kws int8 on m7: flash: 2.1 MB needed, 512 kB there" in page.by_id("not-run").text
    assert "latency on m4: this target cannot be reached from here" in page.by_id("not-measured").text
    assert chips(page) == ["✕ 0 failed", "✓ 2 passed", "– 1 not run"]
    assert page.find("span", "pill")[0].text == "– INCOMPLETE"
    assert page.find("h1")[0].text == "1 of 3 cases did not run"


def chips(page: Node) -> list[str]:
    return [chip.text for chip in page.by_id("summary").find("span", "chip")]


def test_counts_agree_with_each_other() -> None:
    page = parse(render(matrix()))
    assert chips(page) == [
        "✕ 8 failed",
        "✓ 84 passed",
        "? 1 undecided",
        "– 2 unsupported",
        "– 1 not run",
        "▲ 1 warning",
        "? 1 inconclusive check",
    ]
    assert page.find("h1")[0].text == "8 of 96 cases fail"
    shown = [line.find("summary")[0].text.split()[0] for line in cases(page)]
    assert len(shown) == 96
    assert (shown.count("✕"), shown.count("?"), shown.count("–")) == (8, 1, 3)
    origin = page.find("p", "origin")[0].text
    assert "against main at 3b2f1aa0 (2 days old, same host)" in origin


def cases(page: Node) -> list[Node]:
    """The opened-in-place rows of all cases."""
    (found,) = page.by_id("all").find("div", "list")
    return [node for node in found.below if isinstance(node, Node) and node.tag == "details"]


def test_every_case_is_told_and_linked() -> None:
    """88 of 96 cases had no details."""
    page = parse(render(matrix()))
    ids = [node.attrs["id"] for node in page.nodes() if "id" in node.attrs]
    assert len(ids) == len(set(ids))
    links = {unquote(a.attrs["href"]) for a in page.by_id("devices").find("a")}
    assert len(links) == 92  # all that were measured
    assert {link.removeprefix("#") for link in links} <= set(ids)
    for found in matrix().cases:
        assert page.by_id(f"case={found.key}").text


def test_cells_of_devices() -> None:
    found = run(
        case(rows=(over(),)),
        case(recipe="fp16", verdict=Verdict.UNSUPPORTED, reason="swap the steps"),
        case(recipe="bare", profile="rpi5"),
    )
    section = parse(render(found)).by_id("devices")
    heads = [head.text for head in section.find("thead")[0].find("tr")[0].find("th")]
    assert heads == [
        "rpi4 Cortex-A72 · onnxruntime 1.32.0 · this machine · evidence: host",
        "rpi5 Cortex-A72 · onnxruntime 1.32.0 · this machine · evidence: host",
    ]
    lines = [cells(line) for line in section.find("tbody")[0].find("tr")]
    assert [line[0] for line in lines] == ["int8", "fp16", "bare", "original"]
    modes = [[mode.text for mode in cell.find("i")] for cell in section.find("tbody")[0].find("td")[:3]]
    assert modes == [
        ["53.9", "", "-72.2 %", ""],
        ["90.2", "", "-1.20 pp", ""],
        ["23.0", "", "≈ -22.7 %", "127 %"],
    ]
    assert lines[0][3].startswith("✕ 23.0 ")
    assert lines[1][1:4] == ["unsupported"] * 3
    assert lines[0][4:] == ["–", "–", "–"]
    reasons = [node.attrs["title"] for node in section.find("small") if "title" in node.attrs]
    assert reasons == ["unsupported: swap the steps"] * 3


def test_the_colour_of_a_cell_is_that_of_its_own_number() -> None:
    """A red mark on a number that is fine, and a green one where there is none."""
    blind = case(profile="m7", latency=None, rows=(row("size", "", "64 kB", 64_000.0, size(53_876)),))
    page = parse(render(run(case(rows=(over(), *passing_rows(None, 53_876, 90.2))), blind)))
    for part in ("summary", "devices"):
        line = page.by_id(part).find("tbody")[0].find("tr")[0]
        marks = [cell.text[0] in "✕▲?" for cell in line.find("td")]
        assert sum(marks) == 1
        assert not any("✓" in cell.text for cell in line.find("td"))
    last = page.by_id("devices").find("tbody")[0].find("tr")[0].find("td")[-1]
    assert "pass" not in last.attrs.get("class", "")


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
    assert page.find("h1")[0].text == "1 case passes, 1 with warnings"
    (line,) = page.by_id("failures").find("tbody")[0].find("tr")
    assert cells(line) == ["▲ int8", "rpi4", "latency p50", "26.8 ms [26.3, 27.3]", "24.0 ms", "+15.2 %"]
    card = page.by_id("case=kws-int8-rpi4").text
    assert "+15.2 % [+13.2, +17.2] vs baseline p < 0.0001 (0.02 over the matrix)" in card


def test_a_case_has_the_whole_story() -> None:
    rows = (over(), *passing_rows(None, 53_876, 90.2))
    page = parse(render(run(case(rows=rows), case(recipe="other"))))
    body = page.by_id("case=kws-int8-rpi4")
    assert body.above is not None
    assert body.above.find("summary")[0].text == "✕ kws int8 rpi4 53.9 90.2 23.0 over budget"
    assert body.find("p", "said")[0].text == "latency p50 28.6 ms > 22.6 ms, 127 % of the budget"
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
        "0.80 pp above limit",
    ]
    assert lines[2][5:] == ["91.4 %", "-1.20 points [-2.10, +0.30] vs model"]
    assert "zeros 0 % → 50.0 %" in body.text
    assert "Conv 8 → 0" in body.text
    assert "int8.onnx 53.9 kB" in body.text
    assert f"{53_876 * 7919:064x}" in body.text
    assert "calibrated on evaluation data" in body.text
    assert 'pytest "tests/test_kws.py::test_budget[kws-int8-rpi4]"' in body.text
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
    heads = [head.text for head in page.by_id("all").find("p", "heads")[0].find("span")]
    assert heads == ["", "model", "recipe", "device", "size, kB", "accuracy, %", "latency p50, ms", "status"]
    compared = 0
    for line in cases(page):
        _, model, recipe, device, *shown, _ = cells(line.find("summary")[0])
        seen = by_key.pop(f"{model}-{recipe}-{device}").observation
        if seen is None:
            assert shown == ["–", "–", "–"]
            continue
        assert near(float(shown[0]) * 1e3, seen.metrics["size"].value)
        assert near(float(shown[1]), seen.metrics["accuracy"].value)
        if "latency.p50" in seen.metrics:
            assert near(float(shown[2]) / 1e3, seen.metrics["latency.p50"].value)
            compared += 1
        else:
            assert shown[2] == "–"
    assert compared > cells_ / 2
    assert not by_key


def test_numbers_of_cards_are_those_of_the_record() -> None:
    text = render(matrix())
    page, record = parse(text), store.load(text, "report.html")
    compared = 0
    for found in record.cases:
        rows = [judged for check in found.checks for judged in check.rows]
        stored = {(f"{r.metric} {r.statistic}".strip(), r.place or "default check"): r for r in rows}
        drawn = [n for n in page.by_id("all").nodes() if n.attrs.get("id") == f"case={found.key}"]
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
    assert data(parse(render(small)))["schema"] == 2
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
    for part in ("summary", "devices"):
        for cell in [cell for body in page.by_id(part).find("tbody") for cell in body.find("td")]:
            css = cell.attrs.get("class", "").split()
            loud = {"over", "failed", "error", "regressed", "inconclusive"} & set(css)
            assert (cell.text[:1] in "✕▲?") == bool(loud)


def test_how_to_accept_is_ready_to_paste() -> None:
    change = Metric(7.2, "%", "host", 13, 6.4, 8.1)
    slow = replace(over(), reference="baseline", limit="baseline + 5 %", change=change)
    text = render(run(case(rows=(slow,)), baseline=BASELINE))
    assert "raise the limit at tests/test_kws.py:6" in parse(text).by_id("failures").text
    (waiver,) = re.findall(r"<pre tabindex=0>(\[\[waivers\]\][^<]*)</pre>", text)
    assert tomllib.loads(html.unescape(waiver))["waivers"][0]["up_to"] == "baseline + 9 %"
    assert "accept" not in parse(render(matrix(8, broken=False))).by_id("failures").text
