"""The networks: a CNN and an MLP, each trained in seconds and always to the same weights."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pytest_edgebench.suites.digits.digits import training

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

BATCH = 32


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
        epochs=30,
        rate=2e-3,
    )


def trained(module: nn.Module, epochs: int, rate: float) -> nn.Module:
    """Train on the training part with Adam, the rate falling to nothing along a cosine."""
    import torch

    images, classes = map(torch.from_numpy, training())
    optimizer = torch.optim.Adam(module.parameters(), lr=rate)
    steps = epochs * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    module.train()
    with _one_thread():
        for _ in range(epochs):
            order = torch.randperm(len(images))
            for start in range(0, len(images) - BATCH + 1, BATCH):
                chosen = order[start : start + BATCH]
                loss = torch.nn.functional.cross_entropy(module(images[chosen]), classes[chosen])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
    return module.eval()


def recover(module: nn.Module) -> nn.Module:
    """A few epochs at a low rate after pruning; pytest-edgebench keeps the removed weights at zero."""
    return trained(module, epochs=5, rate=5e-4)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Sums over several threads depend on their number, and so would the weights."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
