"""Sounds of a made-up motor, some with a fault: anomaly detection as in MLPerf Tiny, without its recordings.

A motor of 22 to 28 turns a second is heard by its harmonics and by noise; the heavier its load, the more of
the high ones and of noise there is, and each recording has a loudness of its own. One of three faults is
mixed in: a worn bearing rings in short bursts, many a turn; a loose part adds half turns between the
harmonics; a rubbing part makes the noise swell once a turn.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from pytest_edgebench.suites.common.sources import Source
from pytest_edgebench.suites.kws.mfcc import RATE, log_mel

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

SOURCE = Source(
    "generated motor sounds (400 normal to train on; 200 normal and 200 faulty to judge on)",
    "pytest_edgebench.suites.anomaly.machine",
    "Apache-2.0",
)
PARTS = 6
"""Of a second; each is the mean of 8 frames."""


def training() -> Array:
    """Sounds (400, 240), float32, as 6 parts of a second in 40 bands, each with mean 0 and deviation 1."""
    return _scaled(_raw(400, 0.0, 1))


def held_out() -> tuple[Array, Array]:
    """Sounds (400, 240) that no training has heard, and 1 for faulty, 0 for normal (400,)."""
    import numpy as np

    faulty = np.repeat([0, 1], 200)
    return np.concatenate([_scaled(_raw(200, 0.0, 2)), _scaled(_raw(200, 1.0, 3))]), faulty


def _scaled(raw: Array) -> Array:
    import numpy as np

    seen = _raw(400, 0.0, 1)
    return np.asarray((raw - seen.mean(0)) / seen.std(0), np.float32)


@functools.cache
def _raw(count: int, fault: float, seed: int) -> Array:
    """Features (count, 240) of so many motors; the fault is as loud as given."""
    import numpy as np

    rng = np.random.default_rng(seed)
    heard = log_mel(np.stack([motor(fault, rng) for _ in range(count)]))[:, : PARTS * 8]
    return np.asarray(heard.reshape(count, PARTS, 8, -1).mean(2).reshape(count, -1))


def motor(fault: float, rng: np.random.Generator) -> Array:
    """One second (8000,) of a motor.

    Args:
        fault: how loud one of the three faults is; 0 for none.
    """
    import numpy as np

    time = np.arange(RATE) / RATE
    turns = rng.uniform(22, 28) * time
    number = np.arange(1, 25)
    load = rng.uniform(6, 14)
    loud = np.exp(-number / load + 0.05 * rng.normal(size=number.shape)) * (1 + np.cos(number) / 2)
    sound = _harmonics(loud, turns + rng.random()).imag
    noise = 0.1 * load * rng.normal(size=RATE)
    kind = rng.integers(3) if fault else None
    fault *= rng.uniform(0.3, 1.5)
    if kind == 0:
        bursts = np.exp(-((turns * 5.4 % 1) * 12))
        sound += 2.5 * fault * bursts * np.sin(2 * np.pi * rng.uniform(1800, 3200) * time)
    elif kind == 1:
        sound += fault * (_harmonics(loud, turns) * np.exp(-1j * np.pi * turns)).imag
    elif kind == 2:
        noise *= 1 + 2 * fault * np.maximum(0, np.sin(2 * np.pi * turns)) ** 4
    return np.asarray(0.1 * rng.uniform(0.5, 2) * (sound + noise))


def _harmonics(loud: Array, turns: Array) -> Array:
    """Sum (n,), complex, of loud[k] e^(2 pi i (k + 1) turns), by Horner's rule, which needs no sines."""
    import numpy as np

    once = np.exp(2j * np.pi * turns)
    total = np.zeros_like(once)
    for loudness in loud[::-1]:
        total = (total + loudness) * once
    return total
