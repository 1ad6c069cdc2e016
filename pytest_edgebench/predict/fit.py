"""What is fitted: points, points of networks that were left out, and the interval these give."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.predict.features import Features

CONFORMAL = 9
"""Networks from which an interval is conformal: ceil(0.9 (n + 1)) must not exceed n."""
NETWORKS = 3
"""Fewest networks for a prediction: with one left out, two must remain."""
LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Point:
    """One published measurement.

    Attributes:
        network: architecture, whatever its input size: what is left out together.
        cost: what is measured: cycles of one inference (latency times clock), or bytes of memory.
        source: of the latency.
    """

    network: str
    features: Features
    cost: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A point predicted by a fit that has not seen its network.

    Attributes:
        cost: predicted. error: natural logarithm of predicted over measured.
        spread: the interval's half-width, natural logarithm, from the other networks alone; None where
            these are too few for one.
    """

    point: Point
    cost: float
    error: float
    spread: float | None

    @property
    def covered(self) -> bool | None:
        """Whether the interval holds what was measured; None without an interval."""
        return None if self.spread is None else abs(self.error) <= self.spread


def cost_of(features: Features, terms: Sequence[str], fitted: Sequence[float]) -> float:
    """Predicted cost of a network."""
    return math.fsum(c * features.value(term) for term, c in zip(terms, fitted, strict=True))


def half_width(held: Sequence[Held]) -> float:
    """Half of an interval in natural logarithms at `LEVEL`, from points that were left out.

    Of `CONFORMAL` networks or more: split-conformal, the ceil(LEVEL (n + 1))-th smallest absolute error of
    the n points (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005). Of fewer, k:
    that of the next error by Student's t, t(0.95; k) sqrt(1 + 1/k) times the root mean square, networks
    weighing alike.

    Raises:
        ValueError: no points.
    """
    if not held:
        raise ValueError("an interval needs errors")
    squares = defaultdict(list)
    for one in held:
        squares[one.point.network].append(one.error**2)
    many = len(squares)
    if many >= CONFORMAL:
        ordered = sorted(abs(one.error) for one in held)
        return ordered[min(len(ordered), math.ceil(LEVEL * (len(ordered) + 1))) - 1]
    from scipy.special import stdtrit

    mean = math.fsum(math.fsum(of) / len(of) for of in squares.values()) / many
    return float(stdtrit(many, (1 + LEVEL) / 2)) * math.sqrt((1 + 1 / many) * mean)


def log_ratio(predicted: float, measured: float) -> float:
    """Natural logarithm of predicted over measured."""
    return math.log(predicted / measured) if predicted > 0 else -math.inf
