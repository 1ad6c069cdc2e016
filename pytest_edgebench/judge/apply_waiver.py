"""Waivers: a broken limit that a review accepted becomes a warning, up to the waiver's own limit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from pytest_edgebench.declare.limit import Slot
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.record.run import Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.limit import Limit
    from pytest_edgebench.judge.measurements import Facts, Rules


class Waiver(Protocol):
    """What a review accepted; `until` reads as the last day on which it holds."""

    @property
    def case(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def up_to(self) -> str: ...
    @property
    def until(self) -> object: ...
    @property
    def reason(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def limit(self) -> Limit: ...


@dataclass(frozen=True, slots=True)
class Pending:
    """A waiver that may hold for a broken row, with its limit understood."""

    waiver: Waiver
    limit: Limit


def pending(row: Row, case: str, waivers: Sequence[Waiver]) -> Pending | None:
    """The waiver, of those that hold, of a broken row: of the same case, metric, statistic, reference."""
    if row.verdict is not Verdict.FAIL or row.level == "off":
        return None
    for waiver in waivers:
        if waiver.case == case and waiver.metric == row.metric:
            limit = waiver.limit
            if limit.slot == (row.metric, row.statistic, row.reference):
                return Pending(waiver, limit)
    return None


def allowed(row: Row, found: Pending, facts: Facts, rules: Rules) -> Row:
    """The broken row as a warning where the waiver's limit holds; open where that is; else as it was.

    Args:
        facts: with latency judged by the waiver's limit, where that is relative.
    """
    waiver = found.waiver
    judged = judge_slot(Slot(found.limit, row.level, row.place), facts, rules)
    words = f"waived up to {waiver.up_to} until {waiver.until}: {waiver.reason} ({waiver.place})"
    if judged.verdict is Verdict.PASS:
        return replace(row, level="warn", reason=_joined(row.reason, words), waiver=waiver.place)
    if judged.verdict is Verdict.INCONCLUSIVE:
        reason = _joined(row.reason, f"{words}; whether it is over that is open: {judged.reason}")
        return replace(row, verdict=Verdict.INCONCLUSIVE, reason=reason, waiver=waiver.place)
    words = f"over its waiver, too ({waiver.up_to}, {waiver.place})"
    return replace(row, reason=_joined(row.reason, words), waiver=waiver.place)


def updated(row: Row) -> Row:
    """A row of a session whose findings become the baseline: what the old one says against it only warns."""
    if row.reference != "baseline" or row.verdict is not Verdict.FAIL or row.level != "error":
        return row
    return replace(row, level="warn", reason=_joined(row.reason, "accepted by this update"))


def _joined(*texts: str) -> str:
    return "; ".join(text for text in texts if text)
