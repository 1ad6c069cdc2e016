"""Drawing."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_runs import times

from pytest_edgebench.reports import svg
from pytest_edgebench.reports.svg import Curve, Labels, Line, Scale, ecdf, scale_round, step_path

positive = st.floats(1e-9, 1e3)
UNIT = Scale(0.0, 1.0, 0.0, 100.0)


def test_scale() -> None:
    assert Scale(10, 20, 0, 100)(15) == 50
    assert Scale(1, 100, 0, 100, log=True)(10) == pytest.approx(50)
    assert Scale(0.0, 1.0, 156, 22)(1.0) == 22  # upside down, as y is


@pytest.mark.parametrize(
    "low, high, ticks",
    [
        (21, 41, [25, 30, 35, 40]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.02, 0.0212, [0.02, 0.0202, 0.0204, 0.0206, 0.0208, 0.021, 0.0212]),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    found = Scale(low, high, 0, 1).ticks()
    assert found == pytest.approx(ticks[: len(found)])
    assert 3 <= len(found) <= 7


def test_log_ticks() -> None:
    assert Scale(0.9, 110, 0, 1, log=True).ticks() == [1, 3, 10, 30, 100]


@given(st.lists(positive, min_size=1, max_size=30))
def test_scale_holds_all_values(values: list[float]) -> None:
    scale = scale_round(values, 0, 100)
    assert all(0 <= scale(value) <= 100 for value in values)
    assert all(scale(tick) + 1e-6 >= 0 and scale(tick) - 1e-6 <= 100 for tick in scale.ticks())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300))
def test_steps_only_go_right_and_up(values: list[float]) -> None:
    path = step_path(values, UNIT, Scale(0.0, 1.0, 100.0, 0.0))
    steps = re.findall(r"([hv])(-?[\d.]+)", path)
    assert path == "M0 100" + "".join(way + size for way, size in steps)
    across = [float(size) for way, size in steps if way == "h"]
    upward = [float(size) for way, size in steps if way == "v"]
    assert all(size > 0 for size in across)
    assert all(size < 0 for size in upward)
    assert sum(across) == pytest.approx(100)  # to the right edge
    assert sum(upward) == pytest.approx(-100)  # all of them
    assert len(upward) <= svg.MOST_STEPS + 1
    assert not re.search(r"\.\d\d|\b0\.", path)  # one decimal, as short as can be


def test_a_step_is_where_its_value_is() -> None:
    assert step_path([0.5, 0.25], UNIT, UNIT) == "M0 0h25v50h25v50h50"
    assert step_path([0.5], UNIT, Scale(0.0, 1.0, 0.0, 0.5)) == "M0 0h50v.5h50"


def test_labels_do_not_lie_on_each_other() -> None:
    labels = Labels()
    places = [labels.place(100, 14, "p50 ≤ 22.6 ms") for _ in range(5)]
    assert (
        places[:4] == [(104, 14, "start"), (96, 14, "end"), (104, 27, "start"), (96, 27, "end")]
        or None in places
    )
    assert places[4] is None
    assert len({place for place in places if place}) == len([place for place in places if place])


def test_figure_is_well_formed_and_described() -> None:
    curves = [Curve("this model", "candidate", times(0.02, 1)), Curve("parent", "reference", times(0.03, 2))]
    text = ecdf(curves, [Line("p50 ≤ <b>", 0.025, 0.5)], 'a "case" <script>')
    root = ElementTree.fromstring(text)
    assert root.find("title").text == 'a "case" <script>'  # type: ignore[union-attr]
    assert root.find("desc").text.startswith("this model: from 20.0 ms over median 2")  # type: ignore[union-attr]
    assert [p.get("class") for p in root.findall("path")][-2:] == ["reference", "candidate"]
    assert len(text) < 4_000


def test_a_budget_far_away_gives_a_log_scale() -> None:
    text = ecdf([Curve("x", "candidate", times(0.0004, 1))], [Line("p50 ≤ 100 ms", 0.1)], "x")
    assert "ms, log scale" in text or "µs, log scale" in text


@pytest.mark.parametrize("values", [(), (math.nan,), (math.inf, -math.inf)])
def test_nothing_to_draw(values: tuple[float, ...]) -> None:
    assert ecdf([Curve("x", "candidate", values)], [], "x") == ""


@pytest.mark.parametrize("values", [(0.02,), (0.02, 0.02), (0.0,), (0.0, 0.5), (1e-9, 1e3)])
def test_odd_timings(values: tuple[float, ...]) -> None:
    text = ecdf([Curve("x", "candidate", values)], [Line("b", math.inf), Line("c", 0.3)], "x")
    ElementTree.fromstring(text)
    assert "nan" not in text
    assert "inf" not in text
