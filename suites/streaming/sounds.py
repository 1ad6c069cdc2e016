"""The data: half a second of voice at 8 kHz and noise 5 dB below it, in frames of 64 samples.

With `EDGEBENCH_DATA` the voices are spoken digits, those of two of six speakers to judge on; without it they
are tones with a gliding pitch, overtones and a syllable's rise and fall, made from a seed. The noise is made
from a seed in both cases: white noise through a filter of one pole, another one for each sequence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb
from pytest_edgebench.suites.common.sources import Source, absent, shared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

RATE = 8000
"""Samples a second."""
HIDDEN = 64
"""Numbers of the state that the network keeps for itself."""
FRAME, STEPS = 64, 60
"""Samples of a call, calls of a sequence."""
LENGTH = FRAME * STEPS
NOISE_DB = 5.0
"""How much stronger the voice is than the noise."""
HELD_OUT, TRAINING = 100, 800
SPOKEN = "signals/spoken_digits"
JUDGED = ("theo", "yweweler")
"""Speakers of whom no training has heard."""


def source() -> Source:
    """What the figures of this suite rest on."""
    if shared(SPOKEN) is not None:
        return Source(
            "Free Spoken Digit Dataset (takes 0 to 4) and generated noise",
            "Zohar Jackson and contributors",
            "CC BY-SA 4.0",
        )
    return Source("generated voices and noise", "made here from a seed", "Apache-2.0", absent(SPOKEN))


def held_out() -> tuple[Array, Array]:
    """Noisy and clean sequences, both (n, STEPS, FRAME) float32, from -1 to 1."""
    return _mixed(_voices(held_out=True), HELD_OUT, seed=1)


def training() -> tuple[Array, Array]:
    """Sequences to train on."""
    return _mixed(_voices(held_out=False), TRAINING, seed=2)


def calls() -> tuple[dict[str, Any], Array]:
    """What is judged, as calls of the network: a frame, the frame before it, and the hidden state."""
    noisy, clean = held_out()
    return _with_states(noisy), clean


def some_calls() -> dict[str, Any]:
    """Twenty sequences without the clean ones, for calibration."""
    return _with_states(_mixed(_voices(held_out=False), 20, seed=5)[0])


def _with_states(noisy: Array) -> dict[str, Any]:
    """The network's outputs 1 and 2 are its inputs in the next call of the same sequence."""
    import numpy as np

    before, hidden = (np.zeros((1, width), np.float32) for width in (FRAME, HIDDEN))
    return {
        "frame": noisy,
        "before": eb.State(1, initial=before, reset="sequence"),
        "hidden": eb.State(2, initial=hidden, reset="sequence"),
    }


def _mixed(voices: Array, count: int, seed: int) -> tuple[Array, Array]:
    import numpy as np
    from scipy.signal import lfilter

    draw = np.random.default_rng(seed)
    clean = voices[np.arange(count) % len(voices)] * draw.uniform(0.3, 1.0, (count, 1))
    noise = np.stack(
        [lfilter([1.0], [1.0, -pole], draw.normal(size=LENGTH)) for pole in draw.uniform(0, 0.9, count)]
    )
    power = [(signal**2).mean(axis=1, keepdims=True) for signal in (clean, noise)]
    noise *= np.sqrt(power[0] / power[1] * 10 ** (-NOISE_DB / 10))
    both = ((clean + noise).astype(np.float32), clean.astype(np.float32))
    noisy, wanted = (signal.reshape(count, STEPS, FRAME) for signal in both)
    return noisy, wanted


def _voices(*, held_out: bool) -> Array:
    """Voices (n, LENGTH), the loudest sample of each is 1.

    They are not kept: a training that read nothing would not be known to depend on `EDGEBENCH_DATA`.
    """
    import numpy as np

    folder = shared(SPOKEN)
    voices = list(_spoken(folder, held_out=held_out) if folder else _made(held_out=held_out))
    return np.stack([voice / np.abs(voice).max() for voice in voices])


def _spoken(folder: Path, *, held_out: bool) -> Iterator[Array]:
    """Each recording, cut off or filled up with silence, in the order of their names."""
    import wave

    import numpy as np

    for path in sorted(folder.glob("*.wav")):
        if (path.stem.split("_")[1] in JUDGED) is held_out:
            with wave.open(str(path)) as file:
                sound = np.frombuffer(file.readframes(LENGTH), np.int16).astype(float)
            yield np.pad(sound, (0, LENGTH - len(sound)))


def _made(*, held_out: bool) -> Iterator[Array]:
    """Two syllables each, of up to twelve overtones, with formants as those of vowels."""
    import numpy as np

    draw = np.random.default_rng(3 if held_out else 4)
    time = np.arange(LENGTH) / RATE
    for _ in range(100 if held_out else 300):
        pitch = draw.uniform(90, 220) * (1 + draw.uniform(-0.2, 0.2) * time / time[-1])
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        formants = (draw.uniform(300, 900), draw.uniform(900, 2500))
        voice = np.zeros(LENGTH)
        for overtone in range(1, 13):
            loud = sum(np.exp(-(((overtone * pitch - formant) / 250) ** 2)) for formant in formants) + 0.05
            voice += loud * np.sin(overtone * phase + draw.uniform(0, 2 * np.pi))
        middles = np.sort(draw.uniform(0.05, 0.4, 2))
        yield voice * sum(np.exp(-(((time - middle) / draw.uniform(0.04, 0.09)) ** 2)) for middle in middles)
