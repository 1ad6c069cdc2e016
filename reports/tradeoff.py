"""The trade-off figure: size against score, latency as colour, one large figure a model and device."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import cut
from pytest_edgebench.reports.row_text import plain
from pytest_edgebench.reports.scores import is_score
from pytest_edgebench.reports.svg import Scale, position, scale_round, tick_text
from pytest_edgebench.reports.tradeoff_labels import place_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.reports.compare import Axis, Comparison, Entry

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 58, 20, 30, 46
STYLE = (
    ":root{color-scheme:light dark;background:light-dark(#fff,#14171a);font:12px system-ui,sans-serif}"
    "text{fill:light-dark(#1f2328,#e6edf3)}.head{font-weight:600;font-size:14px}"
    ".tick{fill:light-dark(#59636e,#9ba5af)}"
    "path{fill:none;stroke:light-dark(#d1d9e0,#3d444d)}"
    ".whisker,.move,.lead{stroke:light-dark(#59636e,#9ba5af)}"
    ".limit{stroke:light-dark(#b3261e,#ff8f86);stroke-dasharray:5 4}"
    ".limit-text{fill:light-dark(#b3261e,#ff8f86)}"
    ".room{fill:light-dark(#2da44e22,#3fb95022);stroke:none}.was{fill:light-dark(#59636e,#9ba5af)}"
    "circle{fill:var(--q);stroke:light-dark(#0a3069,#a5d6ff);stroke-width:1.4}"
    ".q0{--q:light-dark(#cfe8fb,#12395c)}.q1{--q:light-dark(#9ac9ee,#1b5482)}"
    ".q2{--q:light-dark(#5ba4dc,#2f7fbd)}.q3{--q:light-dark(#1f77b4,#74b1d9)}"
    ".q4{--q:light-dark(#0a3f6b,#c5e3f8)}.qn{--q:light-dark(#fff,#14171a)}"
)
"""Of a figure in a file of its own; on the page the style sheet says the same with its variables."""
SHADES = 5
"""Steps of the colour scale, from the fastest (0) to the slowest, on a log scale."""


def axes_of(comparison: Comparison) -> tuple[Axis, Axis] | None:
    """Size and the first score; None where there are not both."""
    size = next((axis for axis in comparison.axes if axis.metric == "size"), None)
    score = next((axis for axis in comparison.axes if is_score(axis.metric)), None)
    return (size, score) if size is not None and score is not None else None


def entries_of(comparison: Comparison, profile: str) -> list[Entry]:
    """The recipes of a device that have both numbers; none where there is nothing to compare."""
    axes = axes_of(comparison)
    if axes is None:
        return []
    here = [row[profile] for row in comparison.entries.values() if profile in row]
    here = [entry for entry in here if all(_finite(entry, axis) for axis in axes)]
    return here if len(here) > 1 else []


def tradeoff(comparison: Comparison, profile: str) -> str:
    """The recipes of a model on one device as an SVG; "" where fewer than two have size and score.

    Whiskers are 95 % intervals of the score, and no axis is narrower than the widest of them; an arrow comes
    from the baseline; dashed are limits that hold for all recipes. The colour class ``q0`` to ``q4`` is the
    latency, ``qn`` where none is known.
    """
    axes, here = axes_of(comparison), entries_of(comparison, profile)
    if axes is None or not here:
        return ""
    size, score = axes
    x, y = _scales(here, size, score)
    points = [(x(e.metrics["size"].value), y(e.metrics[score.metric].value)) for e in here]
    shades = shades_of(here)
    parts = [_room(here, x, y, score), _grid(x, y, size, score), _limits(here, x, y, size, score)]
    for entry, (left, top) in zip(here, points, strict=True):
        parts.append(_whisker(entry, score, left, y))
        parts.append(_move(entry, score, left, top, x, y))
    for entry, (left, top) in zip(here, points, strict=True):
        parts.append(
            f'<circle class="{shades[entry.recipe]}" cx="{position(left)}" cy="{position(top)}" r="7"/>'
        )
    texts = [_label(entry, comparison) for entry in here]
    frame = (float(LEFT), float(TOP), float(WIDTH - RIGHT), float(HEIGHT - BOTTOM))
    lines = [
        line for entry, point in zip(here, points, strict=True) for line in _lines(entry, score, point, x, y)
    ]
    for label in place_labels(points, [columns for columns, _ in texts], frame, lines):
        told = texts[label.index][1]
        if label.leader:
            ends = " ".join(position(end) for end in label.leader)
            parts.append(f'<path class="lead" d="M{ends}"/>')
        at = f'x="{position(label.x)}" y="{position(label.y)}"'
        parts.append(f"<text {at}>{told}</text>")
    title = f"Size against {score.title} of {comparison.model} on {profile}"
    told = "; ".join(f"{entry.recipe} {_numbers(entry, size, score)}" for entry in here)
    return (
        f'<svg class="trade" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(plain(title))}</title>'
        f"<desc>{escape(plain(told))}</desc>{''.join(parts)}</svg>"
    )


def poster(comparisons: Sequence[Comparison]) -> str:
    """All figures as one SVG file, light or dark as its reader wants: a line a model, a column a device.

    "" where there is nothing to draw.
    """
    tall, rows = HEIGHT + 28, []
    for comparison in comparisons:
        drawn = [(profile, tradeoff(comparison, profile)) for profile in comparison.profiles]
        rows.append([(comparison.model, profile, figure) for profile, figure in drawn if figure])
    rows = [row for row in rows if row]
    if not rows:
        return ""
    parts = []
    for i, row in enumerate(rows):
        for j, (model, profile, figure) in enumerate(row):
            at = f'x="{j * WIDTH}" y="{i * tall + 28}" width="{WIDTH}" height="{HEIGHT}"'
            parts.append(f'<text class="head" x="{j * WIDTH + 2}" y="{i * tall + 18}">')
            parts.append(f"{escape(plain(f'{model} on {profile}'))}</text>")
            parts.append(figure.replace('<svg class="trade"', f'<svg class="trade" {at}', 1))
    wide, high = max(len(row) for row in rows) * WIDTH, len(rows) * tall
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


def shades_of(here: Sequence[Entry]) -> dict[str, str]:
    """Recipe → colour class: equal steps of the logarithm of the latency, over the device's recipes."""
    times = {
        entry.recipe: math.log(entry.metrics["latency.p50"].value)
        for entry in here
        if "latency.p50" in entry.metrics and entry.metrics["latency.p50"].value > 0
    }
    low, high = (min(times.values()), max(times.values())) if times else (0.0, 0.0)
    step = (high - low) / SHADES or 1.0
    return {
        entry.recipe: f"q{min(SHADES - 1, int((times[entry.recipe] - low) / step))}"
        if entry.recipe in times
        else "qn"
        for entry in here
    }


