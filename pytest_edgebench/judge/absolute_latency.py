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

Where the file was timed against another one anyway, p50 is first looked at in the loads of that comparison
(`first_look`), and only a PASS may come from there; anything else is left to the loads above. These are two
looks at one question, so a PASS at either has half of the error rate (union bound); a FAIL has one look, and
all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_edgebench.judge.formatting import quantity
from pytest_edgebench.judge.loads import FEWEST, order_bounds, trimmed
from pytest_edgebench.judge.looks import LOOKS
from pytest_edgebench.judge.relative_latency import Outcome
from pytest_edgebench.record.statistics import STATISTICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ALPHA = 0.01
LOOKED_AT = LOOKS[0]
"""Loads of a comparison that the first look takes: those that every comparison has. How many more there are
depends on how the first ones turned out, so a bound from all of them would not keep its level."""
ROUNDING = 5e-4
"""A record's times have 4 significant digits: a time may be larger by so much of it."""


@dataclass(frozen=True, slots=True)
class AbsoluteDecision:
    """What the loads say of an absolute latency budget.

    Attributes:
        verdict: FAIL, PASS or INCONCLUSIVE; a FAIL stands only once it is `confirmed`.
        statistic: "p50", "p95", ...
        budget_s: the budget, seconds.
        low_s: the bound that must be over the budget for a FAIL. high_s: the one that must not be for a
            PASS. None where there are too few loads.
        n: loads. alpha: level of the bound for a FAIL.
        confirmed: a second process said FAIL too.
        reason: why it is INCONCLUSIVE, with what to do; for others what decided.
        alpha_pass: level of the bound for a PASS.
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
    alpha_pass: float = ALPHA


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
    quantiles = {name: each.share for name, each in STATISTICS.items() if each.share is not None}
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
        if name == "p50":
            summaries[name] = p50_of_loads(values, calls)
        else:
            summaries[name] = _median(values, calls)
    return summaries


def p50_of_loads(values: Sequence[float], calls: int) -> Summary:
    """The trimmed mean of the loads' p50 with a t interval; under 6 loads their median without one.

    Args:
        values: p50 of each load, seconds. calls: timed calls of all loads.
    """
    if len(values) < FEWEST:
        return _median(values, calls)
    middle = trimmed(values)
    return Summary(middle.mean, middle.low(0.025), middle.high(0.025), calls)


def _median(values: Sequence[float], calls: int) -> Summary:
    bounds = order_bounds(values, 0.025) if len(values) >= FEWEST else None
    low, high = bounds or (None, None)
    return Summary(float(np.median(values)), low, high, calls)


def judge(
    statistic: str,
    loads: Mapping[str, Sequence[float]],
    budget_s: float,
    *,
    alpha: float = ALPHA,
    calls: int | None = None,
    looks: int = 1,
) -> AbsoluteDecision:
    """Judge one absolute latency budget.

    Args:
        statistic: "p50", "p95", "p99", "mean", "min" or "max".
        loads: statistic → its figure in each load, seconds, as `of_loads` gives them; p50 needs "min" too.
        budget_s: seconds.
        alpha: level of each one-sided bound.
        calls: fewest timed calls in a load, where known; p95 needs 20, p99 100.
        looks: how often a PASS is looked for, this time included: 2 after a `first_look`.
    """
    values, shared = loads[statistic], alpha / looks
    decision = AbsoluteDecision(
        Outcome.INCONCLUSIVE, statistic, budget_s, None, None, len(values), alpha, alpha_pass=shared
    )
    needed = STATISTICS[statistic].fewest_calls
    if calls is not None and calls < needed:
        why = f"{statistic} needs {needed} calls in a load, there are {calls}; give a budget on p50"
        return replace(decision, reason=why)
    bounds = _bounds(statistic, loads, alpha, shared)
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


def first_look(p50_s: Sequence[float], budget_s: float, *, alpha: float = ALPHA) -> AbsoluteDecision | None:
    """Judge a budget on p50 by the loads of a comparison that was timed anyway.

    Args:
        p50_s: the file's p50 in each load, seconds, in the order measured; the first six count.
        budget_s: seconds.
        alpha: of both looks together.

    Returns:
        PASS, or INCONCLUSIVE where fresh loads are needed; None where there are too few loads to look at.
    """
    if len(p50_s) < LOOKED_AT:
        return None
    shared = alpha / 2
    high = trimmed(p50_s[:LOOKED_AT]).high(shared) * (1 + ROUNDING)
    verdict = Outcome.PASS if high <= budget_s else Outcome.INCONCLUSIVE
    reason = f"p50 is at most {quantity(high, 's')} by the first {LOOKED_AT} loads of a comparison"
    return AbsoluteDecision(
        verdict, "p50", budget_s, None, high, LOOKED_AT, alpha, reason=reason, alpha_pass=shared
    )


def confirm(first: AbsoluteDecision, second: AbsoluteDecision) -> AbsoluteDecision:
    """A FAIL of `first` stands only if `second`, from a fresh process later on, is one too."""
    if first.verdict is not Outcome.FAIL:
        return first
    if second.verdict is Outcome.FAIL:
        return replace(first, confirmed=True, reason=f"{first.reason}, confirmed in a fresh process")
    seen = "no bound" if second.low_s is None else f"at least {quantity(second.low_s, 's')}"
    why = f"not reproduced: {first.reason}, but {seen} in a fresh process; run again on a quieter machine"
    return replace(first, verdict=Outcome.INCONCLUSIVE, reason=why)


def _bounds(
    statistic: str, loads: Mapping[str, Sequence[float]], alpha: float, alpha_pass: float
) -> tuple[float, float] | None:
    """The bound for FAIL at level `alpha` and the bound for PASS at `alpha_pass`, seconds."""
    if statistic != "p50":  # looked at once
        return order_bounds(loads[statistic], alpha)
    if min(len(loads["min"]), len(loads["p50"])) < FEWEST:
        return None
    return trimmed(loads["min"]).low(alpha), trimmed(loads["p50"]).high(alpha_pass)


def _fail_side(statistic: str) -> str:
    return "even the fastest call of a load" if statistic == "p50" else statistic
