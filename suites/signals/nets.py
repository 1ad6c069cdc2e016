"""The networks: convolutions along time, each trained in seconds and always to the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.suites.common.training import trained
from pytest_edgebench.suites.signals import ecg, motion

if TYPE_CHECKING:
    from torch import Tensor, nn

BATCH = 16


def train_motions(real: bool) -> nn.Module:
    """Three convolutions, the last two with gaps, so that the last sees 2.9 s of 10 s: 9,988 parameters."""
    from torch import nn

    net = nn.Sequential(
        *_block(motion.CHANNELS, 24, 5, 1),
        nn.MaxPool1d(2),
        *_block(24, 32, 5, 2),
        *_block(32, 32, 5, 2),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(32, len(motion.CLASSES)),
    )
    return _trained_on_motions(net, real, steps=600, rate=5e-3)


def recover_motions(real: bool, module: nn.Module) -> nn.Module:
    """Some steps at a low rate after pruning; pytest-edgebench keeps the removed weights at zero."""
    return _trained_on_motions(module, real, steps=200, rate=1e-3)


def train_beats(real: bool) -> nn.Module:
    """Three convolutions that halve time, and a layer that sees when each beat was: 4,194 parameters."""
    from torch import nn

    net = nn.Sequential(
        *_block(2, 12, 7, 1),
        nn.MaxPool1d(2),
        *_block(12, 16, 7, 1),
        nn.MaxPool1d(2),
        *_block(16, 16, 7, 1),
        nn.MaxPool1d(2),
        nn.Flatten(),
        nn.Linear(400, 2),
    )
    return _trained_on_beats(net, real, steps=1500, rate=3e-3)


def recover_beats(real: bool, module: nn.Module) -> nn.Module:
    """As `recover_motions`."""
    return _trained_on_beats(module, real, steps=400, rate=5e-4)


def _trained_on_motions(module: nn.Module, real: bool, steps: int, rate: float) -> nn.Module:
    inputs, classes = motion.training(real)
    epochs = steps // (len(inputs) // BATCH)
    return trained(module, inputs, classes, epochs=epochs, rate=rate, batch=BATCH, varied=_shifted)


def _trained_on_beats(module: nn.Module, real: bool, steps: int, rate: float) -> nn.Module:
    """One beat in nine is not normal: of as few as there are, nothing would be learned."""
    import numpy as np

    beats, classes = ecg.training(real)
    again = max(1, int((classes == 0).sum() / (8 * (classes == 1).sum())))
    chosen = np.repeat(np.arange(len(beats)), np.where(classes == 1, again, 1))
    beats, classes = beats[chosen], classes[chosen]
    epochs = max(1, steps // (len(beats) // BATCH))
    return trained(module, beats, classes, epochs=epochs, rate=rate, batch=BATCH, varied=_noisy)


def _block(channels: int, filters: int, length: int, gap: int) -> list[nn.Module]:
    """A convolution along time that keeps its length, a batch norm, which an export folds, and ReLU."""
    from torch import nn

    padding = length // 2 * gap
    return [
        nn.Conv1d(channels, filters, length, padding=padding, dilation=gap, bias=False),
        nn.BatchNorm1d(filters),
        nn.ReLU(),
    ]


def _shifted(inputs: Tensor) -> Tensor:
    """Recordings begun at another time, a little stronger or weaker, with some noise."""
    import torch

    moved = torch.roll(inputs, int(torch.randint(inputs.shape[2], ())), 2)
    return _noisy(moved, 0.2, 0.1)


def _noisy(inputs: Tensor, strength: float = 0.1, noise: float = 0.02) -> Tensor:
    """Samples a little stronger or weaker, with some noise; when things happen stays as it is."""
    import torch

    scale = 1 + strength * torch.randn(len(inputs), 1, 1)
    return inputs * scale + noise * torch.randn_like(inputs)
