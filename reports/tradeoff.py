"""The trade-off figure: size against score, latency as colour, one small figure a model and profile."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from pytest_edgebench.reports.svg import Labels, Scale, scale_round
from pytest_edgebench.reports.view_cases import is_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.reports.compare import Axis, Comparison, Entry

WIDTH, HEIGHT = 270, 180
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 20, 34
SHADES = 5
"""Steps of the colour scale, from the fastest (0) to the slowest, on a log scale."""


def tradeoff(comparison: Comparison, profile: str) -> str:
    """The recipes of a model on one profile as an SVG; "" where fewer than two have size and score.

    Pareto-optimal recipes are filled and joined by a line, the others hollow; the colour class ``q0`` to
    ``q4`` is the latency, ``qn`` where none is known.
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
    labels = Labels(2.0, WIDTH)
    front = sorted((x(e.metrics["size"].value), y(e.metrics[score.metric].value)) for e in here if e.pareto)
    path = "L".join(f"{_at(left)} {_at(top)}" for left, top in front)
    parts = [_axes(x, y, size, score)]
    parts += [f'<path class="front" d="M{path}"/>'] if len(front) > 1 else []
    shades = _shades(here)
    for entry in here:
        left, top = x(entry.metrics["size"].value), y(entry.metrics[score.metric].value)
        css = f"{shades[entry.recipe]}{'' if entry.pareto else ' out'}"
        parts.append(f'<circle class="{css}" cx="{_at(left)}" cy="{_at(top)}" r="4"/>')
        place = labels.place(left + 2, top - 4, entry.recipe)
        if place is not None:
            at, base, anchor = place
            parts.append(
                f'<text x="{_at(at)}" y="{_at(base)}" text-anchor="{anchor}">{escape(entry.recipe)}</text>'
            )
    title = f"Size against {score.title} of {comparison.model} on {profile}"
    words = "; ".join(_words(entry, comparison.axes) for entry in here)
    return (
        f'<svg class="trade" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>'
        f"<desc>{escape(words)}</desc>{''.join(parts)}</svg>"
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
    parts = []
    for value in y.ticks(4):
        at = _at(y(value))
        parts.append(f'<path class="grid" d="M{LEFT} {at}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 4}" y="{_at(y(value) + 4)}" text-anchor="end">{_tick(value)}</text>')
    for value in x.ticks(4):
        at = _at(x(value))
        parts.append(
            f'<text x="{at}" y="{HEIGHT - 18}" text-anchor="middle">{_tick(value / size.unit.factor)}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    log = ", log scale" if x.log else ""
    below = f"size, {size.unit.sign}{log}"
    parts.append(f'<text x="{_at(middle)}" y="{HEIGHT - 4}" text-anchor="middle">{escape(below)}</text>')
    beside = f"{score.title} {score.unit.sign}".strip()
    parts.append(f'<text x="2" y="10">{escape(beside)}</text>')
    return "".join(parts)


def _words(entry: Entry, axes: Sequence[Axis]) -> str:
    told = ", ".join(
        f"{axis.title} {axis.unit.text(entry.metrics[axis.metric].value)}"
        for axis in axes
        if axis.metric in entry.metrics
    )
    return f"{entry.recipe}{' (Pareto-optimal)' if entry.pareto else ''}: {told}"


def _finite(entry: Entry, axis: Axis) -> bool:
    return axis.metric in entry.metrics and math.isfinite(entry.metrics[axis.metric].value)


def _tick(value: float) -> str:
    return f"{value:.6g}"


def _at(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
