"""Predictions from the shipped coefficients, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pytest_edgebench.metrics import predicted
from pytest_edgebench.predict.errors import PredictionRefused
from pytest_edgebench.predict.features import Features
from pytest_edgebench.predict.fit import NETWORKS
from pytest_edgebench.predict.latency import predict
from pytest_edgebench.predict.memory import QUANTITIES, memory
from pytest_edgebench.predict.shipped import all_fitted
from pytest_edgebench.profiles.profile import Profile

CUBE = "stm32cube-ai-7.3-8.1"
RESNET8 = Features(12238848, 262144, 0, 640, outputs=117918, operators=18, peak=49152, file=96104)
"""ResNet v1 8 of STM32 model zoo (image_classification/models): 37.91 ms on a Cortex-M7 at 400 MHz."""


def test_a_prediction_has_evidence_interval_and_n() -> None:
    metric = predict(RESNET8, "cortex-m7", CUBE, 400e6)
    fitted = all_fitted()["latency", "cortex-m7", CUBE]
    assert (metric.evidence, metric.unit, metric.n) == ("predicted", "s", fitted.points)
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low <= 0.03791 <= metric.high
    assert metric.high / metric.value == pytest.approx(math.exp(fitted.spread))
    assert f"90 % conformal by {fitted.points} measurements" in metric.note


def test_a_small_fit_says_that_its_interval_has_no_level() -> None:
    note = predict(RESNET8, "cortex-m33", CUBE, 160e6).note
    assert "leave-one-network-out range of 7 measurements, too few for a level" in note


@pytest.mark.parametrize("quantity, published", list(zip(QUANTITIES, (64_799, 125_850), strict=True)))
def test_memory_has_evidence_interval_and_n(quantity: str, published: float) -> None:
    metric = memory(RESNET8, quantity, CUBE)
    assert (metric.evidence, metric.unit, metric.n) == ("predicted", "B", 14)
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low <= published <= metric.high
    assert "90 % conformal by 14 measurements" in metric.note


def test_memory_outside_what_was_fitted_is_refused() -> None:
    with pytest.raises(PredictionRefused, match=rf"for {CUBE}: 100,000,000 peak of this network lie outside"):
        memory(replace(RESNET8, peak=1e8), "ram", CUBE)
    with pytest.raises(
        PredictionRefused, match="nothing was fitted for it; there are coefficients for stm32"
    ):
        memory(RESNET8, "flash", "tflite-micro")


def test_half_the_clock_is_twice_the_time() -> None:
    fast, slow = (predict(RESNET8, "cortex-m7", CUBE, hertz).value for hertz in (400e6, 200e6))
    assert slow == pytest.approx(2 * fast)


def test_an_unknown_pair_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        PredictionRefused, match=r"cortex-a53 with litert: nothing was fitted.*cortex-m7 with stm32"
    ):
        predict(RESNET8, "cortex-a53", "litert", 1e9)


def test_too_few_networks_are_refused() -> None:
    assert all_fitted()["latency", "cortex-m4", CUBE].networks < NETWORKS
    with pytest.raises(
        PredictionRefused, match="measurements of 2 networks are published, and an interval needs 3"
    ):
        predict(RESNET8, "cortex-m4", CUBE, 120e6)


def test_floats_are_refused() -> None:
    with pytest.raises(PredictionRefused, match="this one computes in floats"):
        predict(replace(RESNET8, integer=False), "cortex-m7", CUBE, 400e6)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"conv": 1e12}, "macs"),
        ({"conv": 10.0, "pointwise": 0.0}, "macs"),
        ({"outputs": 1.0}, "outputs"),
        ({"operators": 1e6}, "operators"),
        ({"dense": 5e6}, "dense"),
    ],
)
def test_work_outside_what_was_fitted_is_refused(change: dict[str, float], said: str) -> None:
    with pytest.raises(
        PredictionRefused, match=rf"[0-9,]+ {said} of this network lie outside the [0-9,]+ to"
    ):
        predict(replace(RESNET8, **change), "cortex-m7", CUBE, 400e6)  # type: ignore[arg-type]


@pytest.mark.parametrize("hertz", [0.0, -1.0, math.nan, math.inf])
def test_a_clock_that_is_none_is_refused(hertz: float) -> None:
    with pytest.raises(PredictionRefused, match="no prediction at a clock of"):
        predict(RESNET8, "cortex-m7", CUBE, hertz)


def test_every_fit_names_its_sources_and_holds_no_negative_cost() -> None:
    for fitted in all_fitted().values():
        assert fitted.sources
        assert min(fitted.costs) >= 0
        assert (fitted.spread > 0) == (fitted.networks >= NETWORKS)


def test_a_runtime_that_was_named_is_named() -> None:
    """Also where only ``runtime`` names it; "an unnamed runtime" is for profiles that name none."""
    named = "cortex-m7 with tflite-micro"
    for told, more in ((named, {"runtime": "tflite-micro"}), ("an unnamed runtime", {})):
        profile = Profile("board", core="cortex-m7", clock_hz=400e6, **more)  # type: ignore[arg-type]
        assert told in str(predicted._one(predicted.P50, RESNET8, profile))
