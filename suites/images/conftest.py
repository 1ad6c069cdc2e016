"""Two networks, and ways to make each smaller."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest_edgebench as eb
from pytest_edgebench.suites.common.planted import PLANTED
from pytest_edgebench.suites.images import pictures
from pytest_edgebench.suites.images.nets import recover, train_mobilenet, train_resnet8

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

NETS = ["resnet8", "mobilenet"]


@eb.model
def resnet8() -> eb.Model:
    """12.5 M multiply-accumulates, as MLPerf Tiny's network of that name."""
    return _classifier(train_resnet8)


@eb.model
def mobilenet() -> eb.Model:
    """1.1 M multiply-accumulates."""
    return _classifier(train_mobilenet)


def _classifier(train: Callable[[bool], nn.Module]) -> eb.Model:
    real = pictures.given()
    return eb.Model(
        partial(train, real),
        partial(pictures.held_out, real),
        eb.top1,
        calibration=partial(pictures.training_inputs, real),
        data_source=str(pictures.source(real)),
    )


@eb.recipe(models=NETS)
def static_int8(model: eb.Model) -> eb.Recipe:
    """int8 weights and activations, with ranges of 128 training pictures."""
    return eb.quantize(model, "static-int8", calibration=128)


@eb.recipe(models=NETS)
def fp16(model: eb.Model) -> eb.Recipe:
    """Half-precision weights."""
    return eb.quantize(model, "fp16")


@eb.recipe(models="resnet8")
def narrow_int8(model: eb.Model) -> eb.Recipe:
    """A quarter of the channels removed, the others trained a little more, then int8."""
    narrow = eb.prune_channels(model, 0.25, finetune=partial(recover, pictures.given()))
    return eb.quantize(narrow, "static-int8", calibration=128)


if PLANTED:

    @eb.recipe(models=NETS)
    def planted(model: eb.Model) -> eb.Recipe:
        """A regression on purpose: nearly all weights removed, none trained again."""
        return eb.quantize(eb.prune(model, 0.97), "static-int8", calibration=128)
