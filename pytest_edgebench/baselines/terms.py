"""The terms of a case today, for its line in the baseline and to compare with that line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pytest_edgebench.judge.errors import LADDER
from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.record.terms import Demand, Terms, Waived, metric_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from pytest_edgebench.declare.limit import Limit, Planned, Slot
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.settings.waivers import Waiver

LEVELS = ("off", "warn", "error")


Excuse = Literal["", "skip", "xfail"]
"""The mark that keeps a test from failing: one that is skipped demands nothing, one that is expected to fail
only warns."""


@dataclass(frozen=True, slots=True)
class Held:
    """A case in one test, by its node id without parameters."""

    planned: Planned
    excuse: Excuse = ""
    test: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What one test demands of a case, as plain values, so that another process can put tests together.

    Attributes:
        case: its key. test, excuse: as those of `Held`.
        demands: name of a slot, demand, ``file:line`` of the budget. off: slots that are switched off.
    """

    case: str
    test: str
    excuse: Excuse
    demands: tuple[tuple[str, Demand, str], ...]
    off: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A demand of today, and ``file:line`` of its budget; the test that is marked xfail, else ""."""

    demand: Demand
    place: str
    excused: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """What holds for a case now; attributes as those of `Terms`, but all limits of a slot.

    Attributes:
        skipped: slot → a test that would demand it and is skipped.
    """

    demands: Mapping[str, Sequence[Placed]]
    off: tuple[str, ...]
    gate: Mapping[str, str]
    waived: Mapping[str, Waived]
    skipped: Mapping[str, str]


def standing(held: Held) -> Standing:
    """A case in a test without what only its own process needs."""
    planned = held.planned
    demands = tuple((slot_name(slot.limit.slot), _demand(slot), slot.place) for slot in planned.slots)
    return Standing(planned.case.key, held.test, held.excuse, demands, tuple(map(slot_name, planned.off)))


def today(
    held: Iterable[Held | Standing],
    gate: Mapping[str, str],
    profile: Profile,
    waivers: Iterable[Waiver],
    now: date,
) -> Today:
    """The terms of one case.

    Args:
        held: the case in each test that has it. gate: settings of the session.
        waivers: of all cases; one that has ended allows nothing.
    """
    demands: dict[str, list[Placed]] = {}
    off: dict[str, None] = {}
    skipped: dict[str, str] = {}
    key = ""
    for one in held:
        each = standing(one) if isinstance(one, Held) else one
        key = each.case
        for name, demand, place in each.demands:
            if each.excuse == "skip":
                skipped[name] = each.test
            else:
                demands.setdefault(name, []).append(_placed(demand, place, each))
        if each.excuse != "skip":
            off |= dict.fromkeys(each.off)
    waived = {slot_name(w.limit.slot): _waived(w) for w in waivers if w.case == key and now <= w.until}
    off_now = tuple(sorted(off.keys() - demands.keys()))
    return Today(demands, off_now, {**gate, **_of_profile(profile)}, waived, skipped)


def terms(found: Today, *, higher_is_better: bool) -> Terms:
    """As a baseline keeps them.

    Args:
        higher_is_better: direction of the model's score.
    """
    kept: dict[str, Demand] = {}
    for name, placed in found.demands.items():
        up = upwards(name, higher_is_better=higher_is_better)
        kept[name] = max((each.demand for each in placed), key=lambda demand: strictness(demand, up=up))
    return Terms(kept, found.off, found.gate, found.waived, higher_is_better)


def with_uncollected(then: Terms, now: Terms) -> Terms:
    """Terms of a case of which not all tests were collected: what the others demanded still holds.

    Args:
        then: when it was accepted. now: of the tests that were collected.
    """
    kept = dict(now.demands)
    for name, old in then.demands.items():
        up = upwards(name, higher_is_better=now.higher_is_better)
        new = kept.get(name)
        if new is None or new.unit != old.unit or strictness(old, up=up) > strictness(new, up=up):
            kept[name] = old
    return replace(now, demands=kept, off=tuple(name for name in now.off if name not in kept))


def strictness(demand: Demand, *, up: bool) -> tuple[int, float, int]:
    """Greater for what fails more; of limits in one unit.

    Args:
        up: whether higher values of the metric are better.
    """
    evidence = LADDER.index(demand.evidence) if demand.evidence in LADDER else -1
    return LEVELS.index(demand.level), demand.amount if up else -demand.amount, evidence


def upwards(name: str, *, higher_is_better: bool) -> bool:
    """Whether higher values of a slot's metric are better."""
    metric = metric_of(name)
    known = METRICS[metric].higher_is_better if metric in METRICS else None
    return higher_is_better if known is None else known


def slot_name(slot: tuple[str, str, str]) -> str:
    metric, statistic, reference = slot
    return " ".join(filter(None, (f"{metric}.{statistic}" if statistic else metric, reference)))


def _placed(demand: Demand, place: str, held: Standing) -> Placed:
    if held.excuse == "xfail" and demand.level == "error":
        return Placed(replace(demand, level="warn"), place, held.test)
    return Placed(demand, place)


def _demand(slot: Slot) -> Demand:
    limit = slot.limit
    return Demand(limit.text, limit.amount, limit.unit, slot.level, slot.evidence or "")


def _waived(waiver: Waiver) -> Waived:
    limit: Limit = waiver.limit
    return Waived(limit.text, limit.amount, limit.unit, waiver.until.isoformat())


def _of_profile(profile: Profile) -> dict[str, str]:
    """What a profile says of the gate rather than of the device's speed."""
    found = {"required": str(profile.required).lower(), "dedicated": str(profile.dedicated).lower()}
    for name, value in (("ram", profile.ram_bytes), ("flash", profile.flash_bytes)):
        if value is not None:
            found[name] = str(value)
    return found
