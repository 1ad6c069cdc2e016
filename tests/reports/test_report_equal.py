"""Numbers on the page are those of the record in it: both are parsed. (Table and cards: test_report_html.)"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from parsed import Node, cells, near, parse, quantity
from report_runs import matrix

from pytest_edgebench.record import store
from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports.html import render

if TYPE_CHECKING:
    from pytest_edgebench.record.run import CaseResult, Row

TEXT = render(matrix())
PAGE, RECORD = parse(TEXT), store.load(TEXT, "report.html")
CASES = {found.key: found for found in RECORD.cases}


def told(link: Node) -> CaseResult:
    """The case that a link leads to."""
    return CASES[unquote(link.attrs["href"]).removeprefix("#case=")]


def rows(found: CaseResult) -> list[Row]:
    return [row for check in found.checks for row in check.rows]


def loud(row: Row) -> bool:
    return row.verdict is not Verdict.PASS


def test_failures() -> None:
    compared = 0
    for table in [found for one in PAGE.by_id("failures").find("article") for found in one.find("tbody")]:
        for line in table.find("tr"):
            found = told(line.find("a")[0])
            _, devices, title, measured, limit, against, *_ = cells(line)
            assert found.profile in devices
            if not title:
                continue  # a reason in words
            row = next(
                row for row in rows(found) if f"{row.metric} {row.statistic}".strip() == title and loud(row)
            )
            assert row.measured is not None
            assert row.bound is not None
            number, interval = re.match(r"([\d.,]+ \S+)(?: \[(.*?)\])?", measured).groups()  # type: ignore[union-attr]
            assert near(quantity(number), row.measured.value)
            unit = number.split()[1]
            ends = (row.measured.low, row.measured.high)
            for shown, stored in zip((interval or "").split(", "), ends, strict=False):
                if stored is not None:
                    assert near(quantity(f"{shown} {unit}"), stored)
            assert near(quantity(limit), row.bound)
            if row.change is not None:
                assert float(against.split()[0]) == pytest.approx(row.change.value, abs=0.051)
            compared += 1
    assert compared >= 3


def test_devices() -> None:
    compared = 0
    section = PAGE.by_id("devices")
    for head, table in zip(section.find("h3"), section.find("table"), strict=True):
        groups, titles = table.find("thead")[0].find("tr")
        devices = [
            cell.find("small")[0] and str(cell.below[0])
            for cell in groups.find("th")
            for _ in range(int(cell.attrs["colspan"]))
        ]
        for line in table.find("tbody")[0].find("tr"):
            recipe, *shown = cells(line)
            for device, title, text in zip(devices, cells(titles)[1:], shown, strict=True):
                found = CASES.get(f"{head.text}-{recipe}-{device}")
                if found is None or found.observation is None:
                    continue
                name, _, unit = title.partition(", ")
                stored = found.observation.metrics.get(name.replace(" ", "."))
                if stored is None:
                    assert text == "–"
                    continue
                number = re.match(r"[✕▲?]? ?([\d.,]+)", text)
                assert number is not None
                assert near(quantity(f"{number[1]} {unit}".strip()), stored.value), (found.key, name)
                compared += 1
    assert compared > 200


def test_ways_to_look_at_a_cell() -> None:
    compared = 0
    for cell in PAGE.by_id("devices").find("td"):
        if not cell.find("a") or len(cell.find("i")) < 4 or "first" not in cell.attrs.get("class", ""):
            continue
        found = told(cell.find("a")[0])
        assert found.observation is not None
        assert found.parent is not None
        size, _, original, use = (view.text for view in cell.find("i"))
        metric = found.observation.metrics["size"]
        assert near(float(size) * 1e3, metric.value)
        change = metric.value / found.parent.metrics["size"].value - 1
        assert float(original.split()[0]) == pytest.approx(100 * change, abs=0.051)
        limits = [
            row.bound for row in rows(found) if row.metric == "size" and row.bound and not row.reference
        ]
        assert not limits or float(use.split()[0]) == pytest.approx(100 * metric.value / limits[0], abs=0.51)
        compared += 1
    assert compared > 80


def test_counts() -> None:
    chips = [chip.text.split() for chip in PAGE.by_id("summary").find("span", "chip")]
    cases = ("failed", "passed", "undecided", "unsupported", "not")
    shown = sum(int(words[1].replace(",", "")) for words in chips if words[2] in cases)
    assert shown == len(RECORD.cases)
