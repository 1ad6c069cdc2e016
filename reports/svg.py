"""Drawing: a scale, ticks and the distribution figure, as SVG text without a chart library.

Colours are classes that the page's style sheet defines, so that one drawing serves light, dark and print.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from pytest_edgebench.reports.numbers import Unit, significant, unit_for

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 560, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 14, 22, 34
MOST_STEPS = 90
NARROWEST = 1.2
LOG_FROM = 20.0
"""From this ratio of largest to smallest value on, a linear axis would squeeze one side flat."""
FARTHEST = 1e30
"""Beyond it, axes would run out of floats."""
LABEL_WIDTH = 5.6
"""Mean width of a character of the figure's 11 px labels, in px."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One distribution: `name` for the legend, `css` its class, `values` sorted or not, in seconds."""

    name: str
    css: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Line:
    """A budget: at `value` seconds; `share` is the height its statistic is read at (p50: 0.5) or None."""

    text: str
    value: float
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels, linear or logarithmic."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = self.low, self.high, drawn_at(value)
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(max(value, self.low))
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """Round values inside the range: steps of 1, 2 or 5 times a power of ten."""
        if self.log:
            return self._log_ticks(most)
        step = 10.0 ** math.floor(math.log10((self.high - self.low) / most))
        step *= next((factor for factor in (1, 2, 5) if (self.high - self.low) / (step * factor) <= most), 10)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]

    def _log_ticks(self, most: int) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for factors in ((1, 2, 5), (1, 3), (1,)):
            found = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
            inside = [value for value in found if self.low <= value <= self.high]
            if len(inside) <= most:
                return inside
        return inside[:: math.ceil(len(inside) / most)]


def drawn_at(value: float) -> float:
    """Where a number is drawn: one beyond `FARTHEST` lies there, one nearer to 0 than its inverse at 0."""
    return 0.0 if abs(value) < 1 / FARTHEST else min(max(value, -FARTHEST), FARTHEST)


def scale_round(values: Sequence[float], start: float, end: float) -> Scale:
    """A scale that holds all values with a little air; logarithmic where they span too much."""
    low, high = drawn_at(min(values)), drawn_at(max(values))
    if low > 0 and high / low >= LOG_FROM:
        return Scale(low / 1.15, high * 1.15, start, end, log=True)
    air = (high - low) * 0.06 or abs(high) * 0.06 or 1.0
    return Scale(max(0.0, low - air) if low >= 0 else low - air, high + air, start, end)


def step_path(values: Sequence[float], x: Scale, y: Scale) -> str:
    """The path of an empirical distribution: right, then up; steps too narrow to be seen are joined.

    Args:
        values: in any order; more than `MOST_STEPS` are thinned.
        x, y: scales of the figure; `y` takes shares from 0 to 1.
    """
    ordered = sorted(values)
    count = len(ordered)
    stride = max(1, math.ceil(count / MOST_STEPS))
    pen = _Pen(x.start, y(0.0))
    drawn = x.start
    for i in sorted({*range(stride - 1, count, stride), count - 1}):
        at = x(ordered[i])
        # A rise that is not drawn at its own place is drawn with the next, at most NARROWEST px to the right.
        following = x(ordered[min(i + stride, count - 1)])
        if i < count - 1 and following - drawn < NARROWEST:
            continue
        pen.step(at, y((i + 1) / count))
        drawn = at
    pen.step(x.end, y(1.0))
    return pen.path


class _Pen:
    """Draws steps, each told from where the last one ended: a third shorter than from the corner.

    Positions are whole tenths of a pixel, so that rounding does not add up.
    """

    def __init__(self, x: float, y: float) -> None:
        self._x, self._y = round(x * 10), round(y * 10)
        self.path = f"M{position(x)} {position(y)}"

    def step(self, x: float, y: float) -> None:
        """Across to `x`, then up or down to `y`."""
        across, along = round(x * 10) - self._x, round(y * 10) - self._y
        self._x, self._y = self._x + across, self._y + along
        self.path += f"h{_tenths(across)}" if across else ""
        self.path += f"v{_tenths(along)}" if along else ""


def _tenths(count: int) -> str:
    """``3.2`` for 32, ``-.5`` for -5, ``2`` for 20."""
    whole, rest = divmod(abs(count), 10)
    return f"{'-' if count < 0 else ''}{whole or ''}{f'.{rest}' if rest else ''}"


