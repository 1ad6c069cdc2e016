"""The verdict of a whole run in one word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import status

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run
    from pytest_edgebench.reports.causes.values import Account


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a whole run says; `act` is whether a maintainer must do something."""

    status: status.Status
    word: str
    act: bool


def outcome(run: Run, found: Account) -> Outcome:
    """The verdict of a run."""
    counts = found.counts
    if run.problems or counts.failed:
        return Outcome(status.OVER, "FAIL", act=True)
    if counts.cases == counts.unsupported + counts.not_run:
        return Outcome(status.NOT_RUN, "NOTHING JUDGED", act=True)
    if counts.not_run:
        return Outcome(status.NOT_RUN, "INCOMPLETE", act=True)
    if counts.undecided:
        return Outcome(status.INCONCLUSIVE, "UNDECIDED", act=True)
    if counts.warnings:
        return Outcome(status.REGRESSED, "PASS, WARNED", act=True)
    return Outcome(status.PASSED, "PASS", act=False)
