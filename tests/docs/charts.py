"""Small charts as SVG, for light and dark pages: bars, stacked bars and points."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, LEFT, RIGHT, ROW, HEAD, FOOT = 760, 250, 70, 26, 56, 34
COLOURS = ("#3b6fb6", "#d9822b", "#8d96a3", "#2e8b57")
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.grid { stroke: #d0d7de }
.box { fill: #fff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .grid { stroke: #3d444d } .box { fill: #0d1117 }
}
</style>"""


def bars(
    title: str, rows: Mapping[str, Sequence[float]], names: Sequence[str], unit: str, most: float = 0
) -> str:
    """A group of horizontal bars for each row, one bar a name.

    Args:
        unit: behind each figure. most: the end of the axis; 0 for the largest value.
    """
    end = most or max(value for values in rows.values() for value in values) or 1.0
    height = ROW * max(1, len(names)) * 0.8 + 8
    parts, y = [], float(HEAD)
    for label, values in rows.items():
        parts.append(_text(LEFT - 8, y + height / 2, label, "end"))
        for number, value in enumerate(values):
            at, length = y + number * ROW * 0.8, (WIDTH - LEFT - RIGHT) * min(value, end) / end
            parts.append(_bar(LEFT, at, max(length, 1), ROW * 0.8 - 4, COLOURS[number]))
            parts.append(_text(LEFT + max(length, 1) + 6, at + 13, f"{value:g}{unit}"))
        y += height
    return _figure(title, parts, names if len(names) > 1 else (), y)


def stacked(title: str, rows: Mapping[str, Sequence[float]], names: Sequence[str]) -> str:
    """A horizontal bar for each row, cut into the shares of its values."""
    parts, y = [], float(HEAD)
    for label, values in rows.items():
        parts.append(_text(LEFT - 8, y + 15, label, "end"))
        at = float(LEFT)
        for number, value in enumerate(values):
            length = (WIDTH - LEFT - RIGHT) * value / sum(values)
            if value:
                parts.append(_bar(at, y, length, ROW - 5, COLOURS[number]))
                if length > 24:
                    parts.append(
                        f'<text x="{at + 6:.1f}" y="{y + 15:.1f}" style="fill:#fff">{value:g}</text>'
                    )
            at += length
        parts.append(_text(at + 6, y + 15, f"n = {sum(values):g}"))
        y += ROW
    return _figure(title, parts, names, y)


def points(title: str, series: Mapping[str, Sequence[tuple[float, float]]], x: str, y: str) -> str:
    """Points on two logarithmic axes of one range, with the line where both are equal."""
    values = [value for pairs in series.values() for pair in pairs for value in pair]
    low, high = (round_(math.log10(f(values))) for f, round_ in ((min, math.floor), (max, math.ceil)))
    side, top = 420.0, float(HEAD)

    def at(value: float) -> float:
        return side * (math.log10(value) - low) / (high - low)

    parts = []
    for power in range(low, high + 1):
        offset = at(10.0**power)
        parts.append(_line(LEFT + offset, top, LEFT + offset, top + side))
        parts.append(_line(LEFT, top + side - offset, LEFT + side, top + side - offset))
        parts.append(_text(LEFT + offset, top + side + 18, f"{10.0**power:g}", "middle"))
        parts.append(_text(LEFT - 8, top + side - offset + 4, f"{10.0**power:g}", "end"))
    parts.append(_line(LEFT, top + side, LEFT + side, top, "4"))
    for number, pairs in enumerate(series.values()):
        parts += [
            f'<circle cx="{LEFT + at(a):.1f}" cy="{top + side - at(b):.1f}" r="4" fill="{COLOURS[number]}"/>'
            for a, b in pairs
        ]
    parts.append(_text(LEFT + side / 2, top + side + 38, x, "middle"))
    parts.append(_text(LEFT - 60, top + side / 2, y, "end"))
    return _figure(title, parts, [*series], top + side + 30)


def _figure(title: str, parts: Sequence[str], names: Sequence[str], end: float) -> str:
    height = end + FOOT
    legend, at = [], float(LEFT)
    for number, name in enumerate(names):
        legend.append(f'<rect x="{at:.1f}" y="32" width="12" height="12" fill="{COLOURS[number]}"/>')
        legend.append(_text(at + 18, 43, name))
        at += 40 + 7.2 * len(name)
    box = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">',
            f"<title>{escape(title)}</title>",
            STYLE,
            f'<rect class="box" width="{WIDTH}" height="{height:.0f}" rx="6"/>',
            f'<text class="title" x="16" y="22">{escape(title)}</text>',
            *legend,
            *parts,
            "</svg>\n",
        ]
    )


def _line(x1: float, y1: float, x2: float, y2: float, dashes: str = "0") -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="grid" {ends} stroke-dasharray="{dashes}"/>'


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" fill="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
