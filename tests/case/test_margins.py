"""Margins of class scores, of whatever width the outputs are; none where they are something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import pytest_edgebench as eb
from pytest_edgebench.case.margins import margins
from pytest_edgebench.measure.observer import Scored
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    import pytest

GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 3, 300)
SCORES = np.eye(3)[LABELS] * 2 + GENERATOR.normal(0, 0.7, (300, 3))


def scored(outputs: Any, labels: Any = LABELS) -> Scored:
    return Scored("accuracy", Metric(90.0, "%", "host", len(labels)), (np.asarray(outputs),), None, labels)


def test_beside_the_original() -> None:
    found = margins(eb.top1, scored(0.9 * SCORES), scored(SCORES))
    assert found is not None
    assert found.change_median is not None
    assert found.original_median is not None
    assert np.isclose(found.change_median.value, -0.1 * found.original_median.value)
    assert found.change_median.high is not None
    assert found.change_median.high < 0


def test_stored_integers_are_compared_in_the_unit_of_the_original() -> None:
    stored = np.clip(np.rint(SCORES / 0.05) - 10, -128, 127).astype(np.int8)
    found = margins(eb.top1, scored(stored), scored(SCORES.astype("float32")))
    assert found is not None
    assert found.original_median is not None
    assert abs(found.median.value - found.original_median.value) < 0.03


def test_the_original_itself_and_one_of_other_classes() -> None:
    for other in (None, scored(SCORES[:, :2], np.minimum(LABELS, 1))):
        found = margins(eb.f1, scored(SCORES), other)
        assert found is not None
        assert found.change_median is None


def test_what_has_no_margins() -> None:
    assert margins(eb.mae, scored(SCORES), None) is None
    assert margins(eb.auc, scored(SCORES[:, :1], np.minimum(LABELS, 0)), None) is None
    assert margins(eb.auc, scored(SCORES[:, :1], LABELS), None) is None
    texts = np.array(["a"] * 300)
    assert margins(eb.top1, scored(SCORES, texts), None) is None


def test_of_large_outputs_some_samples_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_edgebench.case.margins.MOST_VALUES", 300)
    found = margins(eb.top1, scored(0.9 * SCORES), scored(SCORES))
    assert found is not None
    assert found.n == 100
