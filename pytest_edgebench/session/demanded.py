"""What all collected tests together demand of each case, for the baseline and to compare with it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pytest_edgebench.baselines.terms import Held, today
from pytest_edgebench.declare.items import case_of
from pytest_edgebench.session.excused import excuse
from pytest_edgebench.settings.gate import gate

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from pytest_edgebench.baselines.terms import Today
    from pytest_edgebench.record.baseline import Baseline
    from pytest_edgebench.settings.resolve import Settings


class Demanded:
    """The terms of cases.

    Args:
        settings: of the settings files, waivers included: also those of a ref, which judges nothing itself.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._settings = settings
        self._gate = gate(config)
        self._held: dict[str, list[Held]] = {}

    def see(self, items: Iterable[pytest.Item]) -> None:
        """Take note of collected tests, before any filter."""
        for item in items:
            planned = case_of(item)
            if planned is not None:
                held = Held(planned, excuse(item), item.nodeid.partition("[")[0])
                self._held.setdefault(planned.case.key, []).append(held)

    def terms(self, key: str) -> Today:
        """What a case is judged by now, in all tests together."""
        held = self._held[key]
        profile = self._settings.profiles[held[0].planned.case.profile]
        return today(held, self._gate, profile, self._settings.waivers, date.today())

    def loosened(self, baseline: Baseline | None) -> dict[str, tuple[str, ...]]:
        """Key → what is demanded less of the case than when it was accepted."""
        if baseline is None:
            return {}
        from pytest_edgebench.baselines.loosened import loosened

        kept = {key: entry.terms for key, entry in baseline.cases.items() if key in self._held}
        return {key: tuple(loosened(then, self.terms(key))) for key, then in kept.items() if then is not None}
