"""The networks: fully connected auto-encoders, trained in seconds and always to the same weights."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pytest_edgebench.suites.anomaly import low_digits, machine
from pytest_edgebench.suites.common.training import trained

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    Array = np.ndarray[Any, np.dtype[Any]]


def train_low_digits() -> nn.Module:
    """Eight numbers in the middle hold what 0 to 4 look like, and little else: 7,080 parameters."""
    return _trained_on_normal(_autoencoder(64, 48, 8, 48, 64), low_digits.training(), 1500, 3e-3)


def train_machine() -> nn.Module:
    """As MLPerf Tiny's (arXiv:2106.07597), which reads 640 numbers, but smaller: 40,440 parameters."""
    return _trained_on_normal(_autoencoder(240, 64, 64, 8, 64, 64, 240), machine.training(), 1500, 2e-3)


def recover_low_digits(module: nn.Module) -> nn.Module:
    """Some steps at a low rate after pruning; pytest-edgebench keeps the removed weights at zero."""
    return _trained_on_normal(module, low_digits.training(), 500, 1e-3)


def recover_machine(module: nn.Module) -> nn.Module:
    """As `recover_low_digits`."""
    return _trained_on_normal(module, machine.training(), 500, 1e-3)


def _autoencoder(*widths: int) -> nn.Module:
    from torch import nn

    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _trained_on_normal(module: nn.Module, inputs: Array, steps: int, rate: float) -> nn.Module:
    from torch.nn.functional import mse_loss

    epochs = steps // (len(inputs) // 32)
    return trained(module, inputs, inputs, epochs=epochs, rate=rate, loss=mse_loss)
