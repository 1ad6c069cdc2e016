"""Draws of a model's samples in slices, some of which a compressed model gets wrong, judged by budgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from judge_facts import TOP1, accuracy, facts, slot

from pytest_edgebench.judge.measurements import Reference
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.judge.slice_facts import against, of_slice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.judge.measurements import Facts, Rules
    from pytest_edgebench.record.run import Row

    Array = np.ndarray[Any, np.dtype[Any]]


SIZES = {"night": 250, "day": 4750}


@dataclass(frozen=True)
class World:
    """How a compressed model answers.

    Attributes:
        n: samples. slices: of equal sizes. right: share that the original has right.
        changed: share of samples that rounding turns, right to wrong and wrong to right alike.
        planted: share of the first slice's samples that become wrong, of those that are right.
        everywhere: chance of each right sample, in any slice, to become wrong.
    """

    n: int = 5000
    slices: int = 20
    right: float = 0.92
    changed: float = 0.01
    planted: float = 0.0
    everywhere: float = 0.0

    def draw(self, generator: np.random.Generator) -> tuple[Array, Array, Array]:
        """(n,) right before, right after, number of the slice."""
        slices = generator.permutation(np.arange(self.n) % self.slices)
        before = generator.random(self.n) < self.right
        after = before ^ (generator.random(self.n) < self.changed)
        # Rounding turns as many each way, so that it does not change the share of right ones.
        gained = generator.random(self.n) < self.changed * (2 * self.right - 1) / (1 - self.right)
        after |= ~before & gained
        after &= ~(generator.random(self.n) < self.everywhere)
        first = np.flatnonzero(after & (slices == 0))
        after[generator.permutation(first)[: round(self.planted * (slices == 0).sum())]] = False
        return before, after, slices


def sliced(before: Array, after: Array, slices: Mapping[str, Array]) -> Facts:
    """The facts of a case with these answers."""
    n = len(before)

    def metric(samples: Array) -> Any:
        return accuracy(int(samples.sum()), len(samples))

    mine = {name: of_slice(metric(after[at]), TOP1, after[at], None) for name, at in slices.items()}
    theirs = {
        name: against(metric(before[at]), TOP1, after[at], before[at], None) for name, at in slices.items()
    }
    return facts(
        {"accuracy": accuracy(int(after.sum()), n)},
        samples=after,
        parent=Reference({"accuracy": accuracy(int(before.sum()), n)}, samples=before, slices=theirs),
        slices=mine,
    )


def answers(wrong_before: dict[str, int], lost: dict[str, int], sizes: dict[str, int] | None = None) -> Facts:
    """Slices one after the other; of each the first samples are wrong before, the next ones become wrong."""
    before, after, rows, start = [], [], {}, 0
    for name, size in (sizes or SIZES).items():
        index = np.arange(size)
        wrong = wrong_before.get(name, 0)
        before.append(index >= wrong)
        after.append(index >= wrong + lost.get(name, 0))
        rows[name] = np.arange(start, start + size)
        start += size
    return sliced(np.concatenate(before), np.concatenate(after), rows)


def drawn(world: World, generator: np.random.Generator) -> Facts:
    before, after, numbers = world.draw(generator)
    return sliced(before, after, {f"s{i}": np.flatnonzero(numbers == i) for i in range(world.slices)})


def judged(found: Facts, amount: float, *, statistic: str = "worst slice", rules: Rules | None = None) -> Row:
    """By "worst slice 85 %" for 85, by "worst slice model - 2 points" for -2."""
    relative = amount <= 0
    unit, reference = ("points", "model") if relative else ("%", "")
    text = f"{statistic} model - {-amount:g} points" if relative else f"{statistic} {amount:g} %"
    budget = slot("accuracy", amount, unit, reference=reference, statistic=statistic, text=text)  # type: ignore[arg-type]
    return judge_slot(budget, found, rules)
