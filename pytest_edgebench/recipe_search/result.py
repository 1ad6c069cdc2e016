"""What a search over chains of steps found: candidates, the front, the best order and its evidence."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import plural
from pytest_edgebench.recipe_search.code import recipe_code, step_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.declare.model import Step
    from pytest_edgebench.recipe_search.chains import Refused
    from pytest_edgebench.record.run import Metric

_PARAMETERS = re.compile(r"(?<=\w)\((?:[^()]|\([^()]*\))*\)")
ALPHA = 0.05
"""Level of the evidence that an order mattered, over all pairs of orders that were compared."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One chain on one profile.

    Attributes:
        steps: first applied first.
        metrics: "size" (B, counted), the score by its name, "latency" (p50, s) where it was timed, and
            "update" (B, a patch from the deployed file) where that was given.
        broken: budgets that it does not meet, each with its number.
        pareto: no other chain on the profile is better on one axis and worse on none.
        digest: of the file; equal ones are the same file.
    """

    model: str
    profile: str
    steps: tuple[Step, ...]
    metrics: Mapping[str, Metric]
    broken: tuple[str, ...]
    digest: str
    pareto: bool = False

    @property
    def title(self) -> str:
        """``Prune(ratio=0.5) → Quantize(scheme='static-int8')``."""
        return " → ".join(step_code(step).removeprefix("eb.") for step in self.steps)

    def code(self) -> str:
        """A recipe for ``conftest.py`` with the imports it needs; see `recipe_code`."""
        return recipe_code(self.model, self.steps)


@dataclass(frozen=True, slots=True)
class Order:
    """Whether the order of the best chain's steps mattered: against another order of the same steps.

    Attributes:
        best, other: candidates with the same steps.
        size: how many bytes more the other order has; exact.
        score: how much worse the other order scores, in the score's unit.
        p: chance of so much under "no worse", times the number of ordered pairs of orders, since the best of
            several was picked; None for a score that has no value for each sample.
        comparisons: that number.
    """

    best: Candidate
    other: Candidate
    size: int
    score: float
    unit: str
    p: float | None
    comparisons: int

    @property
    def mattered(self) -> bool:
        """Whether the files differ in size, or the scores by more than chance."""
        return bool(self.size) or (self.p is not None and self.p < ALPHA)

    def text(self) -> str:
        """One sentence."""
        other = f"the order {self.other.title}"
        if self.best.digest == self.other.digest:
            return f"order did not matter: {other} gives the same file"
        unit = "points" if self.unit == "%" else self.unit
        score = f"{abs(self.score):.4g} {unit} {'worse' if self.score >= 0 else 'better'}".replace("  ", " ")
        size = (
            f"{abs(self.size):,} B {'larger' if self.size >= 0 else 'smaller'}" if self.size else "as large"
        )
        sure = "no evidence for each sample" if self.p is None else f"p = {self.p:.2g}"
        verdict = "order mattered" if self.mattered else "not shown that order mattered"
        return f"{verdict}: {other} is {size} and scores {score} ({sure}, {self.comparisons} comparisons)"


@dataclass(frozen=True, slots=True)
class Search:
    """What ``eb.search`` found.

    Attributes:
        objective: what `best` is about.
        candidates: every chain that was built, on each profile.
        refused: chains that a stage forbids, or whose build failed.
        orders: of each profile's best chain against other orders of its steps.
        planned: number of chains that may be built. tried: of these, how many were.
        shared_s, alone_s: seconds that building them cost with common beginnings built once, and that the
            same parts would have cost for each chain alone; None where it is not known.
    """

    objective: str
    higher_is_better: bool
    candidates: tuple[Candidate, ...]
    refused: tuple[Refused, ...]
    orders: tuple[Order, ...]
    planned: int
    tried: int
    shared_s: float | None
    alone_s: float | None

    @property
    def complete(self) -> bool:
        """Whether every chain that may be built was tried; else the time was over."""
        return self.tried == self.planned

    def best(self, profile: str) -> Candidate | None:
        """The chain with the best objective that meets all budgets; None where none meets them."""
        return best_of([found for found in self.candidates if found.profile == profile],
                       self.objective, self.higher_is_better)  # fmt: skip

    def front(self, profile: str) -> tuple[Candidate, ...]:
        """The Pareto front of size x score x latency, smallest file first."""
        found = [each for each in self.candidates if each.profile == profile and each.pareto]
        return tuple(sorted(found, key=lambda each: each.metrics["size"].value))

    def text(self) -> str:
        """All of it for people, ending with the code of each profile's best recipe."""
        from pytest_edgebench.judge.formatting import quantity

        out = [f"{self.tried:,} of {plural(self.planned, 'chain')} tried"]
        if not self.complete:
            out[0] += "; the time was over, so a better one may be among the others"
        if self.shared_s is not None and self.alone_s:
            share = 100 * self.shared_s / self.alone_s
            alone = f"{share:.0f} % of {self.alone_s:.1f} s for each chain alone"
            out.append(f"building took {self.shared_s:.1f} s, {alone}")
        reasons: dict[str, int] = {}
        for refused in self.refused:
            reason = _PARAMETERS.sub("", refused.reason)  # one line for all choices of a step
            reasons[reason] = reasons.get(reason, 0) + 1
        out += [f"skipped {plural(count, 'chain')}: {reason}" for reason, count in reasons.items()]
        for profile in dict.fromkeys(each.profile for each in self.candidates):
            out += ["", f"{profile}: Pareto front"]
            for each in self.front(profile):
                numbers = ", ".join(f"{name} {quantity(m.value, m.unit)}" for name, m in each.metrics.items())
                broken = f"; over budget: {', '.join(each.broken)}" if each.broken else ""
                out.append(f"  {each.title}: {numbers}{broken}")
            best = self.best(profile)
            if best is None:
                out.append(f"{profile}: no chain meets all budgets")
                continue
            out.append(f"{profile}: best {self.objective} within the budgets: {best.title}")
            told = [order.text() for order in self.orders if order.best.profile == profile]
            out += [f"  {text}" for text in told] or ["  its steps can stand in no other order"]
            out += ["", best.code()]
        return "\n".join(out)


def best_of(found: Sequence[Candidate], objective: str, higher_is_better: bool) -> Candidate | None:
    """The best within all budgets; of equal ones the one that was tried first."""
    sign = -1.0 if higher_is_better else 1.0
    fit = [each for each in found if not each.broken and objective in each.metrics]
    return min(fit, key=lambda each: sign * each.metrics[objective].value, default=None)


def with_front(found: Sequence[Candidate], score: str, lower_is_better: bool) -> list[Candidate]:
    """The candidates of one profile, those on the front marked.

    Size and score are compared as numbers; latencies whose intervals overlap count as equal.
    """
    return [
        dataclasses.replace(
            each, pareto=not any(_dominates(other, each, score, lower_is_better) for other in found)
        )
        for each in found
    ]


def _dominates(one: Candidate, other: Candidate, score: str, lower_is_better: bool) -> bool:
    sign = 1.0 if lower_is_better else -1.0
    gaps = [
        one.metrics["size"].value - other.metrics["size"].value,
        sign * (one.metrics[score].value - other.metrics[score].value),
    ]
    if "latency" in one.metrics and "latency" in other.metrics:
        a, b = one.metrics["latency"], other.metrics["latency"]
        faster = (a.value if a.high is None else a.high) < (b.value if b.low is None else b.low)
        slower = (a.value if a.low is None else a.low) > (b.value if b.high is None else b.high)
        gaps.append(float(slower) - float(faster))
    return all(gap <= 0 for gap in gaps) and any(gap < 0 for gap in gaps)
