"""Signals made by formulas, for machines without the recordings: the suite runs, and says what it ran on.

They are no model of people. They have what the networks look at: how strong and how regular a motion is, and
whether a beat comes early, with another P wave, or wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def motions(count: int, seed: int) -> tuple[Array, Array]:
    """Recordings (count, 6, 100) of four kinds in turn, 10 s at 10 Hz, and their classes (count,).

    0 stands: gravity and a slow sway. 1 runs, 2 walks: steps of a person, 2.1 to 3.2 or 1.4 to 2.3 a second,
    with a second harmonic; arms swing at half that rate. 3 plays: bursts over slow steps. Each person has a
    strength, a position of the watch (a rotation) and noise of their own, so that kinds overlap.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    classes = np.arange(count) % 4
    return np.stack([_motion(int(kind), rng) for kind in classes]), classes


def _motion(kind: int, rng: np.random.Generator) -> Array:
    import numpy as np

    seconds = np.arange(100) / 10
    body, turn = np.zeros((3, 100)), np.zeros((3, 100))
    if kind == 0:
        body += 0.1 * np.sin(2 * np.pi * rng.uniform(0.1, 0.5) * seconds + rng.uniform(0, 6)) * _axes(rng)
    else:
        low, high, strength = ((2.1, 3.2, 4.0), (1.4, 2.3, 1.5), (1.0, 2.0, 0.8))[kind - 1]
        steps, strength = rng.uniform(low, high), strength * np.exp(rng.normal(0, 0.45))
        angle = 2 * np.pi * steps * seconds + 0.15 * np.cumsum(rng.normal(size=100)) + rng.uniform(0, 6)
        body += strength * (np.sin(angle) * _axes(rng) + 0.4 * np.sin(2 * angle) * _axes(rng))
        turn += 0.5 * strength * np.sin(angle / 2) * _axes(rng)
    if kind == 3:
        for start in rng.uniform(0, 10, rng.integers(2, 7)):
            burst = np.exp(-(((seconds - start) / rng.uniform(0.15, 0.5)) ** 2))
            body += rng.uniform(2, 7) * burst * _axes(rng)
            turn += rng.uniform(1, 4) * burst * _axes(rng)
    noise = rng.uniform(0.05, 0.4)
    both = np.concatenate([body + _axes(rng), turn])
    return np.asarray(both + noise * rng.normal(size=(6, 100)))


def _axes(rng: np.random.Generator) -> Array:
    """A direction (3, 1)."""
    import numpy as np

    direction = rng.normal(size=(3, 1))
    return np.asarray(direction / np.linalg.norm(direction))


# Seconds from the R peak, height in mV, width in seconds: sums of bells, as in P. E. McSharry et al., A
# dynamical model for generating synthetic electrocardiogram signals, IEEE Transactions on Biomedical
# Engineering 50(3), 2003.
WAVES = {
    "P": (-0.17, 0.12, 0.025),
    "Q": (-0.03, -0.10, 0.010),
    "R": (0.00, 1.00, 0.011),
    "S": (0.03, -0.20, 0.010),
    "T": (0.27, 0.25, 0.060),
}
NORMAL, VENTRICULAR, ATRIAL = 1, 5, 8
"""Codes of beats, as MIT-BIH has them."""


def heartbeats(seconds: int, rate: int, seed: int) -> tuple[Array, Array, Array]:
    """Two leads (2, seconds * rate) in mV, the samples of the R peaks (m,) and codes of the beats (m,).

    About 75 beats a minute, quicker and slower with the breath. One in 25 comes 10 to 35 % early and is
    followed by a longer pause: two of three of these are atrial, with another P wave, one is ventricular,
    without P wave, wide, its T wave turned over.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    leads = rng.normal(0, 0.04, (2, seconds * rate))
    time = np.arange(seconds * rate) / rate
    leads += 0.1 * np.sin(2 * np.pi * 0.25 * time) * np.array([[1.0], [0.6]])
    at, early, found = 0.5, False, []
    while at < seconds - 1:
        code = int(rng.choice([ATRIAL, ATRIAL, VENTRICULAR])) if early else NORMAL
        _add_beat(leads, at, rate, code, rng)
        found.append((round(at * rate), code))
        pause = 1.15 if early else 1.0
        early = not early and rng.random() < 0.04
        usual = 0.8 * (1 + 0.04 * np.sin(2 * np.pi * 0.25 * at) + 0.025 * rng.normal())
        at += usual * pause * (rng.uniform(0.65, 0.9) if early else 1.0)
    places, codes = np.array(found).T
    return leads, places, codes


def _add_beat(leads: Array, at: float, rate: int, code: int, rng: np.random.Generator) -> None:
    import numpy as np

    first, last = max(0, round((at - 0.4) * rate)), min(leads.shape[1], round((at + 0.6) * rate))
    time = np.arange(first, last) / rate - at
    for name, (centre, height, width) in WAVES.items():
        if code == VENTRICULAR:
            height *= {"P": 0.0, "T": -1.0}.get(name, 1.1)
            width *= 2.5 if name in "QRS" else 1.0
        if code == ATRIAL and name == "P":
            centre, height = centre + 0.03, 0.3 * height
        wave = height * np.exp(-(((time - centre) / width) ** 2) / 2) * (1 + 0.05 * rng.normal())
        leads[:, first:last] += wave * np.array([[1.0], [-0.4 if name == "T" else 0.7]])
