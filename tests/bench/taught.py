"""A large network, and what small ones are taught by: `distillation.py` runs it with its students."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb
from pytest_edgebench.suites.digits.digits import held_out, training
from pytest_edgebench.suites.digits.nets import train_cnn

if TYPE_CHECKING:
    from torch import nn

LABELLED = 100


def small() -> nn.Module:
    """666 parameters, not trained."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32, 10),
    )  # fmt: skip


def labelled() -> Any:
    inputs, classes = training()
    return inputs[:LABELLED], classes[:LABELLED]


@eb.model
def teacher() -> eb.Model:
    return eb.Model(train_cnn, held_out, eb.top1)


@eb.recipe(models="student*")
def distilled(model: eb.Model, teacher: eb.Model) -> eb.Recipe:
    return eb.distill(model, teacher, soft=0.9, hard=0.1, epochs=100, data=labelled)


@eb.recipe(models="student*")
def labels_alone(model: eb.Model, teacher: eb.Model) -> eb.Recipe:
    return eb.distill(model, teacher, soft=0.0, hard=1.0, epochs=100, data=labelled)


def test_all(edge: eb.Edge) -> None:
    """Read from the record."""
    assert edge.accuracy.value > 0
