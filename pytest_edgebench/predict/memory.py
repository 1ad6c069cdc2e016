"""Memory that a network needs on a microcontroller, from coefficients fitted to published measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.predict.shipped import fitted_for, titled, told
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from pytest_edgebench.predict.features import Features

QUANTITIES = ("ram", "flash")


def memory(features: Features, quantity: str, runtime: str) -> Metric:
    """Bytes of a network with its runtime, evidence "predicted", with its interval and the n of the fit.

    RAM by the tensors that are alive at once and the number of operators; flash by the model file and what
    the runtime's code takes.

    Args:
        quantity: "ram" or "flash". runtime: software and version, such as "x-cube-ai-8.1".

    Raises:
        PredictionRefused: as `fitted_for`.
    """
    fits = fitted_for(features, quantity, "", runtime)
    value, low, high = told(fits, features)
    methods = "; ".join(dict.fromkeys(fit.method for fit in fits))
    note = f"predicted for {titled('', runtime)}; interval: {methods}"
    return Metric(value, "B", "predicted", sum(fit.points for fit in fits), low, high, note)
