"""Numbers on the page are those of the record in it: both are parsed. (Table and cards: test_report_html.)"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from parsed import Node, cells, near, parse, quantity
from report_runs import matrix

from pytest_edgebench.record import store
from pytest_edgebench.reports.html import render

if TYPE_CHECKING:
    from pytest_edgebench.record.run import CaseResult, Metric, Row

TEXT = render(matrix())
PAGE, RECORD = parse(TEXT), store.load(TEXT, "report.html")
CASES = {found.key: found for found in RECORD.cases}


def told(link: Node) -> CaseResult:
    """The case that a link leads to."""
    return CASES[unquote(link.attrs["href"]).removeprefix("#case=")]


def judged(found: CaseResult, title: str, place: str) -> Row:
    (row,) = {
        row
        for check in found.checks
        for row in check.rows
        if f"{row.metric} {row.statistic}".strip() == title and (row.place or "default check") == place
    }
    return row


def test_failures() -> None:
    compared = 0
    for line in PAGE.by_id("failures").find("tbody")[0].find("tr"):
        if line.find("td", "wide"):
            continue  # a reason in words
        _, title, measured, limit, use, against, _ = cells(line)
        place = re.search(r"tests/\S+|default check", limit)
        assert place is not None
        row = judged(told(line.find("a")[0]), title, place[0])
        assert row.measured is not None
        assert row.bound is not None
        number, interval = re.match(r"([\d.,]+ \S+)(?: \[(.*?)\])?", measured).groups()  # type: ignore[union-attr]
        assert near(quantity(number), row.measured.value)
        unit = number.split()[1]
        for shown, stored in zip(
            (interval or "").split(", "), (row.measured.low, row.measured.high), strict=False
        ):
            if stored is not None:
                assert near(quantity(f"{shown} {unit}"), stored)
        assert near(quantity(" ".join(limit.split()[:2])), row.bound)
        assert float(use.split()[0]) / 100 == pytest.approx(row.measured.value / row.bound, abs=0.0051)
        if row.change is not None:
            assert float(against.split()[0]) == pytest.approx(row.change.value, abs=0.051)
        compared += 1
    assert compared >= 4


def test_profiles_side_by_side() -> None:
    compared = 0
    section = PAGE.by_id("tradeoff")
    for head, table in zip(section.find("h3"), section.find("table"), strict=True):
        model, _, axes = head.text.partition(": ")
        names = [axis.partition(", ")[::2] for axis in axes.split(" · ")]
        profiles = [cell.text.split()[0] for cell in table.find("thead")[0].find("th")[1:]]
        for line in table.find("tbody")[0].find("tr"):
            recipe, *shown = cells(line)
            for profile, text in zip(profiles, shown, strict=True):
                key = f"{model}-{recipe}-{profile}"
                seen = CASES[key].observation if key in CASES else None
                if seen is None:
                    continue
                metrics = seen.metrics
                numbers = text.removeprefix("★ ").split(" · ")
                for number, (name, unit) in zip(numbers, names, strict=True):
                    stored: Metric | None = metrics.get(name.replace(" ", "."))
                    if stored is None:
                        assert number == "–"
                    else:
                        assert near(quantity(f"{number} {unit}".strip()), stored.value), (key, name)
                        compared += 1
    assert compared > 200


def test_cells_of_the_matrix() -> None:
    compared = 0
    for cell in PAGE.by_id("matrix").find("td"):
        if not cell.find("a") or not cell.find("i"):
            continue
        found = told(cell.find("a")[0])
        assert found.observation is not None
        assert found.parent is not None
        _, latency, size, score = (view.text for view in cell.find("i"))
        change = found.observation.metrics["size"].value / found.parent.metrics["size"].value - 1
        assert float(size.split()[0]) == pytest.approx(100 * change, abs=0.051)
        lost = found.observation.metrics["accuracy"].value - found.parent.metrics["accuracy"].value
        assert float(score.split()[0]) == pytest.approx(lost, abs=0.0051)
        if "latency.p50" not in found.observation.metrics:
            assert latency == "–"
        elif latency.startswith("≈"):
            now, before = (seen.metrics["latency.p50"].value for seen in (found.observation, found.parent))
            assert float(latency.split()[1]) == pytest.approx(100 * (now / before - 1), abs=0.051)
        compared += 1
    assert compared > 80


def test_counts() -> None:
    shown = {tile.attrs["data-q"]: tile.text.split()[1] for tile in PAGE.find("a", "tile")}
    assert sum(int(number.replace(",", "")) for number in shown.values()) == len(RECORD.cases)
