"""Latency budgets in milliseconds: judged by what was timed anyway where that does, else by own loads.

A FAIL is judged once more in a fresh process, later on.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_edgebench.case import paired_latency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.case.case import CaseRun
    from pytest_edgebench.declare.limit import Limit, Slot
    from pytest_edgebench.judge.absolute_latency import AbsoluteDecision


def absolute(case_run: CaseRun, slots: Sequence[Slot]) -> dict[str, AbsoluteDecision]:
    """Statistic → decision on each written budget; none where nothing was timed or predicted.

    To be asked once the case was compared with others: where the loads of a comparison show that a budget on
    p50 is met, and no other statistic has a budget, nothing more is timed.

    Raises:
        MeasureError: the runtime failed when it was timed.
    """
    limits = [slot.limit for slot in slots if slot.limit.metric == "latency" and not slot.limit.reference]
    if not limits:
        return {}
    from pytest_edgebench.judge import absolute_latency as judge
    from pytest_edgebench.judge.predicted import judge_predicted
    from pytest_edgebench.judge.relative_latency import Outcome

    looked = _looked(case_run, limits)
    if looked is not None and looked.verdict is Outcome.PASS and case_run.view.timed_already is None:
        return {"p50": looked}
    case_run.ask(["latency"])
    timed = case_run.timed
    if timed is None:
        metric = case_run.counted.get("latency.p50")  # known without a run: a prediction
        if metric is None:
            return {}
        return {limit.statistic: judge_predicted(metric, limit.statistic, limit.amount) for limit in limits}
    found = {}
    for limit in limits:
        looks = 1 if looked is None else 2
        judged = judge.judge(limit.statistic, timed.loads, limit.amount, calls=timed.calls, looks=looks)
        if judged.verdict is Outcome.FAIL:
            time.sleep(max(0.0, timed.at + case_run.toolbox.settings.confirm_s - time.time()))
            again = case_run.timed_again("confirm")
            second = judge.judge(limit.statistic, again.loads, limit.amount, calls=again.calls)
            judged = judge.confirm(judged, second)
        found[limit.statistic] = judged
    return found


def _looked(case_run: CaseRun, limits: Sequence[Limit]) -> AbsoluteDecision | None:
    """The first look at a budget on p50; None where there is nothing to look at, or all loads are needed."""
    if not case_run.timing or any(limit.statistic != "p50" for limit in limits):
        return None
    from pytest_edgebench.judge.absolute_latency import first_look

    return first_look(paired_latency.to_judge(case_run.pairs), limits[0].amount)
