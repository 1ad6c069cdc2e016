"""Spoken digits: 300 recordings of the Free Spoken Digit Dataset, by 6 speakers.

Z. Jackson and contributors, https://github.com/Jakobovski/free-spoken-digit-dataset. These are takes 0 to 4
of each speaker and digit, which that data set keeps for tests; here 2 to 4 are trained on, 0 and 1 judged.
Without them `generated.words` stands in.
"""

from __future__ import annotations

import functools
import wave
from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb
from pytest_edgebench.suites.common.sources import Source, absent, shared
from pytest_edgebench.suites.kws.mfcc import RATE, mfcc

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

FOLDER = "signals/spoken_digits"
HELD_OUT = (0, 1)
"""Takes to judge on."""
SPEEDS = (1.0, 0.9, 1.1)
"""Each recording is trained on as fast as it is, slower and quicker."""


def given() -> bool:
    """Whether the recordings are there."""
    return shared(FOLDER) is not None


def source(real: bool) -> Source:
    """What the figures rest on."""
    if real:
        return Source(
            "Free Spoken Digit Dataset (its takes 0 to 4; 180 recordings to train on, 120 to judge on)",
            "Jakobovski/free-spoken-digit-dataset on GitHub",
            "CC BY-SA 4.0",
        )
    return Source(
        "generated words (400 to train on, 400 to judge on)",
        "pytest_edgebench.suites.kws.generated",
        "Apache-2.0",
        absent(FOLDER),
    )


def training(real: bool) -> tuple[Array, Array]:
    """Coefficients (n, 1, 49, 10), float32, each with mean 0 and deviation 1, and digits (n,)."""
    import numpy as np

    sounds, classes = _sounds(real, False)
    every = np.concatenate([_scaled(real, _at_speed(sounds, speed)) for speed in SPEEDS])
    return every, np.tile(classes, len(SPEEDS))


def held_out(real: bool) -> tuple[Array, Array]:
    """As `training`, of recordings that no training has heard."""
    sounds, classes = _sounds(real, True)
    return _scaled(real, sounds), classes


def training_inputs(real: bool) -> Array:
    """Coefficients without classes, for calibration."""
    return training(real)[0]


def _scaled(real: bool, sounds: Array) -> Array:
    import numpy as np

    mean, deviation = _scale(real)
    return ((mfcc(sounds)[:, None] - mean) / deviation).astype(np.float32)


@functools.cache
def _scale(real: bool) -> tuple[Array, Array]:
    """Mean and deviation (10,) of each coefficient, of what is trained on."""
    found = mfcc(_sounds(real, False)[0])
    return found.mean((0, 1)), found.std((0, 1))


@functools.cache
def _sounds(real: bool, judged: bool) -> tuple[Array, Array]:
    """Sounds (n, 8000) from -1 to 1, one second each, and their classes (n,)."""
    import numpy as np

    if not real:
        from pytest_edgebench.suites.kws.generated import words

        return words(400, seed=2) if judged else words(400, seed=1)
    folder = shared(FOLDER)
    if folder is None:
        raise eb.EdgebenchError(f"no spoken digits: {absent(FOLDER)}")
    names = [path.stem.split("_") for path in sorted(folder.glob("*.wav"))]
    chosen = [name for name in names if (int(name[2]) in HELD_OUT) == judged]
    sounds = [second_of(read_wav(folder / f"{'_'.join(name)}.wav")) for name in chosen]
    return np.stack(sounds), np.array([int(name[0]) for name in chosen])


def read_wav(path: Path) -> Array:
    """Samples (n,), float64 from -1 to 1.

    Raises:
        EdgebenchError: not 16 bits, one channel, 8 kHz.
    """
    import numpy as np

    with wave.open(str(path)) as file:
        kind = file.getsampwidth(), file.getnchannels(), file.getframerate()
        if kind != (2, 1, RATE):
            raise eb.EdgebenchError(
                f"expected 16 bits, 1 channel, {RATE} Hz; "
                f"found {8 * kind[0]} bits, {kind[1]} channels, {kind[2]} Hz",
                where=str(path),
            )
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def second_of(sound: Array) -> Array:
    """One second (8000,) of a sound: its middle, or the sound between equal silences."""
    import numpy as np

    cut = sound[max(0, (len(sound) - RATE) // 2) :][:RATE]
    before = (RATE - len(cut)) // 2
    return np.pad(cut, (before, RATE - len(cut) - before))


def _at_speed(sounds: Array, speed: float) -> Array:
    """Sounds (n, 8000) played slower or quicker round their middle, by linear interpolation."""
    import numpy as np

    if speed == 1.0:
        return sounds
    places = (np.arange(RATE) - RATE / 2) * speed + RATE / 2
    inside = (places >= 0) & (places <= RATE - 1)
    return np.stack([np.interp(places, np.arange(RATE), sound) * inside for sound in sounds])
