"""One transformer, and three ways to make it smaller."""

from __future__ import annotations

import pytest_edgebench as eb
from pytest_edgebench.suites.common.planted import PLANTED
from pytest_edgebench.suites.text.names import held_out, some_texts, source
from pytest_edgebench.suites.text.nets import train_transformer


@eb.model
def transformer() -> eb.Model:
    """Which of twelve languages 64 bytes of names are in."""
    return eb.Model(train_transformer, held_out, eb.top1, calibration=some_texts, data_source=str(source()))


@eb.recipe
def static_int8(transformer: eb.Model) -> eb.Recipe:
    """int8 weights and activations of convolutions and products; softmax and normalisation in float."""
    return eb.quantize(transformer, "static-int8", preset="transformer", calibration=128)


@eb.recipe
def dynamic_int8(transformer: eb.Model) -> eb.Recipe:
    """int8 weights of the same layers; activations are quantized while the model runs."""
    return eb.quantize(transformer, "dynamic-int8", preset="transformer")


@eb.recipe
def fp16(transformer: eb.Model) -> eb.Recipe:
    """Half-precision weights."""
    return eb.quantize(transformer, "fp16")


if PLANTED:

    @eb.recipe
    def planted(transformer: eb.Model) -> eb.Recipe:
        """A regression on purpose: nine of ten weights removed, and no training after it."""
        return eb.quantize(eb.prune(transformer, 0.9), "static-int8", preset="transformer", calibration=128)
