"""Two networks, and four ways to make each smaller."""

from __future__ import annotations

import pytest_edgebench as eb
from pytest_edgebench.suites.common.planted import PLANTED
from pytest_edgebench.suites.digits.digits import SOURCE, held_out, training_images
from pytest_edgebench.suites.digits.nets import recover, train_cnn, train_mlp

NETS = ["cnn", "mlp"]


@eb.model
def cnn() -> eb.Model:
    """98.8 % of 1,000 digits, 457 k multiply-accumulates."""
    return eb.Model(train_cnn, held_out, eb.top1, calibration=training_images, data_source=str(SOURCE))


@eb.model
def mlp() -> eb.Model:
    """96.4 % of 1,000 digits, 50 k multiply-accumulates."""
    return eb.Model(train_mlp, held_out, eb.top1, calibration=training_images, data_source=str(SOURCE))


@eb.recipe(models=NETS)
def dynamic_int8(model: eb.Model) -> eb.Recipe:
    """int8 weights; activations are quantized while the model runs."""
    return eb.quantize(model, "dynamic-int8")


@eb.recipe(models=NETS)
def static_int8(model: eb.Model) -> eb.Recipe:
    """int8 weights and activations, with ranges of 128 training images."""
    return eb.quantize(model, "static-int8", calibration=128)


@eb.recipe(models=NETS)
def fp16(model: eb.Model) -> eb.Recipe:
    """Half-precision weights."""
    return eb.quantize(model, "fp16")


@eb.recipe(models=NETS)
def pruned_int8(model: eb.Model) -> eb.Recipe:
    """Half of the weights removed, the others trained a little more, then int8."""
    return eb.quantize(eb.prune(model, 0.5, finetune=recover), "static-int8", calibration=128)


if PLANTED:

    @eb.recipe(models=NETS)
    def planted(model: eb.Model) -> eb.Recipe:
        """A regression on purpose: nearly all weights removed, none trained again."""
        return eb.quantize(eb.prune(model, 0.99), "static-int8", calibration=128)
