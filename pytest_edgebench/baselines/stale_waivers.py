"""Waivers that have expired, or that nothing needs any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.baselines import errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.settings.waivers import Waiver


def problems(waivers: Iterable[Waiver], run: Run, today: date, *, unfiltered: bool) -> list[str]:
    """One sentence for each waiver that has expired, or that a judged case did not need.

    Args:
        unfiltered: no tests were named and none filtered, so that a case that was not judged has no test.
    """
    used = {row.waiver for case in run.cases for check in case.checks for row in check.rows}
    judged = {case.key for case in run.cases if any(check.rows for check in case.checks)}
    found = []
    for waiver in waivers:
        if today > waiver.until:
            found.append(errors.expired(waiver.place, waiver.case, waiver.metric, waiver.until.isoformat()))
        elif waiver.place not in used and (waiver.case in judged or unfiltered):
            found.append(errors.unused(waiver.place, waiver.case, waiver.metric))
    return found
