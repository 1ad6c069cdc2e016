"""The data: names of territories, languages, scripts and currencies in twelve languages, from Babel.

Babel ships the Unicode Common Locale Data Repository (CLDR), https://cldr.unicode.org, under the Unicode
licence (Unicode-3.0). A text is some names of one language, one a line, cut off at `LENGTH` bytes of UTF-8.
What is held out are names of other things, none of which any language spells like one of the training.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from pytest_edgebench.suites.common.sources import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

LANGUAGES = ("cs", "de", "en", "es", "fi", "fr", "hu", "it", "nl", "pl", "pt", "sv")
KINDS = ("currencies", "languages", "scripts", "territories")
LENGTH = 64
"""Bytes of a text."""
HELD_OUT = 1200
"""Texts to judge on, as many of each language."""
TRAINING = 12000


def source() -> Source:
    """What the figures of this suite rest on."""
    from importlib.metadata import version

    return Source(
        f"names in {len(LANGUAGES)} languages, of Babel {version('babel')}",
        "Unicode Common Locale Data Repository",
        "Unicode-3.0",
    )


@functools.cache
def _names() -> tuple[dict[str, dict[str, str]], list[str], list[str]]:
    """Language → code of a thing → its name; the codes to judge on, those to train on."""
    import numpy as np
    from babel import Locale

    named = {}
    for language in LANGUAGES:
        locale = Locale(language)
        named[language] = {f"{kind}/{code}": n for kind in KINDS for code, n in getattr(locale, kind).items()}
    codes = sorted(set.intersection(*map(set, named.values())))
    order = [codes[number] for number in np.random.default_rng(0).permutation(len(codes))]
    third = len(order) // 3
    training = order[third:]
    seen = {names[code] for names in named.values() for code in training}
    fresh = [code for code in order[:third] if all(names[code] not in seen for names in named.values())]
    return named, fresh, training


def _texts(codes: Sequence[str], count: int, seed: int) -> tuple[Array, Array]:
    """Texts (count, LENGTH) int64 bytes, and the number of each one's language (count,) int64."""
    import numpy as np

    named = _names()[0]
    draw = np.random.default_rng(seed)
    texts = np.empty((count, LENGTH), np.int64)
    languages = np.arange(count, dtype=np.int64) % len(LANGUAGES)
    for number, language in enumerate(languages):
        names = named[LANGUAGES[language]]
        text = b""
        while len(text) < LENGTH:
            text += names[codes[int(draw.integers(len(codes)))]].encode() + b"\n"
        texts[number] = np.frombuffer(text[:LENGTH], np.uint8)
    return texts, languages


def held_out() -> tuple[Array, Array]:
    """Texts of names that no training has seen, and their languages."""
    return _texts(_names()[1], HELD_OUT, seed=1)


def training() -> tuple[Array, Array]:
    """Texts and languages to train on."""
    return _texts(_names()[2], TRAINING, seed=2)


def some_texts() -> Array:
    """256 texts without languages, for calibration."""
    return _texts(_names()[2], 256, seed=3)[0]
