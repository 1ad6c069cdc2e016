"""Which budgets of the tests that ran were judged: one that never was must not pass in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.declare import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_edgebench.declare.limit import Slot


class BudgetUse:
    """Pairs of budget and case that selected tests planned, and those that were judged.

    A budget of a class, module or folder is judged for a case when any of its tests judges it: the others
    may look at something else.
    """

    def __init__(self) -> None:
        self._limits: dict[str, dict[str, None]] = {}
        self._tests: dict[tuple[str, str], dict[str, None]] = {}
        self._judged: set[tuple[str, str]] = set()

    def plan(self, test: str, key: str, slots: Iterable[Slot]) -> None:
        """A selected test has this case, with these demands on it.

        Args:
            test: its node id without the parameters.
            key: of the case.
        """
        for slot in slots:
            limit = slot.limit
            self._limits.setdefault(slot.place, {})[f'{limit.metric}="{limit.text}"'] = None
            self._tests.setdefault((slot.place, key), {})[test] = None

    def judge(self, key: str, places: Iterable[str]) -> None:
        """Budgets at these places were judged for this case."""
        self._judged.update((place, key) for place in places)

    def messages(self) -> list[str]:
        """One for each budget that was not judged for some case of a selected test."""
        missing: dict[str, dict[str, None]] = {}
        for (place, key), tests in self._tests.items():
            if (place, key) not in self._judged:
                missing.setdefault(place, {}).update(dict.fromkeys(tests))
        return [
            errors.never_judged(place, ", ".join(self._limits[place]), list(tests))
            for place, tests in missing.items()
        ]
