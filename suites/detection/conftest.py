"""One detector, and three ways to make it smaller."""

from __future__ import annotations

import pytest_edgebench as eb
from pytest_edgebench.suites.common.planted import PLANTED
from pytest_edgebench.suites.detection.head import boxes
from pytest_edgebench.suites.detection.nets import recover, train_detector
from pytest_edgebench.suites.detection.scenes import SOURCE, held_out, some_scenes


@eb.model
def detector() -> eb.Model:
    """One to four digits of a scene: where they are and which."""
    score = eb.mean_average_precision(boxes)
    return eb.Model(train_detector, held_out, score, calibration=some_scenes, data_source=str(SOURCE))


@eb.recipe
def static_int8(detector: eb.Model) -> eb.Recipe:
    """int8 weights and activations, with ranges of 128 training scenes."""
    return eb.quantize(detector, "static-int8", calibration=128)


@eb.recipe
def fp16(detector: eb.Model) -> eb.Recipe:
    """Half-precision weights."""
    return eb.quantize(detector, "fp16")


@eb.recipe
def pruned_int8(detector: eb.Model) -> eb.Recipe:
    """Half of the weights removed, the others trained a little more, then int8."""
    return eb.quantize(eb.prune(detector, 0.5, finetune=recover), "static-int8", calibration=128)


if PLANTED:

    @eb.recipe
    def planted(detector: eb.Model) -> eb.Recipe:
        """A regression on purpose: four of five weights removed, and no training after it."""
        return eb.quantize(eb.prune(detector, 0.8), "static-int8", calibration=128)
