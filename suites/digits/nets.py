"""The networks: a CNN and an MLP, each trained in seconds and always to the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.suites.common.training import trained
from pytest_edgebench.suites.digits.digits import training

if TYPE_CHECKING:
    from torch import nn


def train_cnn() -> nn.Module:
    """Three convolutions with batch norms, which an export folds: 19,178 parameters in a file."""
    from torch import nn

    return trained(
        nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(512, 10),
        ),
        *training(),
        epochs=12,
        rate=5e-3,
    )


def train_mlp() -> nn.Module:
    """Two hidden layers: 50,826 parameters, more than the CNN has, and a tenth of its work."""
    from torch import nn

    return trained(
        nn.Sequential(
            nn.Flatten(),
            nn.Linear(64, 256),
            nn.ReLU(),
            nn.Linear(256, 128),
            nn.ReLU(),
            nn.Linear(128, 10),
        ),
        *training(),
        epochs=30,
        rate=2e-3,
    )


def recover(module: nn.Module) -> nn.Module:
    """A few epochs at a low rate after pruning; pytest-edgebench keeps the removed weights at zero."""
    return trained(module, *training(), epochs=5, rate=5e-4)
