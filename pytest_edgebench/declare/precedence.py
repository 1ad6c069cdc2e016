"""Which budget sets which limit of a case.

Per slot (metric, statistic, reference): function over class over module over folder; in one of these the
budget that names more of model, recipe and profile exactly, then by pattern. A tie is an error.
"""

from __future__ import annotations

import fnmatch
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.declare import errors
from pytest_edgebench.declare.limit import Limit, Slot
from pytest_edgebench.record.metric_info import LAST
from pytest_edgebench.record.metrics_table import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_edgebench.declare.budget import Budget
    from pytest_edgebench.declare.model import Case
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.schema import Level

Layer = tuple[int, int, int]
FOLDER, MODULE, CLASS, FUNCTION = range(4)
NO, ANY, GLOB, EXACT, VARIANT = range(5)
"""How well patterns fit a name; VARIANT: a recipe named with its variant."""

SlotKey = tuple[str, str, str]


@functools.lru_cache(maxsize=65536)
def fit(patterns: tuple[str, ...], names: tuple[str, ...]) -> int:
    """How well the best of some patterns fits one thing.

    Args:
        names: what it is called; for a recipe with a sweep its name, and its name with the variant.
    """
    best = NO
    for pattern in patterns:
        if pattern == "*":
            best = max(best, ANY)
        elif pattern == names[0]:
            best = max(best, EXACT)
        elif pattern in names:
            best = max(best, VARIANT)
        elif any(fnmatch.fnmatchcase(name, pattern) for name in names):
            best = max(best, GLOB)
    return best


def recipe_names(case: Case) -> tuple[str, ...]:
    """What the recipe of a case may be called in a pattern."""
    return (case.recipe, f"{case.recipe}.{case.variant}") if case.variant else (case.recipe,)


@dataclass(frozen=True, slots=True, eq=False)
class Layered:
    """A budget with its limits, where it stands.

    Attributes:
        layer: a nearer one is greater.
    """

    budget: Budget
    limits: tuple[Limit, ...]
    layer: Layer

    @property
    def own(self) -> bool:
        """It stands on the test function itself."""
        return self.layer[0] == FUNCTION

    def rank(self, case: Case) -> tuple[Layer, int, int, int] | None:
        """Its right over a case, greater is better; None where it does not hold."""
        fits = (
            fit(self.budget.models, (case.model,)),
            fit(self.budget.recipes, recipe_names(case)),
            fit(self.budget.profiles, (case.profile,)),
        )
        if NO in fits:
            return None
        exact = sum(each >= EXACT for each in fits)
        return (self.layer, exact, fits.count(GLOB), fits.count(VARIANT))


class Precedence:
    """Settles the budgets of one test, case by case, and remembers which of them did anything."""

    def __init__(self, budgets: Sequence[Layered]) -> None:
        self._budgets = budgets
        self._matched: set[Layered] = set()
        self._won: set[Layered] = set()
        self._removed: set[Layered] = set()
        self._winners: dict[Layered, dict[str, None]] = {budget: {} for budget in budgets}
        self._ties: dict[tuple[SlotKey, str, str], str] = {}

    def slots(self, case: Case, profile: Profile) -> tuple[Slot, ...]:
        """What is demanded of a case; slots of level "off" have no check at all, not even the default one."""
        ranked = [(rank, layered) for layered in self._budgets if (rank := layered.rank(case)) is not None]
        self._matched.update(layered for _, layered in ranked)
        by_slot: dict[SlotKey, list[tuple[tuple[Layer, int, int, int], Layered, Limit]]] = {}
        for rank, layered in ranked:
            for limit in layered.limits:
                by_slot.setdefault(limit.slot, []).append((rank, layered, limit))
        slots = []
        for key in sorted(by_slot, key=_order):
            contenders = sorted(by_slot[key], key=lambda contender: contender[0], reverse=True)
            rank, winner, limit = contenders[0]
            self._won.add(winner)
            for other_rank, other, _ in contenders[1:]:
                if other_rank == rank:
                    self._tie(key, case, winner, other)
                else:
                    self._winners[other][winner.budget.place] = None
                    self._removed.add(winner)
            budget = winner.budget
            level = resolved(budget.level, limit, profile)
            usual = budget.level is None
            slots.append(Slot(limit, level, budget.place, budget.message, budget.evidence, usual))
        return tuple(slots)

    def _tie(self, key: SlotKey, case: Case, first: Layered, second: Layered) -> None:
        self._won.add(second)
        one, two = sorted((first.budget.place, second.budget.place), key=_by_line)
        shown = " ".join(filter(None, (key[0], key[1], key[2] and f"against {key[2]}")))
        self._ties.setdefault((key, one, two), errors.budget_tie(shown, case.key, one, two))

    def matched(self) -> Iterable[Budget]:
        """Budgets that hold for some case so far."""
        return [layered.budget for layered in self._matched]

    def ties(self) -> list[str]:
        """Budgets of one right over one slot so far."""
        return list(self._ties.values())

    def problems(self, keys: Sequence[str], originals: bool) -> list[str]:
        """Ties, and budgets of the test's own that did nothing, once all its cases are settled.

        Args:
            keys: of the test's cases.
            originals: "original" exists, but is no case of this test.
        """
        told = self.ties()
        for layered in self._budgets:
            budget = layered.budget
            if not layered.own or not layered.limits:
                continue
            if layered not in self._matched:
                asked = originals and "original" in budget.recipes
                told.append(errors.budget_matches_nothing(budget.place, budget.shown, keys, original=asked))
            elif layered not in self._won:
                winners = list(self._winners[layered])
                told.append(errors.budget_wins_nowhere(budget.place, budget.shown, winners))
            elif budget.level == "off" and layered not in self._removed and not _defaults(layered):
                told.append(errors.off_removes_nothing(budget.place, budget.shown))
        return told


def _defaults(layered: Layered) -> bool:
    """Whether it switches a default check off, of which there are some against a reference."""
    return any(limit.reference for limit in layered.limits)


def resolved(level: Level | None, limit: Limit, profile: Profile) -> Level:
    """The level that holds where none was written.

    A noisy absolute limit only warns on a machine that something else may be running on, which a device is
    not. What cannot be measured on a profile is not noisy; where it is predicted, the judge knows.
    """
    if level is not None:
        return level
    kind = METRICS.get(limit.metric)
    noisy = kind is not None and kind.cls == "noisy"
    shared = profile.measured and not profile.dedicated and profile.target_ref.evidence != "device"
    return "warn" if noisy and not limit.reference and shared else "error"


def _order(key: SlotKey) -> tuple[int, SlotKey]:
    info = METRICS.get(key[0])
    return (LAST if info is None else info.rank, key)


def _by_line(place: str) -> tuple[str, int]:
    file, _, line = place.rpartition(":")
    return file, int(line)