def _scales(here: Sequence[Entry], size: Axis, score: Axis) -> tuple[Scale, Scale]:
    xs = [entry.metrics[size.metric].value for entry in here]
    xs += [
        entry.before[size.metric] for entry in here if math.isfinite(entry.before.get(size.metric, math.nan))
    ]
    ys = [
        entry.before[score.metric]
        for entry in here
        if math.isfinite(entry.before.get(score.metric, math.nan))
    ]
    for entry in here:
        metric = entry.metrics[score.metric]
        ys += [
            end for end in (metric.value, metric.low, metric.high) if end is not None and math.isfinite(end)
        ]
    bound = shared_limit(here, score.metric)
    ys += [bound[0]] if bound is not None and math.isfinite(bound[0]) else []
    return scale_round(xs, LEFT, WIDTH - RIGHT), scale_round(ys, HEIGHT - BOTTOM, TOP)


def shared_limit(here: Sequence[Entry], metric: str) -> tuple[float, str] | None:
    """A limit that all compressed recipes have alike; None where they differ, or have none."""
    found = {entry.limits.get(metric) for entry in here if entry.key}
    return next(iter(found)) if len(found) == 1 else None


def _grid(x: Scale, y: Scale, size: Axis, score: Axis) -> str:
    grid, left, bottom = "", "", ""
    for value in y.ticks(6):
        grid += f"M{LEFT} {position(y(value))}H{WIDTH - RIGHT}"
        left += f'<text x="{LEFT - 6}" y="{position(y(value) + 4)}">{value:.6g}</text>'
    for value in x.ticks(8):
        grid += f"M{position(x(value))} {TOP}V{HEIGHT - BOTTOM}"
        bottom += f'<text x="{position(x(value))}" y="{HEIGHT - 28}">{tick_text(value, size.unit)}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    below = f"size, {size.unit.sign}{' (log scale)' if x.log else ''}"
    bottom += f'<text x="{position(middle)}" y="{HEIGHT - 8}">{escape(plain(below))}</text>'
    beside = f"{score.title}{f', {score.unit.sign}' if score.unit.sign else ''}"
    return (
        f'<path class="grid" d="{grid}"/><g class="tick" text-anchor="end">{left}</g>'
        f'<g class="tick" text-anchor="middle">{bottom}</g>'
        f'<text class="tick" x="{LEFT}" y="16">{escape(plain(beside))}</text>'
    )


def _room(here: Sequence[Entry], x: Scale, y: Scale, score: Axis) -> str:
    """What both limits, or the one there is, allow."""
    most, least = shared_limit(here, "size"), shared_limit(here, score.metric)
    if most is None and least is None:
        return ""
    right = min(max(x(most[0]), LEFT), WIDTH - RIGHT) if most is not None else WIDTH - RIGHT
    edge = min(max(y(least[0]), TOP), HEIGHT - BOTTOM) if least is not None else None
    top, bottom = float(TOP), float(HEIGHT - BOTTOM)
    if edge is not None and score.higher_is_better:
        bottom = edge
    elif edge is not None:
        top = edge
    if right <= LEFT or bottom <= top:
        return ""
    wide, tall = position(right - LEFT), position(bottom - top)
    return f'<rect class="room" x="{LEFT}" y="{position(top)}" width="{wide}" height="{tall}"/>'


