"""One long phase: how much of it is done, and how long it may still take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import columns, cut, duration, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

PERIOD_S = 30.0
"""In a log: no line before a phase has lasted so long, and none sooner after another."""
FEWEST = 2
"""Finished items below which nothing is said of the time left."""


@dataclass(slots=True)
class Phase:
    """What is known of one phase.

    Attributes:
        planned: all its items. begun: item → when, seconds since the epoch. seconds: finished item → how long
            it took. processes: how many work on it.
    """

    name: str
    planned: set[str] = field(default_factory=set)
    begun: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    processes: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        """Number of items: those planned, and those that came besides."""
        return len(self.planned | self.begun.keys())

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        return len(self.seconds) >= self.total

    @property
    def since(self) -> float:
        """When its first item was begun; in the future where none was."""
        return min(self.begun.values(), default=float("inf"))

    def left_s(self) -> float | None:
        """Seconds that it may still take; None before two items are finished, and when all are.

        Open items x the mean of the finished ones, shared among the processes that work on the phase.
        """
        open_ = self.total - len(self.seconds)
        if len(self.seconds) < FEWEST or not open_:
            return None
        mean = sum(self.seconds.values()) / len(self.seconds)
        return open_ * mean / min(open_, len(self.processes))

    def text(self) -> str:
        """``compressing 3/12, about 40 s left``."""
        left = self.left_s()
        told = "" if left is None else f", about {duration(max(1.0, round(left)))} left"
        return f"{self.name} {len(self.seconds):,}/{self.total:,}{told.replace('.0 s', ' s')}"

    def now(self) -> str:
        """The item that was begun last and is not finished; "" where none is."""
        running = [key for key in self.begun if key not in self.seconds]
        return max(running, key=self.begun.__getitem__, default="")


def line(phases: Sequence[Phase], width: int) -> str:
    """Phases that are not over, in one line of fewer than `width` columns; "" where there are none.

    What does not fit goes in this order: the name of the item at work, the times, the end of the line.
    """
    open_ = [phase for phase in phases if not phase.over]
    if not open_:
        return ""
    texts = " · ".join(phase.text() for phase in open_)
    now = plain(open_[-1].now())
    counts = " · ".join(phase.text().partition(",")[0] for phase in open_)
    for text in (f"{texts}: {now}" if now else texts, texts, counts):
        if columns(text) < width:
            return text
    return cut(counts, max(1, width - 1))
