"""What the figures share: their form, intervals, and processes that are timed."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.judge.loads import order_bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured promise.

    Attributes:
        what: is measured. target: the most it may be, in `unit`.
        value: the median. low, high: its 95 % interval, None with fewer than six values. n: values.
    """

    what: str
    target: float
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    n: int = 1

    @property
    def ok(self) -> bool:
        return self.value <= self.target

    def line(self) -> str:
        """A line of a Markdown table."""
        interval = "" if self.low is None or self.high is None else f"{self.low:.3g} to {self.high:.3g}"
        cells = (f"≤ {self.target:g} {self.unit}", f"{self.value:.3g} {self.unit}", interval, str(self.n))
        return f"| {self.what} | {' | '.join(cells)} | {'ok' if self.ok else '**not ok**'} |"


def figure(what: str, target: float, unit: str, values: Sequence[float]) -> Figure:
    """The median of some values with its distribution-free interval."""
    low, high = order_bounds(values, 0.025) or (None, None)
    return Figure(what, target, statistics.median(values), unit, low, high, len(values))


def in_turns(first: Callable[[], float], second: Callable[[], float], count: int) -> list[float]:
    """Differences second - first of values taken in turns, in random order; one of each before is dropped."""
    chance = random.Random(0)
    first()
    second()
    found = []
    for _ in range(count):
        if chance.random() < 0.5:
            a = first()
            b = second()
        else:
            b = second()
            a = first()
        found.append(b - a)
    return found


def seconds(
    command: Sequence[str],
    folder: Path,
    statuses: tuple[int, ...] = (0,),
    more: Mapping[str, str] | None = None,
) -> float:
    """How long a command takes.

    Raises:
        RuntimeError: it ended with another status.
    """
    own = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    began = time.perf_counter()
    ended = subprocess.run(
        command, cwd=folder, env=own | dict(more or {}), capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - began
    if ended.returncode not in statuses:
        raise RuntimeError(f"{command} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return took


def python(*arguments: str) -> list[str]:
    """A command that this interpreter runs."""
    return [sys.executable, *arguments]
