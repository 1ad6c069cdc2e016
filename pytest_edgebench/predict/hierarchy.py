"""Costs of many (core, software, version) at once: each has its own, and what few measurements say is shared.

The logarithm of what a unit of a term costs is a sum of normal effects: one of all, one of the core, one of
the software, one of its version, and one of their pair. Each effect has a part for all terms alike (a factor)
and a part for each term (a shape). So a core keeps the shape that other software shows, and a version is
mostly a factor, unless its own measurements say otherwise: the maximum of the posterior, by Gauss-Newton
(Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 2.2, on the logarithm of the
sum made linear).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pytest_edgebench.predict.fit import Held, Point, cost_of, log_ratio

if TYPE_CHECKING:
    from pytest_edgebench.predict.features import Features

STEPS, SMALL = 60, 1e-6


class Key(NamedTuple):
    """Whom costs belong to. `core` is "" for memory, which is the same on all cores."""

    core: str
    software: str
    version: str

    @property
    def runtime(self) -> str:
        """As a profile names it in `predicted_by`: "x-cube-ai-8.1"."""
        return f"{self.software}-{self.version}"


class Spread(NamedTuple):
    """Standard deviations of an effect, natural logarithm: of its factor, and of its shape in each term."""

    factor: float
    shape: float


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before anything is measured.

    Attributes:
        terms: features. start: the middle of what a unit of each costs. open: how far off that may be for
            each, natural logarithm.
        all: factor common to everything. core, software, version, pair: of the effects.
        error: of one measurement.
    """

    terms: tuple[str, ...]
    start: tuple[float, ...]
    open: tuple[float, ...]
    all: float
    core: Spread
    software: Spread
    version: Spread
    pair: Spread
    error: float

    def shared(self, one: Key, other: Key) -> tuple[float, list[float]]:
        """Covariance of two groups' costs: of all terms with each other, and what each has with its own."""
        same = [
            (self.core, one.core == other.core),
            (self.software, one.software == other.software),
            (self.version, one[1:] == other[1:]),
            (self.pair, one == other),
        ]
        kept = [spread for spread, is_same in same if is_same]
        shape = sum(spread.shape**2 for spread in kept)
        return self.all**2 + sum(spread.factor**2 for spread in kept), [o**2 + shape for o in self.open]


Points = Mapping[Key, Sequence[Point]]


def fit(points: Points, prior: Prior) -> dict[Key, tuple[float, ...]]:
    """Cost of a unit of each term for every group that has points.

    Several points of one network in a group (boards, resubmissions) weigh as one.

    Raises:
        ValueError: a point without work or cost.
    """
    import numpy as np

    keys = [key for key in points if points[key]]
    width = len(prior.terms)
    covariance = np.zeros((len(keys) * width,) * 2)
    for a, one in enumerate(keys):
        for b, other in enumerate(keys):
            factor, shape = prior.shared(one, other)
            block = slice(a * width, (a + 1) * width), slice(b * width, (b + 1) * width)
            covariance[block] = factor + np.diag(shape)
    rows = [(at, point) for at, key in enumerate(keys) for point in points[key]]
    many = Counter((at, point.network) for at, point in rows)
    noise = np.diag([prior.error**2 * many[at, point.network] for at, point in rows])
    work = np.array([[point.features.value(term) for term in prior.terms] for _, point in rows])
    cost = np.array([point.cost for _, point in rows])
    if not (
        work.any(axis=1).all() and np.isfinite(work).all() and np.isfinite(cost).all() and (cost > 0).all()
    ):
        raise ValueError("every point needs a cost and work")
    place = np.array([at for at, _ in rows])
    start = np.tile(np.log(prior.start), len(keys))
    found = start.copy()
    for _ in range(STEPS):
        each = np.exp(found.reshape(-1, width)[place]) * work
        total = each.sum(axis=1)
        slope = np.zeros((len(rows), len(start)))
        for row, at in enumerate(place):
            slope[row, at * width : (at + 1) * width] = each[row] / total[row]
        wanted = np.log(cost / total) + slope @ (found - start)
        spread = covariance @ slope.T
        step = start + spread @ np.linalg.solve(slope @ spread + noise, wanted) - found
        largest = float(np.abs(step).max())
        found = found + step * min(1.0, 1.0 / max(largest, SMALL))
        if largest < SMALL:
            break
    costs = np.exp(found.reshape(-1, width))
    return {key: tuple(float(value) for value in costs[at]) for at, key in enumerate(keys)}


def left_out(points: Points, prior: Prior, without: Sequence[str] = ()) -> dict[Key, list[Held]]:
    """Each point by a fit to all other networks, of every core and software.

    Args:
        without: networks that are left out of all fits, and not predicted.
    """
    networks = dict.fromkeys(point.network for of_key in points.values() for point in of_key)
    found: dict[Key, list[Held]] = {}
    for network in networks:
        if network in without:
            continue
        gone = {network, *without}
        rest = {key: [p for p in of_key if p.network not in gone] for key, of_key in points.items()}
        costs = fit(rest, prior)
        for key, of_key in points.items():
            for point in of_key:
                if point.network == network and key in costs:
                    cost = cost_of(point.features, prior.terms, costs[key])
                    held = Held(point, cost, log_ratio(cost, point.cost), None)
                    found.setdefault(key, []).append(held)
    return found


def worked(features: Features, drops: bool) -> Features:
    """What software does of a network's work; `drops` says that it leaves channels of only zeros out."""
    return features.left if drops and features.left is not None else features
