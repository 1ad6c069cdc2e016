"""Quantities as people write them, e.g. ``512 kB``: kB = 1000 and KiB = 1024, in settings as in budgets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_edgebench.profiles import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

BYTE_UNITS: Mapping[str, int] = {
    "B": 1,
    "kB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
}
"""Unit of a byte quantity → bytes. Case matters: "KB" is refused, since it is read both ways."""

HERTZ: Mapping[str, int] = {"Hz": 1, "kHz": 1000, "MHz": 1000**2, "GHz": 1000**3}

_QUANTITY = re.compile(r"\s*(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?\s*(?P<unit>[^\s0-9.,+-]*)\s*")


def split_quantity(text: str) -> tuple[int, int, str]:
    """A number and its unit, exactly: the value is ``digits / 10 ** places``.

    Args:
        text: a number without sign, then a unit or nothing, e.g. "1.5 kB" → (15, 1, "kB").

    Raises:
        ValueError: `text` is something else; its message is a sentence for the user.
    """
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(errors.not_a_quantity(text))
    part = found["part"] or ""
    return int(found["whole"] + part), len(part), found["unit"]


def parse_bytes(text: str) -> int:
    """Bytes of a quantity such as "512 kB" or "1.5 MiB"; at least 1.

    Raises:
        ValueError: no number, no unit, an unknown unit, or not a whole number of bytes above 0; its message
            is a sentence for the user.
    """
    digits, places, unit = split_quantity(text)
    factor = BYTE_UNITS.get(unit)
    if factor is None:
        raise ValueError(errors.not_a_byte_unit(text, unit, tuple(BYTE_UNITS)))
    scale: int = 10**places
    count, rest = divmod(digits * factor, scale)
    if rest or count < 1:
        raise ValueError(errors.not_whole_bytes(text))
    return count


def parse_hertz(text: str) -> float:
    """Hertz of a frequency such as "480 MHz"; above 0.

    Raises:
        ValueError: no number, no unit of a frequency, or 0; its message is a sentence for the user.
    """
    digits, places, unit = split_quantity(text)
    if unit not in HERTZ or not digits:
        raise ValueError(errors.not_a_frequency(text, tuple(HERTZ)))
    return digits * HERTZ[unit] / float(10**places)


def format_hertz(hertz: float) -> str:
    """Hertz in the largest unit that leaves at least 1: 480e6 → "480 MHz"."""
    factor, unit = max((factor, unit) for unit, factor in HERTZ.items() if factor <= max(hertz, 1.0))
    return f"{hertz / factor:g} {unit}"


def parse_percent(text: str) -> float:
    """The number of a percentage, in percent: "3 %" → 3.0.

    Raises:
        ValueError: no number or no "%"; its message is a sentence for the user.
    """
    digits, places, unit = split_quantity(text)
    if unit != "%":
        raise ValueError(errors.not_a_percentage(text))
    return digits / float(10**places)


def format_bytes(count: int) -> str:
    """Bytes in the largest unit that shows them exactly; kB and its kind come first: 512000 → "512 kB"."""
    fitting = [
        (factor % 1000 == 0, factor, unit) for unit, factor in BYTE_UNITS.items() if count % factor == 0
    ]
    _, factor, unit = max(entry for entry in fitting if entry[1] <= max(count, 1))
    return f"{count // factor} {unit}"
