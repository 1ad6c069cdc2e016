"""Between which values of each feature a fit holds, and how far a network lies outside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_edgebench.predict.features import Features

    Ranges = Mapping[str, tuple[float, float]]

FARTHEST = math.log(1.25)
"""Natural logarithm of the factor outside a range from which on nothing is predicted."""


class Outside(NamedTuple):
    """The feature that lies farthest outside its range.

    Attributes:
        distance: natural logarithm of the factor by which it does; infinite where the range's end is 0.
    """

    distance: float
    term: str
    value: float
    low: float
    high: float


def ranges_of(
    many: Iterable[Features], bounded: Iterable[str], kinds: Iterable[str]
) -> dict[str, list[float]]:
    """Least and largest value of each feature.

    Args:
        kinds: features whose least value is 0 whatever was seen: none of a kind is never strange.
    """
    known = list(many)
    values = {name: [one.value(name) for one in known] for name in (*bounded, *kinds)}
    found = {name: [min(values[name]), max(values[name])] for name in bounded}
    return found | {name: [0.0, max(values[name])] for name in kinds}


def outside(features: Features, ranges: Ranges) -> Outside | None:
    """What lies farthest outside; None where nothing does."""
    found = []
    for term, (low, high) in ranges.items():
        value = features.value(term)
        if value > high:
            found.append(Outside(math.log(value / high) if high > 0 else math.inf, term, value, low, high))
        elif value < low:
            found.append(Outside(math.log(low / value) if value > 0 else math.inf, term, value, low, high))
    return max(found, default=None)
