"""A metric over the runs of the history: a small figure, and in words where it changed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from pytest_edgebench.record.past import Past
from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports import numbers, status
from pytest_edgebench.reports.row_text import plain
from pytest_edgebench.reports.svg import Labels, Scale, place_text, position, scale_round, tick_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import CaseResult, Row
    from pytest_edgebench.reports.summary import Brief

WIDTH, HEIGHT = 560, 130
LEFT, RIGHT, TOP, BOTTOM = 48, 24, 20, 34
MOST_TRENDS = 2
MOST_PAST = 24
"""Earlier runs that are drawn, and kept in a record."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The figure of one slot and what it shows in words."""

    figure: str
    words: str


def slots(found: Brief) -> tuple[Row, ...]:
    """The rows of a case whose past is worth a figure: what moved or is broken, else the tightest budget."""
    told = [row for row in found.rows if row.measured is not None and math.isfinite(row.measured.value)]
    moved = [row for row in told if status.of_row(row) in (*status.ATTENTION, status.IMPROVED)]
    tight = [row for row in told if row is found.tight]
    return tuple(moved[:MOST_TRENDS] or tight)


def name(row: Row) -> str:
    """The key of a slot in `CaseResult.past`: ``latency.p50``, ``size vs baseline``."""
    metric = f"{row.metric}.{row.statistic}" if row.statistic else row.metric
    return f"{metric} vs {row.reference}" if row.reference else metric


def trends(found: Brief) -> tuple[Trend, ...]:
    """The figures of a case; none where no earlier run is known."""
    return tuple(
        trend(found.case, row, found.case.past[name(row)])
        for row in slots(found)
        if found.case.past.get(name(row))
    )


def trend(case: CaseResult, row: Row, past: Sequence[Past]) -> Trend:
    """A judged number after those of earlier runs.

    Args:
        row: with a finite number.
        past: at least one run, oldest first.
    """
    assert row.measured is not None
    now = row.measured
    points = [*past, Past("this run", "", now.value, now.low, now.high, row.verdict is Verdict.FAIL)]
    turn = turned(points)
    title = f"{status.metric_title(row)} of {case.key} over {numbers.plural(len(points), 'run')}"
    said = _words(row, points, turn)
    body = _drawing(row, points, turn)
    return Trend(
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(plain(title))}</title>'
        f"<desc>{escape(plain(said))}</desc>{body}</svg>",
        said,
    )


def turned(points: Sequence[Past]) -> int | None:
    """The run since when the last one's state holds: its first broken limit, or of an exact number its value.

    Noisy numbers that keep their limit have none: two sessions differ without a cause.
    """
    last = len(points) - 1
    if points[last].failed:
        while last > 0 and points[last - 1].failed:
            last -= 1
        return last or None
    if any(point.low is not None for point in points):
        return None
    return next((i for i in range(last, 0, -1) if points[i].value != points[i - 1].value), None)


def _words(row: Row, points: Sequence[Past], turn: int | None) -> str:
    """E.g. ``latency p50 in 12 earlier runs and this one: over its limit since a6b640c, met at 3b2f1aa``."""
    unit = points_unit(row)
    head = f"{status.metric_title(row)} in {numbers.plural(len(points) - 1, 'earlier run')} and this one: "
    if row.since:
        return f"{head}{row.since}"
    if points[-1].failed:
        if turn is None:
            return f"{head}its limit was broken in all of them"
        return f"{head}its limit is broken since {_name(points[turn])}, kept at {_name(points[turn - 1])}"
    if turn is not None:
        before, after = numbers.apart(points[turn - 1].value, points[turn].value, unit)
        return f"{head}{before} until {_name(points[turn - 1])}, {after} since {_name(points[turn])}"
    values = [point.value for point in points]
    low, high = min(values), max(values)
    if low == high:
        return f"{head}always {numbers.number(low, unit)}"
    return f"{head}between {' and '.join(numbers.apart(low, high, unit))}"


def points_unit(row: Row) -> str:
    """The unit that the numbers of a slot are stored in."""
    return row.measured.unit if row.measured is not None else ""


def _name(point: Past) -> str:
    date = f" ({point.started[:10]})" if point.started else ""
    return (point.commit or "a run") + date


def _band(at: float, higher: bool) -> str:
    """What is beyond the limit."""
    top, bottom = (at, HEIGHT - BOTTOM) if higher else (TOP, at)
    if bottom <= top:
        return ""
    size = f'width="{WIDTH - RIGHT + 8 - LEFT}" height="{position(bottom - top)}"'
    return f'<rect class="band" x="{LEFT}" y="{position(top)}" {size}/>'


def _drawing(row: Row, points: Sequence[Past], turn: int | None) -> str:
    ends = [end for point in points for end in (point.value, point.low, point.high) if end is not None]
    bound = row.bound if row.bound is not None and math.isfinite(row.bound) else None
    y = scale_round([*ends, *([bound] if bound is not None else [])], HEIGHT - BOTTOM, TOP)
    x = Scale(0, len(points) - 1, LEFT + 8, WIDTH - RIGHT)
    unit = numbers.unit_for([point.value for point in points], points_unit(row))
    parts = [f'<text x="{LEFT - 5}" y="10">{escape(unit.sign)}</text>']
    grid = ""
    for value in y.ticks(3):
        grid += f"M{LEFT} {position(y(value))}H{WIDTH - RIGHT + 8}"
        parts.append(f'<text x="{LEFT - 5}" y="{position(y(value) + 4)}">{tick_text(value, unit)}</text>')
    parts = [f'<path class="grid" d="{grid}"/><g text-anchor="end">{"".join(parts)}</g>']
    labels = Labels(0, WIDTH)
    if bound is not None:
        at = position(y(bound))
        parts.insert(0, _band(y(bound), row.higher_is_better))
        parts.append(f'<path class="budget" d="M{LEFT} {at}H{WIDTH - RIGHT + 8}"/>')
        text = f"{'≥' if row.higher_is_better else '≤'} {numbers.number(bound, points_unit(row))}"
        parts.append(place_text(labels, LEFT, y(bound) - 4, text, "budget"))
    places = [(position(x(i)), point) for i, point in enumerate(points)]
    bars = "".join(
        f"M{at} {position(y(point.low))}V{position(y(point.high))}"
        for at, point in places
        if point.low is not None and point.high is not None
    )
    heights = [position(y(point.value)) for _, point in places]
    line = f"M{places[0][0]} {heights[0]}" + "".join(
        f"H{at}" if height == before else f"L{at} {height}"
        for (at, _), before, height in zip(places[1:], heights, heights[1:], strict=False)
    )
    kept = "".join(f"M{at} {position(y(point.value))}h0" for at, point in places if not point.failed)
    broken = "".join(
        f"M{position(x(i) - 3)} {position(y(point.value) - 3)}l6 6m0-6l-6 6"
        for i, point in enumerate(points)
        if point.failed
    )
    drawn = (("bars", bars), ("line", line), ("kept", kept), ("broken", broken))
    parts += [f'<path class="{css}" d="{path}"/>' for css, path in drawn if path]
    named = dict.fromkeys((*([turn] if turn is not None else []), len(points) - 1, 0))
    for i in named:
        if i == turn:
            parts.append(f'<path class="turn" d="M{position(x(i))} {HEIGHT - BOTTOM}v6"/>')
        date = f" {points[i].started[:10]}" if points[i].started else ""
        name = plain((points[i].commit or "a run") + date)
        parts.append(place_text(labels, x(i), HEIGHT - 18, name, ""))
    return "".join(parts)
