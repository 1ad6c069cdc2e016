"""Fit what a network costs to the work in it; how far that is off a network it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.predict.features import Features

CONFORMAL = 9
"""Points from which a 90 % conformal interval exists: ceil(0.9 (n + 1)) must not exceed n."""
NETWORKS = 3
"""Fewest networks to fit: with one left out, two must remain."""
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


def coefficients(points: Sequence[Point], terms: Sequence[str]) -> tuple[float, ...]:
    """Cost per unit of each term, none negative, by least squares of the relative error.

    Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23, as `scipy.optimize.nnls` has it.

    Raises:
        ValueError: no points, or a point without work or cost.
    """
    import numpy as np
    from scipy.optimize import nnls

    rows = np.array([[point.features.value(term) / point.cost for term in terms] for point in points])
    if not len(rows) or not rows.any(axis=1).all() or not np.isfinite(rows).all():
        raise ValueError("every point needs a cost and work")
    scale = np.linalg.norm(rows, axis=0)
    scale[scale == 0] = 1.0
    found, _ = nnls(rows / scale, np.ones(len(rows)))
    return tuple(float(value) for value in found / scale)


def cost_of(features: Features, terms: Sequence[str], fitted: Sequence[float]) -> float:
    """Predicted cost of a network."""
    return math.fsum(c * features.value(term) for term, c in zip(terms, fitted, strict=True))


def left_out(points: Sequence[Point], terms: Sequence[str]) -> list[Held]:
    """Each point by a fit, and an interval, of all other networks.

    A network that has work of a kind no other has cannot be predicted by the others; if that leaves nothing
    its error is infinite.

    Raises:
        ValueError: fewer than two networks.
    """
    found = []
    for network in dict.fromkeys(point.network for point in points):
        rest = [point for point in points if point.network != network]
        fitted = coefficients(rest, terms)
        spread = half_width(_errors(rest, terms)) if len({point.network for point in rest}) > 1 else None
        for point in points:
            if point.network == network:
                cost = cost_of(point.features, terms, fitted)
                found.append(Held(point, cost, _log_ratio(cost, point.cost), spread))
    return found


def half_width(errors: Sequence[float]) -> float:
    """Half of an interval in natural logarithms, from errors of held-out points.

    With `CONFORMAL` points or more: split-conformal at `LEVEL`, the ceil(LEVEL (n + 1))-th smallest absolute
    error (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005). With fewer: the largest.
    """
    ordered = sorted(abs(error) for error in errors)
    if len(ordered) < CONFORMAL:
        return ordered[-1]
    return ordered[min(len(ordered), math.ceil(LEVEL * (len(ordered) + 1))) - 1]


def _errors(points: Sequence[Point], terms: Sequence[str]) -> list[float]:
    errors = []
    for network in {point.network for point in points}:
        fitted = coefficients([point for point in points if point.network != network], terms)
        errors += [
            _log_ratio(cost_of(point.features, terms, fitted), point.cost)
            for point in points
            if point.network == network
        ]
    return errors


def _log_ratio(predicted: float, measured: float) -> float:
    return math.log(predicted / measured) if predicted > 0 else -math.inf
