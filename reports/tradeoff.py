"""The trade-off figure: size against score, latency as colour, one small figure a model and profile."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from pytest_edgebench.reports.lines import plain
from pytest_edgebench.reports.scores import is_score
from pytest_edgebench.reports.svg import Labels, Scale, place_text, position, scale_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.reports.compare import Axis, Comparison, Entry

WIDTH, HEIGHT = 270, 180
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 20, 34
STYLE = (
    ":root{color-scheme:light dark;background:light-dark(#fff,#14171a);font:11px system-ui,sans-serif}"
    "text{fill:light-dark(#59636e,#9ba5af)}.head{font-weight:600;font-size:13px}"
    "path{fill:none;stroke:light-dark(#e1e5e9,#2b3137)}"
    ".front{stroke:light-dark(#59636e,#9ba5af);stroke-dasharray:3 3}"
    "circle{fill:var(--q);stroke:var(--q);stroke-width:1.6}.out{fill:light-dark(#fff,#14171a)}"
    ".moved{fill:none;stroke:light-dark(#1c2127,#e3e6e9);stroke-width:1.2}"
    ".q0{--q:light-dark(#7fb8dc,#d3e9f7)}.q1{--q:light-dark(#4a97c9,#a5cfea)}"
    ".q2{--q:light-dark(#1f77b4,#74b1d9)}.q3{--q:light-dark(#0b5a92,#4a94c4)}"
    ".q4{--q:light-dark(#053a63,#2b76a8)}.qn{--q:light-dark(#59636e,#9ba5af)}"
)
"""Of a figure in a file of its own; on the page the style sheet says the same with its variables."""
SHADES = 5
"""Steps of the colour scale, from the fastest (0) to the slowest, on a log scale."""


def tradeoff(comparison: Comparison, profile: str) -> str:
    """The recipes of a model on one profile as an SVG; "" where fewer than two have size and score.

    Pareto-optimal recipes are filled and joined by a line, the others hollow; the colour class ``q0`` to
    ``q4`` is the latency, ``qn`` where none is known. A ring marks what this run moved.
    """
    size = next((axis for axis in comparison.axes if axis.metric == "size"), None)
    score = next((axis for axis in comparison.axes if is_score(axis.metric)), None)
    if size is None or score is None:
        return ""
    here = [row[profile] for row in comparison.entries.values() if profile in row]
    here = [entry for entry in here if _finite(entry, size) and _finite(entry, score)]
    if len(here) < 2:
        return ""
    x = scale_round([entry.metrics["size"].value for entry in here], LEFT, WIDTH - RIGHT)
    y = scale_round([entry.metrics[score.metric].value for entry in here], HEIGHT - BOTTOM, TOP)
    labels = Labels(LEFT + 1.0, WIDTH)
    front = sorted((x(e.metrics["size"].value), y(e.metrics[score.metric].value)) for e in here if e.pareto)
    path = "L".join(f"{position(left)} {position(top)}" for left, top in front)
    parts = [_axes(x, y, size, score)]
    parts += [f'<path class="front" d="M{path}"/>'] if len(front) > 1 else []
    shades = _shades(here)
    for entry in here:
        left, top = x(entry.metrics["size"].value), y(entry.metrics[score.metric].value)
        css = f"{shades[entry.recipe]}{'' if entry.pareto else ' out'}"
        parts.append(f'<circle class="{css}" cx="{position(left)}" cy="{position(top)}" r="4"/>')
        if entry.moved:
            parts.append(f'<circle class="moved" cx="{position(left)}" cy="{position(top)}" r="7"/>')
        parts.append(place_text(labels, left + 2, top - 4, plain(entry.recipe), ""))
    title = f"Size against {score.title} of {comparison.model} on {profile}"
    words = "Pareto-optimal: " + (", ".join(entry.recipe for entry in here if entry.pareto) or "none")
    moved = ", ".join(entry.recipe for entry in here if entry.moved)
    words += f"; moved by this run: {moved}" if moved else ""
    return (
        f'<svg class="trade" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(plain(title))}</title>'
        f"<desc>{escape(plain(words))}</desc>{''.join(parts)}</svg>"
    )


def poster(comparisons: Sequence[Comparison]) -> str:
    """All figures as one SVG file, light or dark as its reader wants: a line a model, a column a profile.

    "" where there is nothing to draw.
    """
    tall, rows = HEIGHT + 24, []
    for comparison in comparisons:
        drawn = [(profile, tradeoff(comparison, profile)) for profile in comparison.profiles]
        rows.append([(comparison.model, profile, figure) for profile, figure in drawn if figure])
    rows = [row for row in rows if row]
    if not rows:
        return ""
    parts = []
    for i, row in enumerate(rows):
        for j, (model, profile, figure) in enumerate(row):
            at = f'x="{j * WIDTH}" y="{i * tall + 24}" width="{WIDTH}" height="{HEIGHT}"'
            parts.append(f'<text class="head" x="{j * WIDTH + 2}" y="{i * tall + 16}">')
            parts.append(f"{escape(plain(f'{model} on {profile}'))}</text>")
            parts.append(figure.replace('<svg class="trade"', f'<svg class="trade" {at}', 1))
    wide, high = max(len(row) for row in rows) * WIDTH, len(rows) * tall
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _shades(here: Sequence[Entry]) -> dict[str, str]:
    """Recipe → colour class: equal steps of the logarithm of the latency, over the profile's recipes."""
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


def _axes(x: Scale, y: Scale, size: Axis, score: Axis) -> str:
    grid, left, bottom = "", "", ""
    for value in y.ticks(4):
        grid += f"M{LEFT} {position(y(value))}H{WIDTH - RIGHT}"
        left += f'<text x="{LEFT - 4}" y="{position(y(value) + 4)}">{_tick(value)}</text>'
    for value in x.ticks(4):
        text = _tick(value / size.unit.factor)
        bottom += f'<text x="{position(x(value))}" y="{HEIGHT - 18}">{text}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    below = f"size, {size.unit.sign}{', log scale' if x.log else ''}"
    bottom += f'<text x="{position(middle)}" y="{HEIGHT - 4}">{escape(plain(below))}</text>'
    beside = f"{score.title} {score.unit.sign}".strip()
    return (
        f'<path class="grid" d="{grid}"/><g text-anchor="end">{left}</g><g text-anchor="middle">{bottom}</g>'
        f'<text x="2" y="10">{escape(plain(beside))}</text>'
    )


def _finite(entry: Entry, axis: Axis) -> bool:
    return axis.metric in entry.metrics and math.isfinite(entry.metrics[axis.metric].value)


def _tick(value: float) -> str:
    return f"{value:.6g}"
