"""The module `net` of pages that need a torch module: two layers that learn eight clusters in a second."""

from __future__ import annotations

from typing import Any

import numpy as np

CENTRES = np.random.default_rng(0).normal(size=(8, 32))


def samples(seed: int, count: int) -> Any:
    """Points of eight clusters in 32 dimensions, (count, 32), and their clusters."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 8, count)
    return (CENTRES[labels] + 1.5 * rng.normal(size=(count, 32))).astype(np.float32), labels


def test_set() -> Any:
    return samples(3, 500)


def recover(module: Any) -> Any:
    import torch

    x, y = map(torch.from_numpy, samples(1, 1000))
    optimizer = torch.optim.Adam(module.parameters(), lr=3e-3)
    for _ in range(20):
        optimizer.zero_grad()
        loss: Any = torch.nn.functional.cross_entropy(module(x), y)
        loss.backward()
        optimizer.step()
    return module


def train() -> Any:
    from torch import nn

    return recover(nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 8)))
