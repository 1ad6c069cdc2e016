"""The network: MLPerf Tiny's keyword spotting, smaller, trained in seconds and always to the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.suites.common.training import trained
from pytest_edgebench.suites.kws import spoken

if TYPE_CHECKING:
    from torch import Tensor, nn

BATCH = 32
CHANNELS = 48


def train_words(real: bool) -> nn.Module:
    """DS-CNN: a convolution, then three times a depthwise and a pointwise one.

    Y. Zhang et al., Hello Edge: Keyword Spotting on Microcontrollers, 2017, arXiv:1711.07128.
    """
    from torch import nn

    net = nn.Sequential(
        *_block(nn.Conv2d(1, CHANNELS, (10, 4), stride=2, padding=(4, 1), bias=False)),
        *(layer for _ in range(3) for layer in _separable()),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(CHANNELS, 10),
    )
    return _trained_on_words(net, real, steps=600, rate=5e-3)


def recover_words(real: bool, module: nn.Module) -> nn.Module:
    """Some steps at a low rate after pruning; pytest-edgebench keeps the removed weights at zero."""
    return _trained_on_words(module, real, steps=150, rate=1e-3)


def _block(convolution: nn.Module) -> list[nn.Module]:
    from torch import nn

    return [convolution, nn.BatchNorm2d(CHANNELS), nn.ReLU()]


def _separable() -> list[nn.Module]:
    from torch import nn

    depthwise = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, groups=CHANNELS, bias=False)
    return [*_block(depthwise), *_block(nn.Conv2d(CHANNELS, CHANNELS, 1, bias=False))]


def _trained_on_words(module: nn.Module, real: bool, steps: int, rate: float) -> nn.Module:
    inputs, classes = spoken.training(real)
    epochs = max(1, steps // (len(inputs) // BATCH))
    return trained(module, inputs, classes, epochs=epochs, rate=rate, batch=BATCH, varied=_varied)


def _varied(inputs: Tensor) -> Tensor:
    """Words said a little earlier or later, louder or softer, with noise, some frames not heard."""
    import torch

    moved = torch.roll(inputs, int(torch.randint(-6, 7, ())), 2)
    loud = torch.zeros(len(inputs), 1, 1, inputs.shape[3])
    loud[..., 0] = 0.5 * torch.randn(len(inputs), 1, 1)
    moved = moved + loud + 0.15 * torch.randn_like(moved)
    start = int(torch.randint(inputs.shape[2] - 6, ()))
    moved[:, :, start : start + int(torch.randint(7, ()))] = 0
    return moved
