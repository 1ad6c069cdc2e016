"""Heartbeats of an electrocardiogram: normal or not.

MIT-BIH Arrhythmia Database, record 100: G. B. Moody, R. G. Mark, The impact of the MIT-BIH Arrhythmia
Database, IEEE Engineering in Medicine and Biology 20(3), 2001. 30 minutes of two leads at 360 Hz, each beat
annotated by two cardiologists; 34 of 2,273 beats are not normal. Without it `generated.heartbeats` stands in.

Whole minutes are in turn for training and for judging, so that both have beats of the whole half hour.
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

FILE = "signals/mitbih/100.dat"
RATE = 360
"""Samples in a second."""
BEFORE, AFTER = 320, 80
"""Samples round the R peak, 0.89 s and 0.22 s: the beat before is seen, so an early one can be told."""
NORMAL = 1
"""Code of a normal beat."""
BEATS = frozenset({*range(1, 14), 25, 34, 35, 38, 41})
"""Codes that stand for a beat; others tell of noise or rhythm (WFDB Programmer's Guide, Annotation codes)."""


def given() -> bool:
    """Whether record 100 is there."""
    return shared(FILE) is not None


def source(real: bool) -> Source:
    """What the figures rest on, with what is reached by calling every beat normal."""
    always = f"; calling every beat normal gives macro-F1 {always_normal(held_out(real)[1]):.3f}"
    if real:
        name = f"MIT-BIH Arrhythmia record 100 (minutes in turn to train and to judge on{always})"
        return Source(name, "PhysioNet, as in wfdb-python", "ODC-By 1.0")
    name = f"generated heartbeats (minutes in turn to train and to judge on{always})"
    return Source(name, "pytest_edgebench.suites.signals.generated", "Apache-2.0", absent(FILE))


def always_normal(classes: Array) -> float:
    """Macro-F1 of an answer that is 0, normal, for all beats: 0 for the others, for normal ones 2p/(1 + p).

    Args:
        classes: (n,), both kinds in it. p is the share of normal beats.
    """
    share = float((classes == 0).mean())
    return share / (1 + share)


def training(real: bool) -> tuple[Array, Array]:
    """Beats (n, 2, 200), float32, mV at 180 Hz without their median, and 0 normal or 1 not (n,)."""
    beats, classes, seconds = _beats(real)
    chosen = seconds // 60 % 2 == 1
    return beats[chosen], classes[chosen]


def held_out(real: bool) -> tuple[Array, Array]:
    """As `training`, of beats that no training has seen."""
    beats, classes, seconds = _beats(real)
    chosen = seconds // 60 % 2 == 0
    return beats[chosen], classes[chosen]


def training_inputs(real: bool) -> Array:
    """Beats without classes, for calibration."""
    return training(real)[0]


def _beats(real: bool) -> tuple[Array, Array, Array]:
    """All beats, their classes, and at which second of the record they are."""
    import numpy as np

    leads, places, codes = _record() if real else _generated()
    whole = np.isin(codes, list(BEATS)) & (places >= BEFORE) & (places + AFTER <= leads.shape[1])
    places, codes = places[whole], codes[whole]
    cut = np.stack([leads[:, place - BEFORE : place + AFTER] for place in places])
    halved = cut.reshape(*cut.shape[:2], -1, 2).mean(-1)
    beats = (halved - np.median(halved, axis=2, keepdims=True)).astype(np.float32)
    return beats, (codes != NORMAL).astype(np.int64), places // RATE


def _record() -> tuple[Array, Array, Array]:
    """Both leads (2, n) in mV, sample numbers (m,) and codes (m,) of the annotations."""
    import numpy as np

    path = shared(FILE)
    if path is None:
        raise eb.EdgebenchError(f"no record 100: {absent(FILE)}")
    leads = read_dat(path)
    places, codes = read_atr(path.with_suffix(".atr"))
    return (leads.astype(np.float64) - 1024) / 200, places, codes


@functools.cache
def _generated() -> tuple[Array, Array, Array]:
    from pytest_edgebench.suites.signals.generated import heartbeats

    return heartbeats(1800, RATE, seed=3)


def read_dat(path: Path) -> Array:
    """Samples (2, n), int16, of a file in format 212: two 12-bit two's-complement numbers in three bytes."""
    import numpy as np

    first, middle, last = np.fromfile(path, np.uint8).reshape(-1, 3).T.astype(np.int16)
    pairs = np.stack([first | (middle & 0x0F) << 8, last | (middle & 0xF0) << 4])
    return np.where(pairs > 2047, pairs - 4096, pairs).astype(np.int16)


def read_atr(path: Path) -> tuple[Array, Array]:
    """Sample numbers (m,) and codes (m,) of the annotations of a file in MIT format.

    Each is a 16-bit word, its code in the upper 6 bits, the samples since the one before in the lower 10
    (WFDB Programmer's Guide, "Annotation file formats").
    """
    import numpy as np

    words = [int(word) for word in np.fromfile(path, "<u2")]
    place, at, found = 0, 0, []
    while at < len(words) and words[at]:
        code, low = words[at] >> 10, words[at] & 0x3FF
        at += 1
        if code == 59:  # SKIP: the next two words are a long interval, the upper one first
            place += words[at] << 16 | words[at + 1]
            at += 2
        elif code == 63:  # AUX: so many bytes of text
            at += (low + 1) // 2
        elif code < 59:  # 60 to 62 are about other fields
            place += low
            found.append((place, code))
    places, codes = np.array(found).T
    return places, codes
