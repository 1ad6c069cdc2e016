"""What the detector's outputs mean: for each cell of a grid, is a digit's middle there, its box and class.

One cell is (presence, middle x, middle y, width, height, ten classes), as numbers before sigmoid or softmax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from pytest_edgebench.suites.detection.scenes import Label

    Array = np.ndarray[Any, np.dtype[Any]]

GRID = 8
CELL = 4
"""Pixels of a cell's side."""
WIDEST = 16
"""Pixels that a width or height of 1 stands for."""
CHANNELS = 15
LEAST = 0.1
"""Presence from which a cell gives a box."""


def wanted(labels: list[Label]) -> Array:
    """What the outputs should be after sigmoid and softmax: (n, CHANNELS, GRID, GRID) float32."""
    import numpy as np

    grid = np.zeros((len(labels), CHANNELS, GRID, GRID), np.float32)
    for number, label in enumerate(labels):
        for (left, top, right, bottom), kind in zip(label["boxes"], label["classes"], strict=True):
            x, y = (left + right) / 2 / CELL, (top + bottom) / 2 / CELL
            column, row = min(int(x), GRID - 1), min(int(y), GRID - 1)
            size = (right - left) / WIDEST, (bottom - top) / WIDEST
            grid[number, :5, row, column] = (1, x - column, y - row, *size)
            grid[number, 5 + kind, row, column] = 1
    return grid


def loss(outputs: Tensor, grid: Tensor) -> Tensor:
    """Cross-entropy of presence in all cells, of the class and the distance of the box where a digit is."""
    import torch

    there = grid[:, :1]
    count = there.sum().clamp(min=1)
    presence = torch.nn.functional.binary_cross_entropy_with_logits(outputs[:, :1], there)
    box = ((torch.sigmoid(outputs[:, 1:5]) - grid[:, 1:5]).abs() * there).sum() / count
    kind = -(torch.log_softmax(outputs[:, 5:], dim=1) * grid[:, 5:]).sum() / count
    return 5 * presence + 2 * box + kind


def boxes(output: Array) -> dict[str, Array]:
    """Boxes (n, 4) as left, top, right, bottom in pixels, classes (n,) and scores (n,) of one scene.

    Args:
        output: (CHANNELS, GRID, GRID).
    """
    import numpy as np

    presence, *box = 1 / (1 + np.exp(-output[:5]))
    rows, columns = np.nonzero(presence > LEAST)
    x, y, width, height = (part[rows, columns] for part in box)
    x, y = (x + columns) * CELL, (y + rows) * CELL
    half_width, half_height = width * WIDEST / 2, height * WIDEST / 2
    shares = np.exp(output[5:] - output[5:].max(axis=0))
    shares = (shares / shares.sum(axis=0))[:, rows, columns]
    return {
        "boxes": np.stack([x - half_width, y - half_height, x + half_width, y + half_height], axis=1),
        "classes": shares.argmax(axis=0),
        "scores": presence[rows, columns] * shares.max(axis=0, initial=0),
    }
