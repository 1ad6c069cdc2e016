"""The data: canvases of 32 x 32 pixels with one to four digits in two sizes, and noise, made from a seed.

The digits are those of `pytest_edgebench.suites.digits`; scenes to judge on are composed of digits that no
training scene holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.suites.common.sources import Source
from pytest_edgebench.suites.digits import digits

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]
    Label = dict[str, list[Any]]

SOURCE = Source(f"400 generated scenes of {digits.SOURCE.name}", digits.SOURCE.origin, digits.SOURCE.licence)
SIDE = 32
HELD_OUT, TRAINING = 400, 4000
MOST = 4
"""Digits in a scene; fewer where no place is left."""
SIZES = (8, 12)
NOISE = 0.1
"""Standard deviation; a digit goes from 0 to 1."""


def _composed(images: Array, classes: Array, count: int, seed: int) -> tuple[Array, list[Label]]:
    """Scenes (count, 1, SIDE, SIDE) float32, and of each its boxes (left, top, right, bottom) and classes."""
    import numpy as np

    draw = np.random.default_rng(seed)
    scenes = draw.normal(0, NOISE, (count, 1, SIDE, SIDE)).astype(np.float32)
    labels: list[Label] = []
    for scene in scenes[:, 0]:
        boxes: list[list[int]] = []
        kinds: list[int] = []
        for _ in range(draw.integers(1, MOST + 1)):
            number, size = draw.integers(len(images)), int(draw.choice(SIZES))
            place = _free(boxes, size, draw)
            if place is None:
                continue
            left, top = place
            rows = np.arange(size) * images.shape[-1] // size
            scene[top : top + size, left : left + size] += images[number, 0][rows][:, rows]
            boxes.append([left, top, left + size, top + size])
            kinds.append(int(classes[number]))
        labels.append({"boxes": boxes, "classes": kinds})
    return scenes, labels


def _free(boxes: list[list[int]], size: int, draw: Any) -> tuple[int, int] | None:
    """Left and top of a square that touches no box; None where twenty draws found none."""
    for _ in range(20):
        left, top = (int(at) for at in draw.integers(0, SIDE - size + 1, 2))
        if all(left + size <= a or c <= left or top + size <= b or d <= top for a, b, c, d in boxes):
            return left, top
    return None


def held_out() -> tuple[Array, list[Label]]:
    """Scenes to judge on, and their boxes."""
    return _composed(*digits.held_out(), HELD_OUT, seed=1)


def training() -> tuple[Array, list[Label]]:
    """Scenes and boxes to train on."""
    return _composed(*digits.training(), TRAINING, seed=2)


def some_scenes() -> Array:
    """256 scenes without boxes, for calibration."""
    return _composed(*digits.training(), 256, seed=3)[0]
