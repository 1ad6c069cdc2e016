"""Absolute latency on a shared host: "p50 <= 4 ms", where one process may be 28 % slower all its life.

The unit is one load (a fresh session and some calls), usually 12 of them, each giving one figure of the
statistic, in seconds.

- **p50**: FAIL only if the lower bound of the per-load *minimum* is over the budget: what slows a whole
  process down slows its fastest call least. PASS if the upper bound of the per-load p50 is under it. Both are
  20 % trimmed means over the loads with t bounds.
- **p95, p99, mean, min, max**: the median over loads of the statistic within a load, with distribution-free
  bounds from order statistics: tails are too skewed for a t interval. FAIL if the lower bound is over the
  budget, PASS if the upper one is under it. A load with too few calls has no p95 or p99 worth the name:
  INCONCLUSIVE.

A FAIL is a candidate until a fresh process, as late in the session as can be, says so again (`confirm`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_edgebench.declare.limit import STATISTICS
from pytest_edgebench.judge.loads import FEWEST, order_bounds, trimmed
from pytest_edgebench.judge.timing import Outcome
from pytest_edgebench.judge.words import quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ALPHA = 0.01
NEEDED_CALLS: Mapping[str, int] = {"p95": 20, "p99": 100}
"""Calls a load needs before its tail quantile is more than its maximum."""


@dataclass(frozen=True, slots=True)
class AbsoluteDecision:
    """What the loads say of an absolute latency budget.

    Attributes:
        verdict: FAIL, PASS or INCONCLUSIVE; a FAIL stands only once it is `confirmed`.
        statistic: "p50", "p95", ...
        budget_s: the budget, seconds.
        low_s: the bound that must be over the budget for a FAIL. high_s: the one that must not be for a
            PASS. None where there are too few loads.
        n: loads. alpha: level of each bound.
        confirmed: a second process said FAIL too.
        reason: why it is INCONCLUSIVE, with what to do; for others what decided.
    """

    verdict: Outcome
    statistic: str
    budget_s: float
    low_s: float | None
    high_s: float | None
    n: int
    alpha: float = ALPHA
    confirmed: bool = False
    reason: str = ""


class Summary(NamedTuple):
    """A statistic over loads: value and 95 % interval in seconds (None under 6 loads), and calls in all."""

    value: float
    low: float | None
    high: float | None
    n: int


def of_loads(calls_per_load: Sequence[Sequence[float] | NDArray[np.float64]]) -> dict[str, tuple[float, ...]]:
    """Statistic → its figure in each load, seconds; quantiles are interpolated linearly.

    Raises:
        ValueError: no load, or a load without calls: a fault of the caller's.
    """
    if not calls_per_load or any(len(calls) == 0 for calls in calls_per_load):
        raise ValueError("every load must have at least one timed call")
    loads = [np.asarray(calls, dtype=np.float64) for calls in calls_per_load]
    quantiles = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "min": 0.0, "max": 1.0}
    # All quantiles of a load at once: each call of numpy's costs more than sorting some hundred times.
    found = [np.quantile(load, list(quantiles.values())) for load in loads]
    figures = {name: tuple(float(values[i]) for values in found) for i, name in enumerate(quantiles)} | {
        "mean": tuple(float(np.mean(load)) for load in loads)
    }
    return {name: figures[name] for name in STATISTICS}


def summarise(calls_per_load: Sequence[Sequence[float] | NDArray[np.float64]]) -> dict[str, Summary]:
    """Statistic → its value over loads with a 95 % interval, for the report.

    p50: trimmed mean of the loads' p50 with a t interval. The others: median over loads of the statistic
    *within a load* (so "min" is the usual fastest call of a load, not the fastest ever) with an interval
    from order statistics.
    """
    calls = sum(len(load) for load in calls_per_load)
    summaries: dict[str, Summary] = {}
    for name, values in of_loads(calls_per_load).items():
        enough = len(values) >= FEWEST
        if name == "p50" and enough:
            middle = trimmed(values)
            summaries[name] = Summary(middle.mean, middle.low(0.025), middle.high(0.025), calls)
        else:
            bounds = order_bounds(values, 0.025) if enough else None
            low, high = bounds or (None, None)
            summaries[name] = Summary(float(np.median(values)), low, high, calls)
    return summaries


def judge(
    statistic: str,
    loads: Mapping[str, Sequence[float]],
    budget_s: float,
    *,
    alpha: float = ALPHA,
    calls: int | None = None,
) -> AbsoluteDecision:
    """Judge one absolute latency budget.

    Args:
        statistic: "p50", "p95", "p99", "mean", "min" or "max".
        loads: statistic → its figure in each load, seconds, as `of_loads` gives them; p50 needs "min" too.
        budget_s: seconds.
        alpha: level of each one-sided bound.
        calls: fewest timed calls in a load, where known; p95 needs 20, p99 100.
    """
    values = loads[statistic]
    decision = AbsoluteDecision(Outcome.INCONCLUSIVE, statistic, budget_s, None, None, len(values), alpha)
    needed = NEEDED_CALLS.get(statistic, 1)
    if calls is not None and calls < needed:
        why = f"{statistic} needs {needed} calls in a load, there are {calls}; give a budget on p50"
        return replace(decision, reason=why)
    bounds = _bounds(statistic, loads, alpha)
    if bounds is None:
        why = f"{len(values)} loads are too few for a bound on {statistic} at {100 * alpha:g} %; measure 12"
        return replace(decision, reason=why)
    low, high = bounds
    if low > budget_s:
        verdict, reason = Outcome.FAIL, f"{_fail_side(statistic)} is at least {quantity(low, 's')}"
    elif high <= budget_s:
        verdict, reason = Outcome.PASS, f"{statistic} is at most {quantity(high, 's')}"
    else:
        verdict = Outcome.INCONCLUSIVE
        reason = (
            f"too close to the budget: {_fail_side(statistic)} is at least {quantity(low, 's')} and "
            f"{statistic} at most {quantity(high, 's')}; leave 10 % of headroom, or use a quieter machine"
        )
    return replace(decision, verdict=verdict, low_s=low, high_s=high, reason=reason)


def confirm(first: AbsoluteDecision, second: AbsoluteDecision) -> AbsoluteDecision:
    """A FAIL of `first` stands only if `second`, from a fresh process later on, is one too."""
    if first.verdict is not Outcome.FAIL:
        return first
    if second.verdict is Outcome.FAIL:
        return replace(first, confirmed=True, reason=f"{first.reason}, confirmed in a fresh process")
    seen = "no bound" if second.low_s is None else f"at least {quantity(second.low_s, 's')}"
    why = f"not reproduced: {first.reason}, but {seen} in a fresh process; run again on a quieter machine"
    return replace(first, verdict=Outcome.INCONCLUSIVE, reason=why)


def _bounds(statistic: str, loads: Mapping[str, Sequence[float]], alpha: float) -> tuple[float, float] | None:
    """The bound for FAIL and the bound for PASS, seconds."""
    if statistic != "p50":
        return order_bounds(loads[statistic], alpha)
    if min(len(loads["min"]), len(loads["p50"])) < FEWEST:
        return None
    return trimmed(loads["min"]).low(alpha), trimmed(loads["p50"]).high(alpha)


def _fail_side(statistic: str) -> str:
    return "even the fastest call of a load" if statistic == "p50" else statistic
