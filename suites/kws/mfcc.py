"""Mel-frequency cepstral coefficients in numpy, with the lengths of MLPerf Tiny's keyword spotting.

One second of sound becomes 49 frames of 10 coefficients: frames of 40 ms, one every 20 ms, under a Hann
window; power in 40 triangles that are equally wide on the mel scale, from 20 Hz to 4 kHz; its logarithm; a
cosine transform (DCT-II, orthonormal), of which the first 10 are kept; mel(f) = 1127 ln(1 + f / 700), as in
HTK. S. B. Davis, P. Mermelstein, Comparison of parametric representations for monosyllabic word recognition
in continuously spoken sentences, IEEE Transactions on Acoustics, Speech, and Signal Processing 28(4), 1980.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

RATE = 8000
"""Samples in a second."""
FRAME, HOP = 320, 160
BINS, KEPT = 40, 10
LOWEST, HIGHEST = 20.0, 4000.0
"""Hz."""
FLOOR = 1e-6
"""Added to a power before its logarithm."""


def mfcc(sound: Array) -> Array:
    """Coefficients (..., frames, 10), float64, of sounds (..., samples) from -1 to 1 at 8 kHz."""
    import numpy as np

    return np.asarray(log_mel(sound) @ cosines().T)


def log_mel(sound: Array) -> Array:
    """Natural logarithms (..., frames, 40) of the power in each triangle, of sounds as in `mfcc`."""
    import numpy as np

    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME, axis=-1)[..., ::HOP, :]
    # The window is periodic, so that those of neighbouring frames add up to a constant.
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    power = np.abs(np.fft.rfft(frames * window)) ** 2
    return np.asarray(np.log(power @ mel_triangles().T + FLOOR))


@functools.cache
def mel_triangles() -> Array:
    """Weights (40, 161) of the frequencies of a frame: 1 in the middle of a triangle, 0 at its ends."""
    import numpy as np

    ends = np.linspace(_mel(np.array(LOWEST)), _mel(np.array(HIGHEST)), BINS + 2)
    places = _mel(np.fft.rfftfreq(FRAME, 1 / RATE))
    rising = (places - ends[:-2, None]) / (ends[1:-1] - ends[:-2])[:, None]
    falling = (ends[2:, None] - places) / (ends[2:] - ends[1:-1])[:, None]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))


@functools.cache
def cosines() -> Array:
    """The first 10 rows (10, 40) of the orthonormal DCT-II."""
    import numpy as np

    order, bins = np.arange(KEPT)[:, None], np.arange(BINS)
    rows = np.sqrt(2 / BINS) * np.cos(np.pi * order * (2 * bins + 1) / (2 * BINS))
    rows[0] /= np.sqrt(2)
    return np.asarray(rows)


def _mel(hertz: Array) -> Array:
    import numpy as np

    return np.asarray(1127 * np.log1p(hertz / 700))
