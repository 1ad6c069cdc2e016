"""What all collected tests together demand of each case, for the baseline and to compare with it."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from pytest_edgebench.baselines.terms import Held, Standing, standing, today
from pytest_edgebench.declare.items import case_of
from pytest_edgebench.record.terms import Demand
from pytest_edgebench.session.excused import excuse
from pytest_edgebench.settings.gate import gate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import pytest

    from pytest_edgebench.baselines.terms import Excuse, Today
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
        self._held: dict[str, dict[str, Held]] = {}

    def see(self, items: Iterable[pytest.Item]) -> None:
        """Take note of collected tests, before any filter."""
        for item in items:
            planned = case_of(item)
            if planned is not None:
                held = Held(planned, excuse(item), item.nodeid.partition("[")[0])
                self._held.setdefault(planned.case.key, {})[item.nodeid] = held

    def skipped(self, item: pytest.Item, key: str, *, skipped: bool) -> dict[str, Any]:
        """Take note of whether a test skipped itself while it ran: then it demands as little as one that a
        mark skips.

        Returns:
            node id → what each test of the case demands, for whoever hears of tests in other processes, too;
            empty where it did not.
        """
        tests = self._held.get(key, {})
        if item.nodeid not in tests:  # added to the session after its collection
            return {}
        if skipped:
            tests[item.nodeid] = replace(tests[item.nodeid], excuse="skip")
            return {node: asdict(standing(held)) for node, held in tests.items()}
        if tests[item.nodeid].excuse == "skip":
            tests[item.nodeid] = replace(tests[item.nodeid], excuse=excuse(item))
        return {}

    def terms(self, key: str) -> Today:
        """What a case is judged by now, in all tests together."""
        held = [*self._held[key].values()]
        return self._today(held, held[0].planned.case.profile)

    def _today(self, held: Iterable[Held | Standing], profile: str) -> Today:
        return today(held, self._gate, self._settings.profiles[profile], self._settings.waivers, date.today())

    def loosened(self, baseline: Baseline | None) -> dict[str, tuple[str, ...]]:
        """Key → what is demanded less of the case than when it was accepted."""
        if baseline is None:
            return {}
        from pytest_edgebench.baselines.loosened import loosened

        kept = {key: entry.terms for key, entry in baseline.cases.items() if key in self._held}
        return {key: tuple(loosened(then, self.terms(key))) for key, then in kept.items() if then is not None}

    def loosened_by_skips(
        self, baseline: Baseline, tests: Mapping[str, Mapping[str, Any]], skipped: Collection[str]
    ) -> dict[str, tuple[str, ...]]:
        """As `loosened`, for the cases of tests that skipped themselves.

        Args:
            tests: key → what `skipped` returned. skipped: node ids of all that did, in any process.
        """
        from pytest_edgebench.baselines.loosened import loosened

        found = {}
        for key, plain in tests.items():
            entry = baseline.cases.get(key)
            if entry is not None and entry.terms is not None:
                held = [_standing(one, skipped=node in skipped) for node, one in plain.items()]
                found[key] = tuple(loosened(entry.terms, self._today(held, entry.profile)))
        return found


def _standing(plain: Mapping[str, Any], *, skipped: bool) -> Standing:
    demands = tuple((name, Demand(**demand), place) for name, demand, place in plain["demands"])
    excuse: Excuse = "skip" if skipped else plain["excuse"]
    return Standing(plain["case"], plain["test"], excuse, demands, tuple(plain["off"]))