def _limits(here: Sequence[Entry], x: Scale, y: Scale, size: Axis, score: Axis) -> str:
    out = ""
    most, least = shared_limit(here, "size"), shared_limit(here, score.metric)
    if most is not None and x.low <= most[0] <= x.high:
        at = position(x(most[0]))
        out += f'<path class="limit" d="M{at} {TOP}V{HEIGHT - BOTTOM}"/>'
        out += f'<text class="limit-text" x="{at}" y="{HEIGHT - BOTTOM - 6}" dx="4">'
        out += f"size ≤ {escape(cut(plain(most[1]), 40))}</text>"
    if least is not None and y.low <= least[0] <= y.high:
        at = position(y(least[0]))
        sign = "≥" if score.higher_is_better else "≤"
        words = f"{score.title} {sign} {cut(plain(least[1]), 40)}"
        out += f'<path class="limit" d="M{LEFT} {at}H{WIDTH - RIGHT}"/>'
        out += f'<text class="limit-text" x="{WIDTH - RIGHT - 4}" y="{at}" dy="-5" text-anchor="end">'
        out += f"{escape(words)}</text>"
    return out


def _whisker(entry: Entry, score: Axis, left: float, y: Scale) -> str:
    metric = entry.metrics[score.metric]
    if (
        metric.low is None
        or metric.high is None
        or not (math.isfinite(metric.low) and math.isfinite(metric.high))
    ):
        return ""
    low, high, at = position(y(metric.low)), position(y(metric.high)), position(left)
    caps = f"M{position(left - 4)} {low}h8M{position(left - 4)} {high}h8"
    return f'<path class="whisker" d="M{at} {low}V{high}{caps}"/>'


def _move(entry: Entry, score: Axis, left: float, top: float, x: Scale, y: Scale) -> str:
    """From the baseline's numbers to now; nothing where it did not move by the width of its point."""
    old_size, old_score = entry.before.get("size"), entry.before.get(score.metric)
    if old_size is None or old_score is None or not (math.isfinite(old_size) and math.isfinite(old_score)):
        return ""
    from_x, from_y = x(old_size), y(old_score)
    length = math.hypot(left - from_x, top - from_y)
    if length < 3:
        return ""
    near = max(0.0, 1 - 9 / length)
    end_x, end_y = from_x + (left - from_x) * near, from_y + (top - from_y) * near
    angle = math.atan2(top - from_y, left - from_x)
    tips = [(end_x - 6 * math.cos(angle + turn), end_y - 6 * math.sin(angle + turn)) for turn in (0.5, -0.5)]
    head = "".join(f"M{position(end_x)} {position(end_y)}L{position(a)} {position(b)}" for a, b in tips)
    line = f"M{position(from_x)} {position(from_y)}L{position(end_x)} {position(end_y)}"
    line += head if length > 14 else ""
    return (
        f'<path class="move" d="{line}"/>'
        f'<circle class="was" cx="{position(from_x)}" cy="{position(from_y)}" r="3"/>'
    )


def _lines(
    entry: Entry, score: Axis, point: tuple[float, float], x: Scale, y: Scale
) -> list[tuple[float, float, float, float]]:
    """What is drawn at a point: its whisker, and its arrow from the baseline."""
    metric, found = entry.metrics[score.metric], []
    if metric.low is not None and metric.high is not None and math.isfinite(metric.high - metric.low):
        found.append((point[0], y(metric.low), point[0], y(metric.high)))
    old = entry.before.get("size"), entry.before.get(score.metric)
    if old[0] is not None and old[1] is not None and math.isfinite(old[0]) and math.isfinite(old[1]):
        found.append((x(old[0]), y(old[1]), *point))
    return found


def _label(entry: Entry, comparison: Comparison) -> tuple[int, str]:
    """Its length in characters, and a recipe's name with its latency as SVG text."""
    name = cut(plain(entry.recipe), 28)
    time = entry.metrics.get("latency.p50")
    axis = next((axis for axis in comparison.axes if axis.metric == "latency.p50"), None)
    beside = axis.unit.text(time.value) if time is not None and axis is not None else ""
    told = f'<tspan font-weight="600">{escape(name)}</tspan>'
    told += f' <tspan class="tick">{escape(beside)}</tspan>' if beside else ""
    return len(name) + (len(beside) + 1 if beside else 0), told


def _numbers(entry: Entry, size: Axis, score: Axis) -> str:
    return (
        f"{size.unit.text(entry.metrics['size'].value)}, {score.unit.text(entry.metrics[score.metric].value)}"
    )


def _finite(entry: Entry, axis: Axis) -> bool:
    return axis.metric in entry.metrics and math.isfinite(entry.metrics[axis.metric].value)
