"""Predictions from the shipped coefficients, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pytest_edgebench.metrics import predicted
from pytest_edgebench.predict import shipped
from pytest_edgebench.predict.errors import PredictionRefused
from pytest_edgebench.predict.features import Features
from pytest_edgebench.predict.fit import NETWORKS
from pytest_edgebench.predict.latency import predict
from pytest_edgebench.predict.memory import QUANTITIES, memory
from pytest_edgebench.predict.shipped import OLD, all_fitted
from pytest_edgebench.profiles.catalogue import described, load_catalogue
from pytest_edgebench.profiles.profile import Profile

CUBE = "x-cube-ai-7.3"
RESNET8 = Features(12238848, 262144, 0, 640, outputs=117918, operators=18, peak=49152, file=96104)
"""ResNet v1 8 of STM32 model zoo (image_classification/models): 37.91 ms on a Cortex-M7 at 400 MHz."""
ENTRIES = load_catalogue()


def test_a_prediction_has_evidence_interval_and_n() -> None:
    metric = predict(RESNET8, "cortex-m7", CUBE, 400e6)
    fitted = all_fitted()["latency", "cortex-m7", CUBE]
    assert (metric.evidence, metric.unit, metric.n) == ("predicted", "s", fitted.points)
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low <= 0.03791 <= metric.high
    assert metric.high / metric.value == pytest.approx(math.exp(fitted.spread))
    assert f"90 % conformal, of {fitted.held} measurements of {fitted.behind} networks" in metric.note


def test_software_with_few_networks_has_an_interval_by_students_t() -> None:
    note = predict(RESNET8, "cortex-m4", "tflite-micro-2.3.1", 120e6).note
    assert "90 % by Student's t, of 3 measurements of 3 networks, each left out" in note


@pytest.mark.parametrize("quantity, published", list(zip(QUANTITIES, (64_799, 125_850), strict=True)))
def test_memory_has_evidence_interval_and_n(quantity: str, published: float) -> None:
    metric = memory(RESNET8, quantity, CUBE)
    assert (metric.evidence, metric.unit, metric.n) == ("predicted", "B", 10)
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low <= published <= metric.high


@pytest.mark.parametrize(
    "peak, said",
    [
        (1e8, r"no RAM prediction: peak activations 100 MB are above the fitted range \(1.7 kB to 1.2 MB\)"),
        (1280, r"no RAM prediction: peak activations 1.3 kB are below the fitted range \(1.7 kB to 1.2 MB\)"),
    ],
)
def test_memory_far_outside_what_was_fitted_is_refused(peak: float, said: str) -> None:
    with pytest.raises(PredictionRefused, match=said):
        memory(replace(RESNET8, peak=peak), "ram", CUBE)


def test_an_interval_widens_by_as_much_as_a_network_lies_outside() -> None:
    """A few percent outside are no reason to refuse."""
    low, high = all_fitted()["ram", "", CUBE].ranges["peak"]
    inside, beyond = (memory(replace(RESNET8, peak=peak), "ram", CUBE) for peak in (high, 1.2 * high))
    assert inside.high is not None
    assert beyond.high is not None
    widths = [one.high / one.value for one in (inside, beyond) if one.high is not None]
    assert widths[1] / widths[0] == pytest.approx(1.2)
    assert memory(replace(RESNET8, peak=low / 1.02), "ram", CUBE).value > 0


def test_half_the_clock_is_twice_the_time() -> None:
    fast, slow = (predict(RESNET8, "cortex-m7", CUBE, hertz).value for hertz in (400e6, 200e6))
    assert slow == pytest.approx(2 * fast)


@pytest.mark.parametrize("core, runtime", [("cortex-m7", "tflite-micro"), ("cortex-m4", "x-cube-ai")])
def test_other_software_or_version_is_refused_with_what_is_published(core: str, runtime: str) -> None:
    with pytest.raises(PredictionRefused) as caught:
        predict(RESNET8, core, runtime, 1e8)
    assert f"no latency prediction for {core} with {runtime}: no measurements" in caught.value.what
    assert "only with hale-1.0, hale-1.0.175, " in caught.value.what
    assert "x-cube-ai-8.1, x-cube-ai-9.0" in caught.value.what
    assert 'name it in the profile: predicted_by = "x-cube-ai-9.0"' in caught.value.fix


def test_a_core_without_measurements_is_refused() -> None:
    with pytest.raises(
        PredictionRefused, match=r"cortex-a53 with litert: no measurements.*nor with any other"
    ):
        predict(RESNET8, "cortex-a53", "litert", 1e9)


def test_too_few_networks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    key = ("latency", "cortex-m7", CUBE)
    few = {**all_fitted(), key: replace(all_fitted()[key], networks=2)}
    monkeypatch.setattr(shipped, "all_fitted", lambda: few)
    with pytest.raises(PredictionRefused, match=r"measurements of 2 networks are published, .* needs 3"):
        predict(RESNET8, "cortex-m7", CUBE, 120e6)


def test_floats_are_refused() -> None:
    with pytest.raises(PredictionRefused, match="no latency prediction: this network computes in floats"):
        predict(replace(RESNET8, integer=False), "cortex-m7", CUBE, 400e6)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"conv": 1e12}, "multiply-accumulates of convolutions 1000 G are above"),
        ({"conv": 10.0, "pointwise": 0.0}, "multiply-accumulates 650 are below"),
        ({"outputs": 1.0}, "elements that all operators write 1 are below"),
        ({"operators": 1e6}, r"operators 1.0 M are above the fitted range \(7 to 179\)"),
        ({"dense": 5e6}, "multiply-accumulates of dense layers 5.0 M are above"),
        ({"uncounted": ("WHILE",)}, "the work of WHILE in this network is not known"),
    ],
)
def test_work_outside_what_was_fitted_is_refused(change: dict[str, float], said: str) -> None:
    with pytest.raises(PredictionRefused, match=f"no latency prediction: {said}"):
        predict(replace(RESNET8, **change), "cortex-m7", CUBE, 400e6)  # type: ignore[arg-type]


@pytest.mark.parametrize("hertz", [0.0, -1.0, math.nan, math.inf])
def test_a_clock_that_is_none_is_refused(hertz: float) -> None:
    with pytest.raises(PredictionRefused, match="no prediction at a clock of"):
        predict(RESNET8, "cortex-m7", CUBE, hertz)


def test_every_fit_names_its_sources_and_holds_no_negative_cost() -> None:
    for fitted in all_fitted().values():
        assert fitted.sources
        assert min(fitted.costs) > 0
        assert fitted.spread > 0
        assert fitted.networks >= NETWORKS


def test_the_name_of_several_versions_holds_the_intervals_of_all() -> None:
    """As profiles of before versions were told apart have it."""
    (old,) = OLD
    found = predict(RESNET8, "cortex-m7", old, 400e6)
    each = [predict(RESNET8, "cortex-m7", name, 400e6) for name in OLD[old]]
    assert found.low == min(one.low for one in each if one.low is not None)
    assert found.high == max(one.high for one in each if one.high is not None)
    assert found.low is not None
    assert found.low < found.value < (found.high or 0)
    assert memory(RESNET8, "flash", old).n == 14


def test_a_runtime_that_was_named_is_named() -> None:
    """Also where only ``runtime`` names it; "an unnamed runtime" is for profiles that name none."""
    named = "cortex-m7 with tflite-micro-0.1"
    more = {"runtime": "tflite-micro", "runtime_version": "0.1"}
    for told, given in ((named, more), ("an unnamed runtime", {})):
        profile = Profile("board", core="cortex-m7", clock_hz=400e6, **given)  # type: ignore[arg-type]
        assert told in str(predicted._one(predicted.P50, RESNET8, profile))


@pytest.mark.parametrize("name", [name for name in ENTRIES if described(name, ENTRIES).core])
def test_no_entry_of_the_catalogue_takes_figures_of_other_software(name: str) -> None:
    """TFLite Micro runs its files, and is no X-CUBE-AI; a Nordic board has no figures of ST's tool."""
    profile = described(name, ENTRIES)
    profile = replace(profile, clock_hz=profile.clock_hz or 1e8)
    assert profile.predicted_by == ""
    for metric in predicted.WHAT:
        assert "no measurements with that software are published" in str(
            predicted._one(metric, RESNET8, profile)
        )


def test_software_that_the_profile_names_counts_and_is_said() -> None:
    profile = replace(described("nrf5340-dk", ENTRIES), predicted_by="x-cube-ai-8.1")
    for metric in predicted.WHAT:
        found = predicted._one(metric, RESNET8, profile)
        assert not isinstance(found, str)
        assert found.note.endswith(
            "; predicted_by of the profile names that software, tflite-micro runs the file"
        )
    plain = predicted._one("ram", RESNET8, Profile("own", predicted_by="x-cube-ai-8.1"))
    assert not isinstance(plain, str)
    assert "predicted_by" not in plain.note


def test_the_runtime_itself_is_predicted_in_the_version_that_was_measured() -> None:
    profile = replace(described("nucleo-l4r5zi", ENTRIES), runtime_version="2.3.1")
    found = predicted._one(predicted.P50, RESNET8, profile)
    assert not isinstance(found, str)
    assert "cortex-m4 with tflite-micro-2.3.1 at 120 MHz" in found.note
