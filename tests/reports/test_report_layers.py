"""Layers in a case's details, only where a record has them."""

from __future__ import annotations

from dataclasses import replace

from parsed import cells, parse
from report_runs import case, over, run

from pytest_edgebench.record import store
from pytest_edgebench.record.layers import LayerChange, Layers
from pytest_edgebench.reports.html import render

LAYERS = Layers(
    "MatMul first: MACs 640 → 800",
    (
        LayerChange("first", "MatMul", 800, 3200, 640, 3200),
        LayerChange("<b>", "Gelu", 0, 0),
        LayerChange("", "3 others", None, None, 100, 400),
    ),
)


def test_each_with_what_it_was() -> None:
    told = run(replace(case(rows=(over(),)), layers=LAYERS))
    assert store.load(store.dump(told), "run.json") == told
    page = parse(render(told))
    (table,) = page.find("table", "layers")
    rows = [cells(row) for row in table.find("tr")][1:]
    assert rows == [
        ["MatMul first", "=", "3.20 kB", "640", "800"],
        ["Gelu <b>", "–", "0 B", "–", "0"],
        ["3 others", "400 B", "–", "100", "–"],
    ]
    assert "First operator that moved: MatMul first: MACs 640 → 800" in page.text


def test_a_record_without_them() -> None:
    assert not parse(render(run(case(rows=(over(),))))).find("table", "layers")
