"""One denoiser, and three ways to make it smaller."""

from __future__ import annotations

import pytest_edgebench as eb
from pytest_edgebench.suites.common.planted import PLANTED
from pytest_edgebench.suites.streaming.nets import train_denoiser
from pytest_edgebench.suites.streaming.sounds import calls, some_calls, source


@eb.model
def denoiser() -> eb.Model:
    """Voice in noise, 8 ms a call; the state starts again with each sequence."""
    return eb.Model(
        train_denoiser, calls, eb.signal_to_noise, calibration=some_calls, data_source=str(source())
    )


@eb.recipe
def static_int8(denoiser: eb.Model) -> eb.Recipe:
    """int8 weights and activations, with ranges of whole sequences."""
    return eb.quantize(denoiser, "static-int8", calibration=1200)


@eb.recipe
def dynamic_int8(denoiser: eb.Model) -> eb.Recipe:
    """int8 weights; activations are quantized while the model runs."""
    return eb.quantize(denoiser, "dynamic-int8")


@eb.recipe
def fp16(denoiser: eb.Model) -> eb.Recipe:
    """Half-precision weights."""
    return eb.quantize(denoiser, "fp16")


if PLANTED:

    @eb.recipe
    def planted(denoiser: eb.Model) -> eb.Recipe:
        """A regression on purpose: half of the weights removed, and no training after it."""
        return eb.quantize(eb.prune(denoiser, 0.5), "dynamic-int8")
