"""Words of a made-up speaker, for machines without recordings: ten pairs of vowels, some after a hiss.

A voice is a sum of harmonics, each as loud as the resonances of a vocal tract make it (G. Fant, Acoustic
Theory of Speech Production, 1960); the resonances move from the first vowel to the second. Vowels: G. E.
Peterson, H. L. Barney, Control methods used in a study of the vowels, Journal of the Acoustical Society of
America 24, 1952 (men, means). Speakers differ in pitch, length of the vocal tract and speed, recordings in
loudness and noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

RATE = 8000
VOWELS = {
    "i": (270, 2290, 3010),
    "e": (530, 1840, 2480),
    "a": (730, 1090, 2440),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
"""Hz of three resonances."""
WIDTHS = (70.0, 90.0, 130.0)
"""Hz."""
WORDS = ("ia", "ai", "ou", "uo", "se", "sa", "eu", "ue", "su", "ao")
"""Two vowels each, or a hiss and one vowel."""


def words(count: int, seed: int) -> tuple[Array, Array]:
    """Sounds (count, 8000), float32, of the ten words in turn, 1 s at 8 kHz, and their numbers (count,)."""
    import numpy as np

    rng = np.random.default_rng(seed)
    classes = np.arange(count) % len(WORDS)
    return np.stack([_word(WORDS[number], rng) for number in classes]), classes


def _word(word: str, rng: np.random.Generator) -> Array:
    """One word by one speaker, at a random place in the second."""
    import numpy as np

    length = int(RATE * rng.uniform(0.3, 0.6))
    hiss = int(0.35 * length) if word[0] == "s" else 0
    voice = _voice(word.replace("s", word[1]), length - hiss, rng)
    spoken = np.concatenate([0.3 * np.diff(rng.normal(size=hiss + 1)), voice])
    sound = np.zeros(RATE)
    start = rng.integers(0, RATE - length)
    sound[start : start + length] = spoken / np.abs(spoken).max() * rng.uniform(0.2, 0.9)
    return (sound + rng.uniform(0.01, 0.15) * rng.normal(size=RATE)).astype(np.float32)


def _voice(vowels: str, length: int, rng: np.random.Generator) -> Array:
    """Two vowels (length,), the second after a glide."""
    import numpy as np

    part = np.linspace(0, 1, length)
    pitch = rng.uniform(90, 230) * (1 + 0.15 * rng.normal() * (part - 0.5))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    glide = 1 / (1 + np.exp(-(part - rng.uniform(0.4, 0.6)) / 0.06))
    tract = rng.uniform(0.85, 1.2) * (1 + 0.06 * rng.normal(size=3))
    first, second = (np.array(VOWELS[vowel])[:, None] * tract[:, None] for vowel in vowels)
    centres = first + glide * (second - first)
    out = np.zeros(length)
    for number in range(1, int(RATE / 2 / pitch.max())):
        distance = (number * pitch - centres) / np.array(WIDTHS)[:, None]
        loud = (np.array([[1.0], [0.5], [0.25]]) / (1 + distance**2)).sum(0)
        out += loud * np.sin(number * phase)
    return np.asarray(out * np.sin(np.pi * part) ** 0.3)
