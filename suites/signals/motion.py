"""Motion of a smart watch: which of four things its wearer does.

BasicMotions: A. Bagnall et al., The UEA multivariate time series classification archive, 2018,
arXiv:1811.00075. 40 + 40 recordings of 3 axes of an accelerometer and 3 of a gyroscope, 10 s at 10 Hz.
Without them
`generated.motions` stands in.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb
from pytest_edgebench.suites.common.sources import Source, absent, shared

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

FOLDER = "signals/basic_motions"
CLASSES = ("Standing", "Running", "Walking", "Badminton")
CHANNELS, STEPS = 6, 100


def given() -> bool:
    """Whether BasicMotions is there."""
    return shared(FOLDER) is not None


def source(real: bool) -> Source:
    """What the figures rest on."""
    if real:
        return Source(
            "BasicMotions (40 recordings to train on, 40 to judge on)",
            "UEA archive, as in aeon",
            "BSD-3-Clause (aeon); the archive states none",
        )
    return Source(
        "generated motions (400 to train on, 400 to judge on)",
        "pytest_edgebench.suites.signals.generated",
        "Apache-2.0",
        absent(FOLDER),
    )


def training(real: bool) -> tuple[Array, Array]:
    """Recordings (n, 6, 100), float32, each channel with mean 0 and deviation 1, and their classes (n,)."""
    return _parts(real)[0]


def held_out(real: bool) -> tuple[Array, Array]:
    """As `training`, of recordings that no training has seen."""
    return _parts(real)[1]


def training_inputs(real: bool) -> Array:
    """Recordings without classes, for calibration."""
    return training(real)[0]


def _parts(real: bool) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    import numpy as np

    (inputs, classes), (others, other_classes) = _files() if real else _generated()
    mean, spread = inputs.mean((0, 2), keepdims=True), inputs.std((0, 2), keepdims=True)
    scaled = [((part - mean) / spread).astype(np.float32) for part in (inputs, others)]
    return (scaled[0], classes), (scaled[1], other_classes)


def _files() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    folder = shared(FOLDER)
    if folder is None:
        raise eb.EdgebenchError(f"no BasicMotions: {absent(FOLDER)}")
    first, second = (read_ts(folder / f"BasicMotions_{part}.ts") for part in ("TRAIN", "TEST"))
    return first, second


@functools.cache
def _generated() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    from pytest_edgebench.suites.signals.generated import motions

    return motions(400, seed=1), motions(400, seed=2)


def read_ts(path: Path) -> tuple[Array, Array]:
    """The recordings (n, 6, 100), float64, and classes (n,), int64, of a file in the format of the archive.

    After ``@data`` each line is a recording: channels apart by ``:``, values by ``,``, the class last.
    """
    import numpy as np

    lines = path.read_text(encoding="utf-8").splitlines()
    told = [line.strip().lower() for line in lines]
    rows = [line.split(":") for line in lines[told.index("@data") + 1 :] if line.strip()]
    values = np.array([[[float(value) for value in part.split(",")] for part in row[:-1]] for row in rows])
    if values.shape[1:] != (CHANNELS, STEPS):
        raise eb.EdgebenchError(
            f"{path.name}: expected recordings of {CHANNELS} x {STEPS} values, found {values.shape[1:]}",
            where=str(path),
        )
    return values, np.array([CLASSES.index(row[-1].strip()) for row in rows])
