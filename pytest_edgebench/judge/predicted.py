"""A predicted latency against an absolute budget: only the whole interval on one side decides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_edgebench.judge.absolute import AbsoluteDecision
from pytest_edgebench.judge.timing import Outcome
from pytest_edgebench.judge.words import quantity

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Metric

PREDICTABLE = ("p50", "mean")
"""Published latencies are one figure a network, so nothing is known of a tail."""


def judge_predicted(metric: Metric, statistic: str, budget_s: float) -> AbsoluteDecision:
    """FAIL when the interval is over the budget, PASS when it is not over it, else INCONCLUSIVE.

    Args:
        metric: a prediction in seconds with `low` and `high`; its level is in its note.
        budget_s: the budget, seconds.

    Raises:
        ValueError: no interval, or a number that is not finite.
    """
    low, high = metric.low, metric.high
    if low is None or high is None or not all(map(math.isfinite, (low, metric.value, high, budget_s))):
        raise ValueError("a prediction is judged by its interval, of finite numbers")
    if statistic not in PREDICTABLE:
        verdict = Outcome.INCONCLUSIVE
        reason = f"only a typical latency is predicted, no {statistic}; give a budget on p50, or measure"
    elif low > budget_s:
        verdict, reason = Outcome.FAIL, f"predicted to be at least {quantity(low, 's')}"
    elif high <= budget_s:
        verdict, reason = Outcome.PASS, f"predicted to be at most {quantity(high, 's')}"
    else:
        verdict = Outcome.INCONCLUSIVE
        reason = (
            f"the budget lies inside what is predicted, {quantity(low, 's')} to {quantity(high, 's')}; "
            "leave more headroom, or measure on the device"
        )
    # A second process would predict the same, so a FAIL needs no confirmation.
    confirmed = verdict is Outcome.FAIL
    return AbsoluteDecision(
        verdict, statistic, budget_s, low, high, metric.n, confirmed=confirmed, reason=reason
    )
