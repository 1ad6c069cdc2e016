"""A run record with every text, or every number, replaced: whatever its field, no report may trust it."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

KEPT = frozenset(
    {"evidence", "stage", "level", "started", "reference", "format", "schema", "kind", "statistic", "at"}
)
"""Fields of a few known words, and dates."""


def changed(value: Any, text: Callable[[str], str], number: Callable[[float], float], name: str = "") -> Any:
    """A copy of a record in which each text and each float went through a function."""
    if isinstance(value, Enum | bool) or value is None or name in KEPT:
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return {key: changed(item, text, number, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(changed(item, text, number, name) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: changed(getattr(value, field.name), text, number, field.name)
            for field in dataclasses.fields(value)
        }
        return dataclasses.replace(value, **fields)
    return value


def hostile(value: Any, signs: str) -> Any:
    """With `signs` before and behind every text, and as lines of their own."""
    return changed(value, lambda text: f"{signs}{text}\n{signs}{text}{signs}", lambda number: number)


EXTREMES = (
    0.0, 5e-324, 1e-320, 1e-300, 1e-12, 1.0, 1e12, 1e300, 1e308, math.nextafter(math.inf, 0),
    -5e-324, -1e-300, -1.0, -1e308,
)  # fmt: skip


def extreme(value: Any, seed: int) -> Any:
    """With a number from the ends of what a float can be in place of each float, or of half of them."""
    chance = random.Random(seed)
    some = chance.choice((EXTREMES, EXTREMES[:10], (1e308,), (5e-324,), (5e-324, 1e308), (-1e308, 1e308)))
    share = chance.choice((1.0, 0.5))
    return changed(
        value, lambda text: text, lambda number: chance.choice(some) if chance.random() < share else number
    )
