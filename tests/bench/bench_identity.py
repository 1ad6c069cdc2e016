"""What recording costs: the reads of a function that trains, beside the same training unrecorded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch
from bench_figure import Figure, figure, in_turns

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.compressors.build.keys import Observed

if TYPE_CHECKING:
    from pathlib import Path

BASE = "ab" * 32
STEPS = 2000


def train() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 4))
    optimiser = torch.optim.SGD(net.parameters(), 0.01)
    for _ in range(STEPS):
        optimiser.zero_grad()
        net(torch.randn(32, 64)).square().mean().backward()
        optimiser.step()


def recording(folder: Path, count: int) -> Figure:
    """Processor time of a training of half a second, in turns and in random order."""
    folder.mkdir()
    cache = Cache(folder / "cache")

    def plain() -> float:
        began = time.process_time()
        train()
        return time.process_time() - began

    def recorded() -> float:
        began = time.process_time()
        with Observed(cache, folder).run(BASE):
            train()
        return time.process_time() - began

    usual = min(plain() for _ in range(3))
    found = in_turns(plain, recorded, count)
    return figure("recording what a training reads", 15, "%", [100 * value / usual for value in found])
