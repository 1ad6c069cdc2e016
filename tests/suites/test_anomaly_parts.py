"""The data and the score of the suite of anomalies."""

from __future__ import annotations

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.suites.anomaly import low_digits, machine
from pytest_edgebench.suites.anomaly.score import RECONSTRUCTION_AUC, errors, with_inputs
from pytest_edgebench.suites.digits import digits


def test_only_normal_digits_are_trained_on() -> None:
    pytest.importorskip("sklearn")
    inputs, anomalous = low_digits.held_out()
    assert inputs.shape == (1000, 64)
    assert np.array_equal(anomalous, digits.held_out()[1] >= 5)
    seen = {image.tobytes() for image in low_digits.training()}
    images, classes = digits.training()
    assert seen == {image.tobytes() for image, kind in zip(images, classes, strict=True) if kind <= 4}
    assert len(low_digits.training()) == 408
    assert "408 from 0 to 4 to train on" in str(low_digits.SOURCE)


def test_sounds_are_always_the_same_and_faults_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    first, again = (machine.motor(0.0, np.random.default_rng(1)) for _ in range(2))
    assert first.shape == (8000,)
    assert np.array_equal(first, again)
    raw = machine._raw.__wrapped__
    monkeypatch.setattr(machine, "_raw", lambda count, fault, seed: raw(count // 10, fault, seed))
    seen, (inputs, faulty) = machine.training(), machine.held_out()
    assert seen.shape == inputs.shape == (40, 240)
    assert seen.dtype == inputs.dtype == np.float32
    assert np.allclose(seen.mean(0), 0, atol=1e-5)
    # `held_out` has 200 labels of each kind, so the kinds are halves of what is generated here.
    normal, broken = np.split(inputs, 2)
    assert faulty.tolist() == [0] * 200 + [1] * 200
    assert not any(one.tobytes() in {other.tobytes() for other in seen} for one in normal)
    assert np.abs(broken).mean() > np.abs(normal).mean()


def test_what_is_further_off_is_an_anomaly() -> None:
    inputs, anomalous = np.zeros((4, 2), np.float32), np.array([0, 1, 0, 1])
    same, labels = with_inputs(inputs, anomalous)
    assert same is inputs
    assert labels.shape == (4, 3)
    outputs = np.array([[0, 0], [1, 1], [0, 2], [3, 0]], np.float32)
    assert errors(outputs, labels).tolist() == [0, 1, 2, 4.5]
    assert RECONSTRUCTION_AUC.fn(outputs, labels) == 0.75
    assert RECONSTRUCTION_AUC.name == eb.auc.name
    assert RECONSTRUCTION_AUC.on_rows is not None
    on_rows = RECONSTRUCTION_AUC.on_rows(outputs, labels)
    assert on_rows(np.arange(4)) == 0.75
    assert on_rows(np.array([0, 1, 1])) == 1.0
