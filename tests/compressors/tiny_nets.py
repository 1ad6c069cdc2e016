"""Small networks and data; torch is imported only where one is made, so that a test can tell."""

from __future__ import annotations

from typing import Any

import numpy as np

calls: list[str] = []


def samples() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(48, 1, 8, 8)).astype(np.float32), rng.integers(0, 4, 48)


def cnn() -> Any:
    import torch
    from torch import nn

    calls.append("cnn")
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 8, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(72, 4),
    ).to(torch.float32)


def flat_samples() -> tuple[Any, Any]:
    inputs, labels = samples()
    return inputs.reshape(len(inputs), -1), labels


def mlp() -> Any:
    from torch import nn

    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))


def pair() -> Any:
    """Two named inputs, two outputs."""
    from torch import nn

    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = nn.Linear(6, 4), nn.Linear(3, 4)

        def forward(self, sound: Any, place: Any) -> Any:
            a, b = self.left(sound), self.right(place)
            return a + b, a - 2 * b

    return Pair()


def pair_samples() -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    inputs = {"place": rng.normal(size=(8, 3)), "sound": rng.normal(size=(8, 6))}  # not in forward()'s order
    return {name: array.astype(np.float32) for name, array in inputs.items()}, np.zeros(8)


def score(outputs: Any, labels: Any) -> float:
    return float((outputs.argmax(1) == labels).mean())
