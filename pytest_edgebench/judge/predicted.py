"""A prediction against an absolute budget: only the whole interval on one side decides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_edgebench.judge.absolute_latency import AbsoluteDecision
from pytest_edgebench.judge.formatting import quantity
from pytest_edgebench.judge.relative_latency import Outcome

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Metric

PREDICTABLE = ("p50", "mean")
"""Published latencies are one figure a network, so nothing is known of a tail."""


def judge_predicted(metric: Metric, statistic: str, budget: float) -> AbsoluteDecision:
    """FAIL when the interval is over the budget, PASS when it is not over it, else INCONCLUSIVE.

    Args:
        metric: a prediction with `low` and `high`; its level is in its note.
        budget: in the unit of the prediction.

    Raises:
        ValueError: no interval, or a number that is not finite.
    """
    verdict, reason = verdict_of(metric, budget)
    if statistic not in PREDICTABLE:
        verdict = Outcome.INCONCLUSIVE
        reason = f"only a typical latency is predicted, no {statistic}; give a budget on p50, or measure"
    # A second process would predict the same, so a FAIL needs no confirmation.
    confirmed = verdict is Outcome.FAIL
    return AbsoluteDecision(
        verdict, statistic, budget, metric.low, metric.high, metric.n, confirmed=confirmed, reason=reason
    )


def verdict_of(metric: Metric, budget: float) -> tuple[Outcome, str]:
    """What a prediction says of a budget, and why; as `judge_predicted`."""
    low, high = metric.low, metric.high
    if low is None or high is None or not all(map(math.isfinite, (low, metric.value, high, budget))):
        raise ValueError("a prediction is judged by its interval, of finite numbers")
    least, most = quantity(low, metric.unit), quantity(high, metric.unit)
    if low > budget:
        return Outcome.FAIL, f"predicted to be at least {least}"
    if high <= budget:
        return Outcome.PASS, f"predicted to be at most {most}"
    return Outcome.INCONCLUSIVE, (
        f"the budget lies inside what is predicted, {least} to {most}; leave more headroom, or measure on "
        "the device"
    )
