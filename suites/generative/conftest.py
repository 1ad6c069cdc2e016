"""One language model in three files, and ways to make it smaller."""

from __future__ import annotations

import pytest_edgebench as eb
from pytest_edgebench.suites.common.planted import PLANTED
from pytest_edgebench.suites.generative import topics
from pytest_edgebench.suites.generative.nets import train_long_step, train_step, train_window

MODELS = ["window", "step", "long_step"]


@eb.model
def window() -> eb.Model:
    """A prompt of 64 bytes in one call, whose latency is the time to the first token."""
    return eb.Model(
        train_window,
        topics.windows,
        eb.perplexity,
        calibration=topics.some_windows,
        data_source=str(topics.SOURCE),
    )


@eb.model
def step() -> eb.Model:
    """A byte a call, with a cache of keys and values for 64."""
    return eb.Model(
        train_step,
        topics.steps,
        eb.perplexity,
        calibration=topics.some_steps,
        data_source=str(topics.SOURCE),
    )


@eb.model
def long_step() -> eb.Model:
    """The same with room for 1,024 bytes."""
    return eb.Model(train_long_step, topics.long_steps, eb.perplexity, data_source=str(topics.SOURCE))


@eb.recipe(models=MODELS)
def dynamic_int8(model: eb.Model) -> eb.Recipe:
    """int8 weights of all products; activations are quantized while the model runs."""
    return eb.quantize(model, "dynamic-int8", preset="transformer")


@eb.recipe(models=["window", "step"])
def static_int8(model: eb.Model) -> eb.Recipe:
    """int8 weights and activations of products, with ranges of training texts; the cache stays float."""
    return eb.quantize(model, "static-int8", preset="transformer", calibration=64)


if PLANTED:

    @eb.recipe(models=MODELS)
    def planted(model: eb.Model) -> eb.Recipe:
        """A regression on purpose: seven of ten weights removed, and no training after it."""
        return eb.quantize(eb.prune(model, 0.7), "dynamic-int8", preset="transformer")
