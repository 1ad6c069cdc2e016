"""Labels of points, none on another nor on a point; one that has to stand apart gets a leader line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Box = tuple[float, float, float, float]

CHARACTER, LINE = 6.6, 15.0
"""Mean width of a character and height of a line of 12 px text, in px."""
RADIUS = 9.0
STEPS = (0, 18, 36, 54, 72, 96, 120, 150)


@dataclass(frozen=True, slots=True)
class Label:
    """Where the text of a point begins (its baseline), and the ends of its leader line, if it has one."""

    index: int
    x: float
    y: float
    leader: tuple[float, float, float, float] | None


def place_labels(
    points: Sequence[tuple[float, float]],
    lengths: Sequence[int],
    frame: Box,
    lines: Sequence[Box] = (),
) -> list[Label]:
    """A place for each label that finds one inside the frame, from the top down.

    Args:
        points: centres in px. lengths: of the texts, in characters. frame: left, top, right, bottom.
        lines: from (x, y) to (x, y), which labels keep clear of.
    """
    taken = [(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in points]
    taken += [spot for line in lines for spot in _spots(line)]
    found = []
    for index in sorted(range(len(points)), key=lambda one: points[one][1]):
        x, y = points[index]
        width = lengths[index] * CHARACTER
        for left, base in _candidates(x, y, width):
            box = (left - 1, base - LINE + 3, left + width + 1, base + 4)
            inside = box[0] >= frame[0] and box[2] <= frame[2] and box[1] >= frame[1] and box[3] <= frame[3]
            if inside and not _meets(box, taken):
                taken.append(box)
                near = min(max(x, left), left + width)
                apart = abs(base - 4 - y) > 20
                side = base - LINE + 5 if base > y else base + 3
                leader = (x, y, near, side) if apart else None
                found.append(Label(index, left, base, leader))
                break
    return found


def _spots(line: Box) -> list[Box]:
    """Small boxes along a line."""
    x, y, to_x, to_y = line
    count = max(1, int(max(abs(to_x - x), abs(to_y - y)) / 8))
    spots = [(x + (to_x - x) * i / count, y + (to_y - y) * i / count) for i in range(count + 1)]
    return [(left - 2, top - 2, left + 2, top + 2) for left, top in spots]


def _candidates(x: float, y: float, width: float) -> list[tuple[float, float]]:
    """Beside the point, above and below it, each time farther away."""
    out = []
    for step in STEPS:
        for base in dict.fromkeys((y + 4 - step, y + 4 + step)):
            out += [(x + 12, base), (x - 12 - width, base)]
        if step:
            out += [(x - width / 2, y - step), (x - width / 2, y + step + 8)]
    return out


def _meets(box: Box, others: Sequence[Box]) -> bool:
    """Whether a box overlaps any other; a loop, since thousands are asked for each figure."""
    left, top, right, bottom = box
    for to_left, to_top, to_right, to_bottom in others:
        if left < to_right and to_left < right and top < to_bottom and to_top < bottom:
            return True
    return False
