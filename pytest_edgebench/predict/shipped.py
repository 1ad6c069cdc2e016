"""What was fitted to published measurements, as the package ships it, and for which networks it holds."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.predict import errors
from pytest_edgebench.predict.fit import CONFORMAL, LEVEL, NETWORKS, cost_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.predict.features import Features

DATA = Path(__file__).parent / "coefficients.json"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit of one quantity with one runtime.

    Attributes:
        quantity: "latency" (in cycles), "ram" or "flash" (in bytes).
        core: "" for memory, which is the same on all cores.
        terms: features, as `Features.value` takes them. costs: of a unit of each.
        spread: half-width of the interval, natural logarithm.
        points, networks: how many measurements of how many networks it rests on.
        ranges: feature → least and largest value that it was fitted to.
        sources: of the measurements.
    """

    quantity: str
    core: str
    runtime: str
    terms: tuple[str, ...]
    costs: tuple[float, ...]
    spread: float
    points: int
    networks: int
    ranges: Mapping[str, tuple[float, float]]
    sources: tuple[str, ...]

    @property
    def title(self) -> str:
        """ "cortex-m7 with stm32cube-ai-7.3-8.1"."""
        return titled(self.core, self.runtime)

    @property
    def method(self) -> str:
        """How the interval was found, for people."""
        if self.points < CONFORMAL:
            return f"the leave-one-network-out range of {self.points} measurements, too few for a level"
        return f"{100 * LEVEL:g} % conformal by {self.points} measurements, each of a network left out"

    def of(self, features: Features) -> tuple[float, float, float]:
        """The cost of a network, with the bounds of its interval."""
        value, factor = cost_of(features, self.terms, self.costs), math.exp(self.spread)
        return value, value / factor, value * factor


@cache
def all_fitted() -> Mapping[tuple[str, str, str], Fitted]:
    """(quantity, core, runtime) → its fit, of all that are shipped."""
    found = {}
    for entry in json.loads(DATA.read_text(encoding="utf-8"))["fits"]:
        lists = {key: tuple(entry[key]) for key in ("terms", "costs", "sources")}
        ranges = {term: (low, high) for term, (low, high) in entry["ranges"].items()}
        one = Fitted(**entry | lists | {"ranges": ranges})
        found[one.quantity, one.core, one.runtime] = one
    return found


def fitted_for(features: Features, quantity: str, core: str, runtime: str) -> Fitted:
    """The fit that holds for a network.

    Raises:
        PredictionRefused: nothing was fitted for this, or to too few networks, or this network lies outside
            what was fitted, computes in floats, or cannot be counted wholly.
    """
    known = all_fitted()
    fitted = known.get((quantity, core, runtime))
    if fitted is None:
        there = sorted(one.title for one in known.values() if one.quantity == quantity)
        raise errors.no_data(titled(core, runtime), there)
    if fitted.networks < NETWORKS:
        raise errors.few_networks(fitted.title, fitted.networks, NETWORKS)
    if not features.integer:
        raise errors.floats(fitted.title)
    if features.uncounted:
        raise errors.uncounted(fitted.title, features.uncounted)
    for term, (low, high) in fitted.ranges.items():
        if not low <= (value := features.value(term)) <= high:
            raise errors.outside(fitted.title, term, value, low, high)
    return fitted


def titled(core: str, runtime: str) -> str:
    """A core and a runtime for people; memory is of no core."""
    runtime = runtime or "an unnamed runtime"
    return f"{core} with {runtime}" if core else runtime
