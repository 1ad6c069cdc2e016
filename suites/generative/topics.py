"""The data: Python's own language reference as plain text, from `pydoc_data`, which every Python has.

Licence: PSF-2.0. The last tenth of the text is held out. A token is a byte; others than ASCII are 127.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb
from pytest_edgebench.suites.common.sources import Source

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

SOURCE = Source(
    "Python's language reference (pydoc_data.topics of Python "
    f"{sys.version_info.major}.{sys.version_info.minor})",
    "Python Software Foundation",
    "PSF-2.0",
)
VOCABULARY = 128
WINDOW = 64
"""Tokens of a text."""
LAYERS, HEADS, WIDTH = 2, 4, 64
HELD_OUT, TRAINING = 50, 8000
LONG = 1024
"""Tokens that the large cache has room for."""


def _texts(count: int, seed: int, *, held_out: bool) -> tuple[Array, Array]:
    """Tokens (count, WINDOW) int64 and the token after each, from places that are drawn."""
    from pydoc_data.topics import topics

    import numpy as np

    text = "\n".join(topics[name] for name in sorted(topics))
    tokens = np.minimum(np.frombuffer(text.encode("latin-1", "replace"), np.uint8), VOCABULARY - 1)
    border = len(tokens) * 9 // 10
    part = (tokens[border:] if held_out else tokens[:border]).astype(np.int64)
    starts = np.random.default_rng(seed).integers(0, len(part) - WINDOW, count)
    windows = part[starts[:, None] + np.arange(WINDOW + 1)]
    return windows[:, :-1], windows[:, 1:]


def training() -> tuple[Array, Array]:
    """Texts to train on."""
    return _texts(TRAINING, 2, held_out=False)


def windows() -> tuple[Array, Array]:
    """Whole texts, which a call takes at once."""
    return _texts(HELD_OUT, 1, held_out=True)


def some_windows() -> Array:
    """64 texts, for calibration."""
    return _texts(64, 3, held_out=False)[0]


def steps() -> tuple[dict[str, Any], Array]:
    """The first of these texts, a token a call, with room for one text in the cache.

    Eight of them: outputs are kept, and with them the cache after each call.
    """
    tokens, following = windows()
    return with_cache(tokens[:8], WINDOW), following[:8]


def some_steps() -> dict[str, Any]:
    """16 texts, a token a call, for calibration."""
    return with_cache(some_windows()[:16], WINDOW)


def long_steps() -> tuple[dict[str, Any], Array]:
    """The first 16 tokens of two texts, with room for `LONG` tokens."""
    tokens, following = windows()
    return with_cache(tokens[:2, :16], LONG), following[:2, :16]


def with_cache(tokens: Array, room: int) -> dict[str, Any]:
    """Tokens (n, steps) with what goes on from call to call: keys and values of all layers, and the place."""
    import numpy as np

    cache = np.zeros((1, LAYERS, room, WIDTH), np.float32)
    return {
        "token": tokens,
        "keys": eb.State(1, initial=cache, reset="sequence"),
        "values": eb.State(2, initial=cache, reset="sequence"),
        "place": eb.State(3, initial=np.zeros((1, 1), np.int64), reset="sequence"),
    }


def cache_bytes(room: int) -> int:
    """Of keys and values in float32, and of the place: 2 x layers x room x width x 4, and 8."""
    return 2 * LAYERS * room * WIDTH * 4 + 8
