"""The network: convolutions down to a grid of cells, each of which answers for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.suites.common.training import trained
from pytest_edgebench.suites.detection.head import CHANNELS, loss, wanted
from pytest_edgebench.suites.detection.scenes import training

if TYPE_CHECKING:
    from torch import nn


def train_detector() -> nn.Module:
    """49,615 parameters; mean average precision 0.84 after six epochs."""
    from torch import nn

    def convolution(before: int, after: int, stride: int = 1) -> list[nn.Module]:
        filters = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
        return [filters, nn.BatchNorm2d(after), nn.ReLU()]

    net = nn.Sequential(
        *convolution(1, 16),
        *convolution(16, 32, stride=2),
        *convolution(32, 32),
        *convolution(32, 48, stride=2),
        *convolution(48, 48),
        nn.Conv2d(48, CHANNELS, 1),
    )
    return _fit(net, epochs=6, rate=3e-3)


def recover(net: nn.Module) -> nn.Module:
    """Two epochs at a low rate after pruning; pytest-edgebench keeps the removed weights at zero."""
    return _fit(net, epochs=2, rate=1e-3)


def _fit(net: nn.Module, epochs: int, rate: float) -> nn.Module:
    scenes, labels = training()
    return trained(net, scenes, wanted(labels), epochs=epochs, rate=rate, loss=loss)
