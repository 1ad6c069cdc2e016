"""The networks: ResNet-8 and a small MobileNet, trained in seconds and always to the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.suites.common.training import trained
from pytest_edgebench.suites.images import pictures

if TYPE_CHECKING:
    from torch import Tensor, nn

BATCH = 32
STEPS = {True: 500, False: 150}
"""Of training on CIFAR-10, and on digits, which are easier."""


def train_resnet8(real: bool) -> nn.Module:
    """The network of MLPerf Tiny's image classification: 77,946 parameters.

    C. Banbury et al., MLPerf Tiny Benchmark, 2021, arXiv:2106.07597.
    """
    from torch import nn

    from pytest_edgebench.suites.images.blocks import Residual, block

    net = nn.Sequential(
        *block(3, 16),
        Residual(16, 16, 1),
        Residual(16, 32, 2),
        Residual(32, 64, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )
    return _trained_on_pictures(net, real, STEPS[real], 3e-3)


def train_mobilenet(real: bool) -> nn.Module:
    """Depthwise and pointwise convolutions in turn: 37,162 parameters.

    A. Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications,
    2017, arXiv:1704.04861.
    """
    from torch import nn

    from pytest_edgebench.suites.images.blocks import block

    layers, channels = block(3, 16, stride=2), 16
    for filters, stride in ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1)):
        layers += [*block(channels, channels, stride=stride, groups=channels), *block(channels, filters, 1)]
        channels = filters
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))
    return _trained_on_pictures(net, real, 2 * STEPS[real], 5e-3)


def recover(real: bool, module: nn.Module) -> nn.Module:
    """Some steps at a low rate after pruning; pytest-edgebench keeps the removed weights at zero."""
    return _trained_on_pictures(module, real, STEPS[real] // 2, 2e-3)


def _trained_on_pictures(module: nn.Module, real: bool, steps: int, rate: float) -> nn.Module:
    inputs, classes = pictures.training(real, steps * BATCH)
    epochs = max(1, steps // (len(inputs) // BATCH))
    varied = _mirrored if real else _moved
    return trained(module, inputs, classes, epochs=epochs, rate=rate, batch=BATCH, varied=varied)


def _moved(inputs: Tensor) -> Tensor:
    """Pictures up to three pixels to a side."""
    import torch

    right, down = (int(number) for number in torch.randint(-3, 4, (2,)))
    return torch.roll(inputs, (down, right), (2, 3))


def _mirrored(inputs: Tensor) -> Tensor:
    """As `_moved`, half of them left for right, which turns no thing of CIFAR-10 into another."""
    import torch

    moved = _moved(inputs)
    return torch.where(torch.rand(len(moved), 1, 1, 1) < 0.5, moved.flip(3), moved)
