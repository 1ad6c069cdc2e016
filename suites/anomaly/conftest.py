"""Two auto-encoders, and four ways to make each smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb
from pytest_edgebench.suites.anomaly import low_digits, machine
from pytest_edgebench.suites.anomaly.nets import (
    recover_low_digits,
    recover_machine,
    train_low_digits,
    train_machine,
)
from pytest_edgebench.suites.anomaly.score import RECONSTRUCTION_AUC, with_inputs
from pytest_edgebench.suites.common.planted import PLANTED

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

NETS = ["low_digits_ae", "machine_ae"]


def judged_digits() -> tuple[Array, Array]:
    """Images, and labels that hold them too."""
    return with_inputs(*low_digits.held_out())


def judged_sounds() -> tuple[Array, Array]:
    """Sounds, and labels that hold them too."""
    return with_inputs(*machine.held_out())


@eb.model
def low_digits_ae() -> eb.Model:
    """AUC of 0.96, where the distance to the mean digit has 0.53."""
    return eb.Model(
        train_low_digits,
        judged_digits,
        RECONSTRUCTION_AUC,
        calibration=low_digits.training,
        data_source=str(low_digits.SOURCE),
    )


@eb.model
def machine_ae() -> eb.Model:
    """AUC of 0.91, where the distance to the mean sound has 0.6."""
    return eb.Model(
        train_machine,
        judged_sounds,
        RECONSTRUCTION_AUC,
        calibration=machine.training,
        data_source=str(machine.SOURCE),
    )


@eb.recipe(models=NETS)
def dynamic_int8(model: eb.Model) -> eb.Recipe:
    """int8 weights; activations are quantized while the model runs."""
    return eb.quantize(model, "dynamic-int8")


@eb.recipe(models=NETS)
def static_int8(model: eb.Model) -> eb.Recipe:
    """int8 weights and activations, with ranges of 256 normal samples."""
    return eb.quantize(model, "static-int8", calibration=256)


@eb.recipe(models=NETS)
def fp16(model: eb.Model) -> eb.Recipe:
    """Half-precision weights."""
    return eb.quantize(model, "fp16")


@eb.recipe(models="low_digits_ae")
def pruned_digits(model: eb.Model) -> eb.Recipe:
    """A third of the weights removed, the others trained a little more, then int8."""
    return eb.quantize(eb.prune(model, 0.33, finetune=recover_low_digits), "static-int8", calibration=256)


@eb.recipe(models="machine_ae")
def pruned_machine(model: eb.Model) -> eb.Recipe:
    """As `pruned_digits`."""
    return eb.quantize(eb.prune(model, 0.33, finetune=recover_machine), "static-int8", calibration=256)


if PLANTED:

    @eb.recipe(models=NETS)
    def planted(model: eb.Model) -> eb.Recipe:
        """A regression on purpose: nearly all weights removed, none trained again."""
        return eb.quantize(eb.prune(model, 0.97), "static-int8", calibration=256)
