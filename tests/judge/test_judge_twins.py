"""A target's outputs beside the host's."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_edgebench.judge.agreement import MOST_FLIPS, compare, explained, in_units_of, worst_sample

HOST = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.4, 0.3, 0.3], [0.1, 0.1, 0.8]])
LABELS = np.array([0, 1, 0, 2])


def test_the_same_outputs() -> None:
    twin = compare("litert 2", [HOST], [HOST.copy()], classes=True, labels=LABELS)
    assert (twin.reference, twin.n, twin.agree, twin.identical) == ("litert 2", 4, 4, 4)
    assert (twin.flips, twin.critical, twin.explained) == ((), None, 1.0)
    assert worst_sample(twin, [HOST], [HOST]) is None


def test_flips_worst_first() -> None:
    """Swings: 0.9 - 0.1 + 0.8 - 0.1 = 1.5 on sample 0, 0.4 - 0.3 + 0.4 - 0.3 = 0.2 on sample 2."""
    target = HOST.copy()
    target[2] = [0.3, 0.4, 0.3]
    target[0] = [0.1, 0.8, 0.1]
    critical = np.array([False, False, True, True])
    twin = compare("litert 2", [HOST], [target], classes=True, labels=LABELS, critical=critical)
    assert (twin.agree, twin.identical, twin.critical, twin.marked) == (2, 2, 1, 2)
    first, second = twin.flips
    assert (first.sample, first.host, first.target, first.label, first.critical) == (0, 0, 1, 0, False)
    assert (second.sample, second.host, second.target, second.label, second.critical) == (2, 0, 1, 0, True)
    assert [flip.swing for flip in twin.flips] == pytest.approx([1.5, 0.2])
    assert worst_sample(twin, [HOST], [target]) == 0


def test_only_the_worst_are_kept_but_all_are_counted() -> None:
    host = np.tile([1.0, 0.0], (50, 1)) * np.arange(1, 51)[:, None]
    twin = compare("x", [host], [host[:, ::-1]], classes=True)
    assert (twin.agree, len(twin.flips)) == (0, MOST_FLIPS)
    assert [flip.sample for flip in twin.flips[:3]] == [49, 48, 47]
    assert twin.flips[0].label is None


def test_integers_do_not_overflow() -> None:
    host = np.array([[127, -128], [-128, 127]], np.int8)
    target = np.array([[-128, 127], [-128, 127]], np.int8)
    twin = compare("x", [host], [target], classes=True)
    assert (twin.agree, twin.flips[0].swing) == (1, 510.0)


@pytest.mark.parametrize(
    ("classes", "outputs"), [(False, HOST), (True, np.array([[0.1], [0.4], [0.2]]))], ids=["values", "one"]
)
def test_outputs_that_are_no_classes(
    classes: bool, outputs: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> None:
    twin = compare("x", [outputs], [outputs + 0.01], classes=classes)
    assert (twin.agree, twin.flips, twin.identical) == (None, (), 0)
    assert worst_sample(twin, [outputs], [outputs + np.arange(len(outputs))[:, None]]) == len(outputs) - 1


def test_every_output_counts_for_identity() -> None:
    other = np.zeros((4, 2))
    changed = other.copy()
    changed[3, 1] = 1e-6
    assert compare("x", [HOST, other], [HOST, changed], classes=True).identical == 3


def test_what_explains_nothing_is_no_guess() -> None:
    """The mean of the host's outputs explains 0 of their variance, noise less, themselves all."""
    rng = np.random.default_rng(0)
    host = rng.normal(size=(200, 5))
    assert explained([host], [host]) == 1.0
    assert explained([host], [np.broadcast_to(host.mean(0), host.shape)]) == pytest.approx(0.0)
    noise = explained([host], [rng.normal(size=(200, 5))])
    assert noise is not None
    assert noise < -0.5
    slight = explained([host], [host + 0.1 * rng.normal(size=(200, 5))])
    assert slight is not None
    assert 0.98 < slight < 1.0
    assert explained([np.ones((4, 2))], [np.zeros((4, 2))]) is None
    assert explained([host], [np.full_like(host, np.nan)]) == -np.inf


def test_the_worst_output_is_told() -> None:
    assert explained([HOST, HOST], [HOST, -HOST]) == explained([HOST], [-HOST])


def stored() -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    return np.random.default_rng(3).integers(-128, 128, (50, 4)).astype(np.int8)


@pytest.mark.parametrize("scale", [1 / 256, 127 / 256, 1e30])
def test_probabilities_of_stored_integers(scale: float) -> None:
    """A board that prints (q + 128) / 256, or that times 127, gives the same numbers."""
    host = stored()
    told = ((host.astype(np.float64) + 128) * scale).astype(np.float32)
    twin = compare("litert 2", [host], in_units_of([host], [told], classes=False), classes=True)
    assert (twin.identical, twin.agree, twin.explained) == (50, 50, 1.0)
    back = in_units_of([told], [host], classes=False)
    assert explained([told], back) == pytest.approx(1.0)


def test_another_unit_of_class_scores() -> None:
    """Values that are scored as they are keep their unit: there a factor is a mistake."""
    percent = HOST * 100
    assert compare("x", [HOST], in_units_of([HOST], [percent], classes=True), classes=True).agree == 4
    assert explained([HOST], in_units_of([HOST], [percent], classes=True)) == pytest.approx(1.0)
    assert in_units_of([HOST], [percent], classes=False)[0] is percent


@pytest.mark.parametrize(
    "target",
    [
        np.zeros((50, 4)),
        np.full((50, 4), np.nan),
        np.random.default_rng(4).normal(size=(50, 4)),
        -stored() / 256,
    ],
    ids=["constant", "not finite", "noise", "upside down"],
)
def test_other_numbers_are_in_no_unit(target: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    assert in_units_of([stored()], [target], classes=True)[0] is target
    told = explained([stored()], [target])
    assert told is not None
    assert told <= 0
