"""Latency of a network on a core that is not here, from coefficients fitted to published measurements."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.errors import predict as errors
from pytest_edgebench.predict.fit import CONFORMAL, LEVEL, NETWORKS, cycles_of
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.predict.features import Features

DATA = Path(__file__).parent / "coefficients.json"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit of one core with one runtime.

    Attributes:
        terms: features, as `Features.value` takes them. cycles: of a unit of each.
        spread: half-width of the interval, natural logarithm.
        points, networks: how many measurements of how many networks it rests on.
        ranges: feature → least and largest value that it was fitted to.
        sources: of the measurements.
    """

    core: str
    runtime: str
    terms: tuple[str, ...]
    cycles: tuple[float, ...]
    spread: float
    points: int
    networks: int
    ranges: Mapping[str, tuple[float, float]]
    sources: tuple[str, ...]

    @property
    def method(self) -> str:
        """How the interval was found, for people."""
        if self.points < CONFORMAL:
            return f"the leave-one-network-out range of {self.points} measurements, too few for a level"
        return f"{100 * LEVEL:g} % conformal by {self.points} measurements, each of a network left out"


@cache
def all_fitted() -> Mapping[tuple[str, str], Fitted]:
    """(core, runtime) → its fit, of all that are shipped."""
    found = {}
    for entry in json.loads(DATA.read_text(encoding="utf-8"))["fits"]:
        lists = {key: tuple(entry[key]) for key in ("terms", "cycles", "sources")}
        ranges = {term: (low, high) for term, (low, high) in entry["ranges"].items()}
        found[entry["core"], entry["runtime"]] = Fitted(**entry | lists | {"ranges": ranges})
    return found


def predict(features: Features, core: str, runtime: str, clock_hz: float) -> Metric:
    """Latency of one inference in seconds, rung "predicted", with its interval and the n of the fit.

    Args:
        core, runtime: as the catalogue names them, such as "cortex-m7" and "stm32cube-ai".
        clock_hz: of the core.

    Raises:
        PredictionRefused: nothing was fitted for them, or to too few networks, or this network lies outside
            what was fitted, or computes in floats.
    """
    if not (math.isfinite(clock_hz) and clock_hz > 0):
        raise errors.bad_clock(clock_hz)
    known = all_fitted()
    fitted = known.get((core, runtime))
    if fitted is None:
        raise errors.no_data(core, runtime, known)
    if fitted.networks < NETWORKS:
        raise errors.few_networks(core, runtime, fitted.networks, NETWORKS)
    if not features.integer:
        raise errors.floats(core, runtime)
    for term, (low, high) in fitted.ranges.items():
        if not low <= (value := features.value(term)) <= high:
            raise errors.outside(core, runtime, term, value, low, high)
    value = cycles_of(features, fitted.terms, fitted.cycles) / clock_hz
    factor = math.exp(fitted.spread)
    note = f"predicted for {core} with {runtime} at {clock_hz / 1e6:g} MHz; interval: {fitted.method}"
    return Metric(value, "s", "predicted", fitted.points, value / factor, value * factor, note)
