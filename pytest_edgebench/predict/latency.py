"""Latency of a network on a core that is not here, from coefficients fitted to published measurements."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_edgebench.predict import errors
from pytest_edgebench.predict.shipped import fitted_for, titled, told
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from pytest_edgebench.predict.features import Features


def predict(features: Features, core: str, runtime: str, clock_hz: float) -> Metric:
    """Latency of one inference in seconds, evidence "predicted", with its interval and the n of the fit.

    Args:
        core: as the catalogue names it, such as "cortex-m7".
        runtime: software and version of the published measurements, such as "x-cube-ai-8.1".
        clock_hz: of the core.

    Raises:
        PredictionRefused: as `fitted_for`; a clock that is none.
    """
    if not (math.isfinite(clock_hz) and clock_hz > 0):
        raise errors.bad_clock(clock_hz)
    fits = fitted_for(features, "latency", core or "an unnamed core", runtime)
    value, low, high = (cycles / clock_hz for cycles in told(fits, features))
    methods = "; ".join(dict.fromkeys(fit.method for fit in fits))
    note = f"predicted for {titled(core, runtime)} at {clock_hz / 1e6:g} MHz; interval: {methods}"
    return Metric(value, "s", "predicted", sum(fit.points for fit in fits), low, high, note)
