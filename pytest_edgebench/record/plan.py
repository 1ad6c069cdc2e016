"""`Plan`: what a session's processes collected and are to report, as plain values in the run folder.

Each process that collects writes a plan; the reporting process reads all of them as one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FOLDER = "plans"
NARROWED = "--lf"
"""What a plan's `files` say of a file that pytest left out since its tests passed the last time."""


class PlannedCase(NamedTuple):
    """The case of a planned test; `place` is ``file:line`` of its recipe."""

    model: str
    recipe: str
    variant: str
    profile: str
    place: str


class PlannedSlot(NamedTuple):
    """A budget of a planned test; `place` is ``file:line`` of it."""

    place: str
    metric: str
    statistic: str
    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What was collected and selected.

    Attributes:
        tests: node id → key of the case, for the tests that were selected.
        slots: node id → its budgets.
        cases: key → the case, for the tests that were selected.
        listed: keys of all tests that were collected, before any filter.
        planned: how many cases that are.
        powerless: why no slowdown could be proven with the settings; "" where one could.
        warnings: what to think twice about, each with ``file:line``.
        files: test file from the root folder, with "/" → "" where it was collected, else why it was not.
        failed: files and folders whose collection failed.
        broken: whether collection failed anywhere.
        pending: place of a budget that no test has yet → what to say if none gets it while tests run.
        loosened: key → what is demanded less of the case than when it was accepted.
        homes: key → test files that have the case, before any filter.
    """

    tests: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, tuple[PlannedSlot, ...]] = field(default_factory=dict)
    cases: Mapping[str, PlannedCase] = field(default_factory=dict)
    listed: tuple[str, ...] = ()
    planned: int = 0
    powerless: str = ""
    warnings: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    broken: bool = False
    pending: Mapping[str, str] = field(default_factory=dict)
    loosened: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    homes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def dump(self) -> str:
        """The plan as JSON text."""
        # Not `asdict`, which copies all that is within: 25 ms for 1,000 tests.
        return json.dumps({each.name: getattr(self, each.name) for each in fields(self)})


def load(text: str) -> Plan:
    """The plan that `Plan.dump` wrote.

    Raises:
        ValueError: the text was cut, or is something else.
    """
    plain = json.loads(text)
    try:
        plain["slots"] = {
            node: tuple(PlannedSlot(*slot) for slot in slots) for node, slots in plain["slots"].items()
        }
        plain["cases"] = {key: PlannedCase(*case) for key, case in plain["cases"].items()}
        plain["homes"] = {key: tuple(files) for key, files in plain["homes"].items()}
        plain["loosened"] = {key: tuple(clauses) for key, clauses in plain["loosened"].items()}
        for name in ("listed", "warnings", "failed"):
            plain[name] = tuple(plain[name])
        return Plan(**plain)
    except (AttributeError, KeyError, TypeError) as cause:
        raise ValueError(f"not a plan: {cause}") from None


def merged(plans: Iterable[Plan]) -> Plan:
    """The plans of several processes as one."""
    tests: dict[str, str] = {}
    slots: dict[str, tuple[PlannedSlot, ...]] = {}
    cases: dict[str, PlannedCase] = {}
    files: dict[str, str] = {}
    listed: dict[str, None] = {}
    homes: dict[str, tuple[str, ...]] = {}
    warnings: dict[str, None] = {}
    failed: dict[str, None] = {}
    pending: dict[str, str] = {}
    loosened: dict[str, tuple[str, ...]] = {}
    planned, powerless, broken = 0, "", False
    for plan in plans:
        tests |= plan.tests
        slots |= plan.slots
        cases |= plan.cases
        files |= plan.files
        listed |= dict.fromkeys(plan.listed)
        for key, found in plan.homes.items():
            homes[key] = tuple(sorted({*homes.get(key, ()), *found}))
        warnings |= dict.fromkeys(plan.warnings)
        failed |= dict.fromkeys(plan.failed)
        pending |= plan.pending
        loosened |= plan.loosened
        planned = max(planned, plan.planned)
        powerless = powerless or plan.powerless
        broken = broken or plan.broken
    return Plan(
        tests, slots, cases, tuple(listed), planned, powerless, tuple(warnings), files, tuple(failed),
        broken, pending, loosened, homes,
    )  # fmt: skip


def read(folder: Path) -> tuple[Plan, list[str]]:
    """All plans of a run folder as one, and the names of those that cannot be read."""
    plans, unreadable = [], []
    for path in sorted((folder / FOLDER).glob("*.json")):
        try:
            plans.append(load(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):  # its process was killed while it wrote
            unreadable.append(path.stem)
    return merged(plans), unreadable
