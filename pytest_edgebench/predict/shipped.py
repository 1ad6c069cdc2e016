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
from pytest_edgebench.predict.hierarchy import Key, worked
from pytest_edgebench.predict.ranges import FARTHEST, outside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.predict.features import Features

DATA = Path(__file__).parent / "coefficients.json"
OLD = {"stm32cube-ai-7.3-8.1": ("x-cube-ai-7.3", "x-cube-ai-8.0", "x-cube-ai-8.1")}
"""Names that older profiles give to several versions at once: their interval holds those of all."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit of one quantity with one version of some software.

    Attributes:
        quantity: "latency" (in cycles), "ram" or "flash" (in bytes).
        core: "" for memory, which is the same on all cores.
        terms: features, as `Features.value` takes them. costs: of a unit of each.
        drops: whether the software leaves out channels whose weights are all zero.
        spread: half-width of the interval, natural logarithm, of all that was measured with the software.
        points, networks: how many measurements of how many networks, on this core with this version.
        held, behind: how many measurements of how many networks the interval rests on.
        ranges: feature → least and largest value that was measured with the software.
        sources: of the measurements.
    """

    quantity: str
    core: str
    software: str
    version: str
    terms: tuple[str, ...]
    costs: tuple[float, ...]
    drops: bool
    spread: float
    points: int
    networks: int
    held: int
    behind: int
    ranges: Mapping[str, tuple[float, float]]
    sources: tuple[str, ...]

    @property
    def runtime(self) -> str:
        """Software and version, as `predicted_by` names them."""
        return Key(self.core, self.software, self.version).runtime

    @property
    def title(self) -> str:
        """ "cortex-m7 with x-cube-ai-8.1"."""
        return titled(self.core, self.runtime)

    @property
    def method(self) -> str:
        """How the interval was found, for people."""
        how = "conformal" if self.behind >= CONFORMAL else "by Student's t"
        measured = f"{self.held} measurements of {self.behind} networks, each left out"
        return f"{100 * LEVEL:g} % {how}, of {measured}"

    def of(self, features: Features) -> tuple[float, float, float]:
        """The cost of a network, with the bounds of its interval, wider by as far as it is out of range."""
        seen = worked(features, self.drops)
        value, beyond = cost_of(seen, self.terms, self.costs), outside(seen, self.ranges)
        factor = math.exp(self.spread + (beyond.distance if beyond else 0.0))
        return value, value / factor, value * factor


@cache
def all_fitted() -> Mapping[tuple[str, str, str], Fitted]:
    """(quantity, core, software and version) → its fit, of all that are shipped."""
    found = {}
    for entry in json.loads(DATA.read_text(encoding="utf-8"))["fits"]:
        lists = {key: tuple(entry[key]) for key in ("terms", "costs", "sources")}
        ranges = {term: (low, high) for term, (low, high) in entry["ranges"].items()}
        one = Fitted(**entry | lists | {"ranges": ranges})
        found[one.quantity, one.core, one.runtime] = one
    return found


def fitted_for(features: Features, quantity: str, core: str, runtime: str) -> tuple[Fitted, ...]:
    """The fits that hold for a network: one, or those of the versions that an old name stands for.

    Raises:
        PredictionRefused: nothing was fitted for this, or to too few networks, or this network lies outside
            what was fitted, computes in floats, or cannot be counted wholly.
    """
    known = all_fitted()
    names = [name for name in OLD.get(runtime, (runtime,)) if (quantity, core, name) in known]
    fits = tuple(known[quantity, core, name] for name in names)
    if not fits:
        raise errors.no_data(quantity, titled(core, runtime), published(quantity, core))
    if not features.integer:
        raise errors.floats(quantity)
    if features.uncounted:
        raise errors.uncounted(quantity, features.uncounted)
    for fitted in fits:
        if fitted.networks < NETWORKS:
            raise errors.few_networks(quantity, fitted.title, fitted.networks, NETWORKS)
        beyond = outside(worked(features, fitted.drops), fitted.ranges)
        if beyond is not None and beyond.distance > FARTHEST:
            raise errors.outside(quantity, beyond)
    return fits


def published(quantity: str, core: str) -> tuple[str, ...]:
    """Software and versions that a quantity was published with on a core, in the order of their names."""
    known = all_fitted().values()
    return tuple(sorted(one.runtime for one in known if (one.quantity, one.core) == (quantity, core)))


def told(fits: tuple[Fitted, ...], features: Features) -> tuple[float, float, float]:
    """The cost of a network with its bounds by all fits together: of many, the middle of the bounds."""
    if len(fits) == 1:
        return fits[0].of(features)
    bounds = [fit.of(features) for fit in fits]
    low, high = min(bound[1] for bound in bounds), max(bound[2] for bound in bounds)
    return math.sqrt(low * high), low, high


def titled(core: str, runtime: str) -> str:
    """A core and a runtime for people; memory is of no core."""
    runtime = runtime or "an unnamed runtime"
    return f"{core} with {runtime}" if core else runtime