@dataclass(slots=True)
class Labels:
    """Places labels so that none lies on another: the first free one of four positions, or none.

    Attributes:
        left, right: ends of the room for labels, in px.
    """

    left: float = LEFT - 30
    right: float = WIDTH
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def place(self, x: float, y: float, text: str) -> tuple[float, float, str] | None:
        """Baseline x, y and `text-anchor` for a label beside a point."""
        width = len(text) * LABEL_WIDTH
        options = ((x + 4, y, "start"), (x - 4, y, "end"), (x + 4, y + 13, "start"), (x - 4, y + 13, "end"))
        for left, base, anchor in options:
            start = left if anchor == "start" else left - width
            box = (start, base - 10, start + width, base + 3)
            inside = box[0] >= self.left and box[2] <= self.right
            if inside and not any(_overlap(box, other) for other in self.taken):
                self.taken.append(box)
                return left, base, anchor
        return None


def ecdf(curves: Sequence[Curve], budgets: Sequence[Line], title: str) -> str:
    """The distributions of some timings as one figure; "" where there is nothing to draw.

    Args:
        curves: candidate first; those without finite values are left out.
        budgets: vertical lines.
        title: of the case, for readers who cannot see it.
    """
    drawn = [
        Curve(curve.name, curve.css, [value for value in curve.values if math.isfinite(value)])
        for curve in curves
    ]
    drawn = [curve for curve in drawn if curve.values]
    if not drawn:
        return ""
    lines = [line for line in budgets if math.isfinite(line.value)]
    everything = [value for curve in drawn for value in curve.values] + [line.value for line in lines]
    x = scale_round(everything, LEFT, WIDTH - RIGHT)
    y = Scale(0.0, 1.0, HEIGHT - BOTTOM, TOP)
    unit = unit_for(everything, "s")
    body = [_axes(x, y, unit)]
    labels = Labels()
    body += [_budget(line, x, y, labels) for line in lines]
    # The candidate comes last, on top of what it is compared with.
    body += [f'<path class="{curve.css}" d="{step_path(curve.values, x, y)}"/>' for curve in reversed(drawn)]
    description = "; ".join(_words(curve, unit) for curve in drawn)
    description += "".join(f"; budget {line.text}" for line in lines)
    return (
        f'<svg class="ecdf" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(body)}</svg>"
    )


def _axes(x: Scale, y: Scale, unit: Unit) -> str:
    grid, shares, values = "", "", ""
    for share in (0.0, 0.5, 1.0):
        grid += f"M{position(x.start)} {position(y(share))}H{position(x.end)}"
        shares += f'<text x="{LEFT - 5}" y="{position(y(share) + 4)}">{share:.0%}</text>'
    for value in x.ticks():
        at = position(x(value))
        grid += f"M{at} {position(y.start)}v4"
        values += f'<text x="{at}" y="{HEIGHT - 18}">{tick_text(value, unit)}</text>'
    note = ", log scale" if x.log else ""
    middle = position((x.start + x.end) / 2)
    values += f'<text x="{middle}" y="{HEIGHT - 4}">{unit.sign}{note}</text>'
    texts = f'<g text-anchor="end">{shares}</g><g text-anchor="middle">{values}</g>'
    return f'<path class="grid" d="{grid}"/>{texts}'


def tick_text(value: float, unit: Unit) -> str:
    """As short as the round number it is: ``30``, ``27.5``."""
    text = significant(value / unit.factor, 4)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _budget(line: Line, x: Scale, y: Scale, labels: Labels) -> str:
    at = x(line.value)
    mark = f'<path class="budget" d="M{position(at)} {position(y.start)}V{position(y.end)}"/>'
    if line.share is not None:
        mark += f'<circle class="budget" cx="{position(at)}" cy="{position(y(line.share))}" r="3"/>'
    return mark + place_text(labels, at, TOP - 8, line.text, "budget")


def place_text(labels: Labels, x: float, y: float, text: str, css: str) -> str:
    """A label beside a point, of a class or none; "" where there is no room for it."""
    place = labels.place(x, y, text)
    if place is None:
        return ""
    left, base, anchor = place
    named = f' class="{css}"' if css else ""
    at = f'x="{position(left)}" y="{position(base)}" text-anchor="{anchor}"'
    return f"<text{named} {at}>{escape(text)}</text>"


def _words(curve: Curve, unit: Unit) -> str:
    ordered = sorted(curve.values)
    low, middle, high = ordered[0], ordered[len(ordered) // 2], ordered[-1]
    return f"{curve.name}: from {unit.text(low)} over median {unit.text(middle)} to {unit.text(high)}"


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def position(value: float) -> str:
    """A coordinate: one decimal, without a trailing zero."""
    return f"{value:.1f}".removesuffix(".0")
