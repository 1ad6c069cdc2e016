"""A network and three ways to make it smaller, and a reference model that is judged as it is."""

from __future__ import annotations

from functools import partial

import pytest_edgebench as eb
from pytest_edgebench.suites.common.planted import PLANTED
from pytest_edgebench.suites.kws import reference, spoken
from pytest_edgebench.suites.kws.nets import recover_words, train_words

MLPERF = reference.model_file()

if MLPERF is not None:

    @eb.model
    def mlperf_kws() -> eb.Model:
        """90.2 % of 1,000 inputs in LiteRT, as mlcommons/tiny publishes it."""
        return eb.Model(str(MLPERF), reference.held_out, eb.top1, data_source=str(reference.SOURCE))


@eb.model
def words() -> eb.Model:
    """DS-CNN of 11,290 parameters: all of 120 spoken digits, 1.2 M multiply-accumulates."""
    real = spoken.given()
    return eb.Model(
        partial(train_words, real),
        partial(spoken.held_out, real),
        eb.top1,
        calibration=partial(spoken.training_inputs, real),
        data_source=str(spoken.source(real)),
    )


@eb.recipe(models="words")
def static_int8(model: eb.Model) -> eb.Recipe:
    """int8 weights and activations, with ranges of 256 training samples."""
    return eb.quantize(model, "static-int8", calibration=256)


@eb.recipe(models="words")
def fp16(model: eb.Model) -> eb.Recipe:
    """Half-precision weights."""
    return eb.quantize(model, "fp16")


@eb.recipe(models="words")
def pruned_int8(model: eb.Model) -> eb.Recipe:
    """Half of the weights removed, the others trained a little more, then int8."""
    recover = partial(recover_words, spoken.given())
    return eb.quantize(eb.prune(model, 0.5, finetune=recover), "static-int8", calibration=256)


if PLANTED:

    @eb.recipe(models="words")
    def planted(model: eb.Model) -> eb.Recipe:
        """A regression on purpose: nearly all weights removed, none trained again."""
        return eb.quantize(eb.prune(model, 0.97), "static-int8", calibration=256)
