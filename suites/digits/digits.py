"""The data: 1,797 handwritten digits of 8 x 8 pixels, which come with scikit-learn.

Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
1998, https://doi.org/10.24432/C50P49 (its test part).
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.suites.common.sources import Source

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

SOURCE = Source(
    "Optical Recognition of Handwritten Digits (test part, 1,797 digits)",
    "UCI 1998, bundled with scikit-learn",
    "CC BY 4.0",
)
HELD_OUT = 1000
"""Samples to judge on; the other 797 are for training and calibration."""


@functools.cache
def _digits() -> tuple[Array, Array]:
    """All images (1797, 1, 8, 8), float32 from 0 to 1, and their classes (1797,), in a fixed random order.

    Neighbours in the file are of one writer, so both parts get something of every writer.
    """
    import importlib.util

    import numpy as np

    # What `sklearn.datasets.load_digits` reads; importing that takes longer than all else of a second run.
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")
    table = np.loadtxt(Path(spec.submodule_search_locations[0], "datasets/data/digits.csv.gz"), delimiter=",")
    pixels, classes = table[:, :-1], table[:, -1]
    order = np.random.default_rng(0).permutation(len(pixels))
    images = (pixels[order] / 16).astype(np.float32)
    return images.reshape(-1, 1, 8, 8), classes[order].astype(np.int64)


def held_out() -> tuple[Array, Array]:
    """Images and classes that no training has seen."""
    images, classes = _digits()
    return images[:HELD_OUT], classes[:HELD_OUT]


def training() -> tuple[Array, Array]:
    """Images and classes to train on."""
    images, classes = _digits()
    return images[HELD_OUT:], classes[HELD_OUT:]


def training_images() -> Array:
    """Images without classes, for calibration."""
    return training()[0]
