"""Which scores say that outputs are scores of classes: by what they are, not by what they are called."""

from __future__ import annotations

from typing import Any

import pytest

import pytest_edgebench as eb
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.measure.host_comparison import of_classes


def auc(outputs: Any, labels: Any) -> float:
    """Of a user's own: the area under something else."""
    return 0.5


def accuracy(outputs: Any, labels: Any) -> float:
    return 1.0


@pytest.mark.parametrize(
    "score, classes",
    [
        (eb.top1, True),
        (eb.top_k(5), True),
        (eb.f1, True),
        (eb.auc, True),
        (eb.mae, False),
        (auc, False),
        (accuracy, False),
        (eb.Score(auc, name="f1"), False),
        (eb.Score(eb.auc.fn, name="area", unit="fraction"), True),
    ],
    ids=["top1", "top5", "f1", "auc", "mae", "own auc", "own accuracy", "named f1", "auc renamed"],
)
def test_by_the_function(score: Any, classes: bool) -> None:
    assert of_classes(as_score(score)) is classes
