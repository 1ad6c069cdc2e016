"""Causes, budget lines and hits as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import status

if TYPE_CHECKING:
    from pytest_edgebench.record.run import CaseResult, Row
    from pytest_edgebench.reports.causes.facts import Fact
    from pytest_edgebench.reports.causes.novelty import Novelty
    from pytest_edgebench.reports.status import Status


@dataclass(frozen=True, slots=True)
class Hit:
    """One judgement of one case that is not a plain pass.

    Attributes:
        row: None where a test failed without a judged metric: its own assertion, a build error.
        reason: of the check, for a hit without a row.
        nodeid: of the first test that made it.
    """

    case: CaseResult
    row: Row | None
    reason: str
    nodeid: str
    status: Status
    novelty: Novelty
    fact: Fact

    @property
    def urgency(self) -> float:
        """How far over its limit: shares of a budget used, largest first when sorted by its negative."""
        use = status.use_of_budget(self.row) if self.row is not None else None
        return use if use is not None and use == use else float("inf")


@dataclass(frozen=True, slots=True)
class Entry:
    """Hits of one recipe with equal numbers, and the devices they are on."""

    recipe: str
    devices: tuple[str, ...]
    hit: Hit


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One limit, written at one place, and what is over it.

    Attributes:
        place: ``file:line``; "" for a default check, or where a test failed without a judged metric.
        hits: worst first; entries: the same, equal numbers joined.
    """

    place: str
    hits: tuple[Hit, ...]
    entries: tuple[Entry, ...]

    @property
    def worst(self) -> Hit:
        return self.hits[0]

    @property
    def least(self) -> Hit:
        return self.hits[-1]


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why cases fail or warn.

    Attributes:
        lines: the limits that fail by it, most urgent first; empty for a cause that only warns.
        warnings: of the same cause, within their budgets.
    """

    fact: Fact
    novelty: Novelty
    lines: tuple[BudgetLine, ...]
    warnings: tuple[Hit, ...]

    @property
    def hits(self) -> tuple[Hit, ...]:
        """What fails."""
        return tuple(hit for line in self.lines for hit in line.hits)

    @property
    def cases(self) -> tuple[CaseResult, ...]:
        """Those that fail by it, or, of a cause that only warns, those that warn; each once."""
        found = self.hits or self.warnings
        return tuple({hit.case.key: hit.case for hit in found}.values())

    @property
    def blocks(self) -> bool:
        return bool(self.lines)

    @property
    def worst(self) -> Hit:
        """The case that is furthest over its limit."""
        return self.lines[0].worst if self.lines else self.warnings[0]


@dataclass(frozen=True, slots=True)
class Counts:
    """Of cases, which add up to `cases`, and apart from them of single checks.

    Attributes:
        failed: cases over budget, in error, or with a test that failed; undecided: with an inconclusive check
            and none that fails. passed: warnings or not.
        limits: broken limits; warnings, inconclusive: checks, each once a case.
        warned: cases with a warning.
    """

    cases: int
    failed: int
    undecided: int
    passed: int
    unsupported: int
    not_run: int
    limits: int
    warnings: int
    warned: int
    inconclusive: int


@dataclass(frozen=True, slots=True)
class Account:
    """What a run found.

    Attributes:
        causes: those that fail, most telling first, then those that only warn.
        undecided: checks that are inconclusive.
    """

    causes: tuple[Cause, ...]
    undecided: tuple[Hit, ...]
    counts: Counts

    @property
    def failing(self) -> tuple[Cause, ...]:
        return tuple(cause for cause in self.causes if cause.blocks)

    @property
    def warning(self) -> tuple[Cause, ...]:
        return tuple(cause for cause in self.causes if not cause.blocks)

    @property
    def telling(self) -> tuple[str, ...]:
        """The worst test of each cause that fails, of those that fail for nothing else where there is one."""
        found: dict[str, None] = {}
        for cause in self.failing:
            others = {hit.nodeid for other in self.failing if other is not cause for hit in other.hits}
            names = [hit.nodeid for hit in cause.hits]
            own = [name for name in names if name not in others]
            found[(own or [name for name in names if name not in found] or names)[0]] = None
        return tuple(found)
