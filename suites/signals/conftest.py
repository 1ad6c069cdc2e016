"""Two networks, and four ways to make each smaller."""

from __future__ import annotations

from functools import partial

import pytest_edgebench as eb
from pytest_edgebench.suites.common.planted import PLANTED
from pytest_edgebench.suites.signals import ecg, motion
from pytest_edgebench.suites.signals.nets import (
    recover_beats,
    recover_motions,
    train_beats,
    train_motions,
)

NETS = ["motions", "beats"]


@eb.model
def motions() -> eb.Model:
    """All of 40 recordings of BasicMotions, 95 % of 400 generated ones; 527 k multiply-accumulates."""
    real = motion.given()
    return eb.Model(
        partial(train_motions, real),
        partial(motion.held_out, real),
        eb.top1,
        calibration=partial(motion.training_inputs, real),
        data_source=str(motion.source(real)),
    )


@eb.model
def beats() -> eb.Model:
    """Macro-F1 of 0.96 on record 100, where calling every beat normal has 0.50."""
    real = ecg.given()
    return eb.Model(
        partial(train_beats, real),
        partial(ecg.held_out, real),
        eb.f1,
        calibration=partial(ecg.training_inputs, real),
        data_source=str(ecg.source(real)),
    )


@eb.recipe(models=NETS)
def dynamic_int8(model: eb.Model) -> eb.Recipe:
    """int8 weights; activations are quantized while the model runs."""
    return eb.quantize(model, "dynamic-int8")


@eb.recipe(models=NETS)
def static_int8(model: eb.Model) -> eb.Recipe:
    """int8 weights and activations, with ranges of up to 256 training samples."""
    return eb.quantize(model, "static-int8", calibration=256)


@eb.recipe(models=NETS)
def fp16(model: eb.Model) -> eb.Recipe:
    """Half-precision weights."""
    return eb.quantize(model, "fp16")


@eb.recipe(models="motions")
def pruned_motions(model: eb.Model) -> eb.Recipe:
    """Half of the weights removed, the others trained a little more, then int8."""
    recover = partial(recover_motions, motion.given())
    return eb.quantize(eb.prune(model, 0.5, finetune=recover), "static-int8", calibration=256)


@eb.recipe(models="beats")
def pruned_beats(model: eb.Model) -> eb.Recipe:
    """As `pruned_motions`."""
    recover = partial(recover_beats, ecg.given())
    return eb.quantize(eb.prune(model, 0.5, finetune=recover), "static-int8", calibration=256)


if PLANTED:

    @eb.recipe(models=NETS)
    def planted(model: eb.Model) -> eb.Recipe:
        """A regression on purpose: nearly all weights removed, none trained again."""
        return eb.quantize(eb.prune(model, 0.97), "static-int8", calibration=256)
