"""Latency budgets in milliseconds: judged at once, and a FAIL once more in a fresh process, later on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_edgebench import predicted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.examine import Examination
    from pytest_edgebench.judge.absolute import AbsoluteDecision


def absolute(examination: Examination, slots: Sequence[Slot]) -> dict[str, AbsoluteDecision]:
    """Statistic → decision on each written budget; none where nothing was timed.

    Raises:
        MeasureError: the runtime failed when it was timed again.
    """
    timed = examination.timed
    if timed is None:
        return predicted.absolute(examination, slots)
    from pytest_edgebench.judge import absolute as judge
    from pytest_edgebench.judge.timing import Outcome

    found = {}
    for limit in (slot.limit for slot in slots):
        if limit.metric != "latency" or limit.reference:
            continue
        judged = judge.judge(limit.statistic, timed.loads, limit.amount, calls=timed.calls)
        if judged.verdict is Outcome.FAIL:
            time.sleep(max(0.0, timed.at + examination.bench.settings.confirm_s - time.time()))
            again = examination.time(examination.artifact, "confirm")
            second = judge.judge(limit.statistic, again.loads, limit.amount, calls=again.calls)
            judged = judge.confirm(judged, second)
        found[limit.statistic] = judged
    return found
