"""Memory that a network needs on a microcontroller, from coefficients fitted to published measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.predict.shipped import fitted_for
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from pytest_edgebench.predict.features import Features

QUANTITIES = ("ram", "flash")


def memory(features: Features, quantity: str, runtime: str) -> Metric:
    """Bytes of a network with its runtime, evidence "predicted", with its interval and the n of the fit.

    RAM by the tensors that are alive at once and the number of operators; flash by the model file and what
    the runtime's code takes.

    Args:
        quantity: "ram" or "flash". runtime: as the catalogue names it, such as "stm32cube-ai-7.3-8.1".

    Raises:
        PredictionRefused: as `fitted_for`.
    """
    fitted = fitted_for(features, quantity, "", runtime)
    note = f"predicted for {fitted.title}; interval: {fitted.method}"
    value, low, high = fitted.of(features)
    return Metric(value, "B", "predicted", fitted.points, low, high, note)
