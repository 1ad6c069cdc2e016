"""Latency against another model: a sequential decision over fresh loads, at a known error rate.

Each load r of both models gives q_r = ln(fastest candidate call / fastest reference call). At a fixed list
of looks the 20 % trimmed mean of the q's is compared with the logarithm of the limit; the error rate is
spent over the looks by the Lan-DeMets function alpha(t) = alpha ln(1 + (e - 1) t) with t = n / n_max
(Lan & DeMets, Biometrika 1983, the Pocock-like one). Beyond 140 loads, where only what is near its limit
gets, a tenth of alpha is spent by the same function, so that these looks cost the early ones next to nothing.
Adding the increments is a union bound, so the chance that any look is wrong is at most alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from pytest_edgebench.judge.formatting import ratio
from pytest_edgebench.judge.loads import TRIM, trimmed
from pytest_edgebench.judge.looks import FIRST_SHARE, LOOKS, N_FIRST, N_MAX
from pytest_edgebench.judge.student import t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Loads = Sequence[float] | NDArray[np.float64]

NEAR = 0.015
"""A PASS whose estimate is nearer than this to its limit, in ln of the ratio, needs a second process: what
differs between processes and not between the loads of one was up to 2.6 points, with two threads."""
E_NEEDED = 1000.0
"""A FAIL needs this much evidence from the signs alone: trimming may delete the one contradicting load."""


class Outcome(StrEnum):
    """What is said at a look."""

    FAIL = "FAIL"
    PASS = "PASS"
    GO_ON = "GO ON"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the loads so far say of one limit.

    Attributes:
        verdict: a FAIL, or a PASS near its limit (`wants_second`), stands only once it is `confirmed`.
        estimate: trimmed mean of q, as ln of the ratio.
        low, high: ln of the ratio: the bounds that decide at this look, `low` at the FAIL side's level and
            `high` at the PASS side's; -inf and inf before the first look.
        low95, high95: the plain 95 % interval at this look, for people.
        n: loads given. look: the look the numbers are from, 0 before the first.
        limit: as a ratio, 1.05 for "+ 5 %".
        e_value: evidence of the signs that the ratio is over the limit.
        p: one-sided, that the ratio is not over the limit, from the trimmed t at this look, divided by
            this look's share of alpha: it is below alpha_fail exactly where `low` is over the limit.
        confirmed: a second process said the same.
        reasons: why it is INCONCLUSIVE, each with what to do.
    """

    verdict: Outcome
    estimate: float
    low: float
    high: float
    low95: float
    high95: float
    n: int
    look: int
    limit: float
    e_value: float
    p: float
    confirmed: bool = False
    reasons: tuple[str, ...] = ()


def looks(n_max: int = N_MAX) -> tuple[int, ...]:
    """The numbers of loads at which is decided; the last is `n_max` itself.

    Raises:
        ValueError: `n_max` below the first look.
    """
    if n_max < LOOKS[0]:
        raise ValueError(f"n_max is {n_max}; at least {LOOKS[0]} loads are needed")
    return (*(look for look in LOOKS if look < n_max), n_max)


def next_look(n: int, n_max: int = N_MAX) -> int | None:
    """The first look after `n` loads; None when there is none left."""
    return next((look for look in looks(n_max) if look > n), None)


def spending(alpha: float, n_max: int = N_MAX) -> tuple[float, ...]:
    """The level of each look of `looks(n_max)`: increments of alpha(t), which add up to `alpha`."""

    def spent_at(n: int) -> float:
        if n_max <= N_FIRST:
            return _lan_demets(n / n_max)
        if n <= N_FIRST:
            return FIRST_SHARE * _lan_demets(n / N_FIRST)
        return FIRST_SHARE + (1 - FIRST_SHARE) * _lan_demets((n - N_FIRST) / (n_max - N_FIRST))

    spent = [alpha * spent_at(look) for look in looks(n_max)]
    return tuple(now - before for now, before in zip(spent, [0.0, *spent], strict=False))


def _lan_demets(t: float) -> float:
    return math.log(1.0 + (math.e - 1.0) * t)


@cache
def sign_e_value(over: int, n: int) -> float:
    """E = 2^(n+1) times the integral of p^s (1-p)^(n-s) from 1/2 to 1, for s = `over` of `n` loads.

    A mixture of likelihood ratios against p = 1/2, so its mean is at most 1 if no more than half of the loads
    are over the limit. Computed exactly: the integral is a beta tail, hence a binomial sum, and
    E = sum of C(n+1, k) for k = 0..s, over (n+1) C(n, s).
    """
    total = sum(math.comb(n + 1, k) for k in range(over + 1))
    return total / ((n + 1) * math.comb(n, over))


def decide(
    q: Loads,
    *,
    limit: float,
    alpha_fail: float,
    alpha_pass: float,
    n_max: int = N_MAX,
    capped: bool = False,
) -> Decision:
    """Go over the looks up to ``len(q)`` in order and return the first decision.

    Args:
        q: (n,) ln of candidate over reference, one a load, in the order measured.
        limit: the ratio that must not be exceeded, 1.05 for "+ 5 %".
        alpha_fail: error rate of a FAIL: 1 % over all noisy cells planned. alpha_pass: of a PASS.
        n_max: loads after which measuring ends.
        capped: measuring has ended already (the time is up): an open decision is INCONCLUSIVE.

    Raises:
        ValueError: a q that is not finite, a limit or level out of range: a fault of the caller's.
    """
    values = np.asarray(q, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError("q must be a list of finite numbers")
    if not (limit > 0 and 0 < alpha_fail <= 0.5 and 0 < alpha_pass <= 0.5):
        raise ValueError(f"limit {limit}, alpha_fail {alpha_fail} or alpha_pass {alpha_pass} is out of range")
    bound = math.log(limit)
    decision = _before_looks(values, limit, bound)
    shares = spending(1.0, n_max)
    for look, share in zip(looks(n_max), shares, strict=True):
        if look > len(values):
            break
        decision = _at(values[:look], len(values), limit, alpha_fail * share, alpha_pass * share, share)
        if decision.verdict is not Outcome.GO_ON:
            return decision
    if capped or len(values) >= n_max:
        return replace(decision, verdict=Outcome.INCONCLUSIVE)
    return decision


def _before_looks(values: NDArray[np.float64], limit: float, bound: float) -> Decision:
    over = int((values > bound).sum())
    estimate = float(np.median(values)) if len(values) else 0.0
    e_value = sign_e_value(over, len(values))
    nothing = math.inf
    return Decision(
        Outcome.GO_ON, estimate, -nothing, nothing, -nothing, nothing, len(values), 0, limit, e_value, 1.0
    )


def _at(
    values: NDArray[np.float64], n: int, limit: float, a_fail: float, a_pass: float, share: float
) -> Decision:
    """The decision at one look; FAIL is tested first."""
    bound = math.log(limit)
    middle = trimmed(values)
    low, high = middle.low(a_fail), middle.high(a_pass)
    e_value = sign_e_value(int((values > bound).sum()), len(values))
    if low > bound and e_value >= E_NEEDED:
        verdict = Outcome.FAIL
    elif high < bound:
        verdict = Outcome.PASS
    else:
        verdict = Outcome.GO_ON
    p = min(1.0, middle.p_over(bound) / share)
    low95, high95 = middle.low(0.025), middle.high(0.025)
    return Decision(verdict, middle.mean, low, high, low95, high95, n, len(values), limit, e_value, p)


def wants_second(decision: Decision) -> bool:
    """Whether a verdict stands only if a fresh process says the same: a FAIL, and a PASS near its limit."""
    if decision.verdict is Outcome.PASS:
        return math.log(decision.limit) - decision.estimate < NEAR
    return decision.verdict is Outcome.FAIL


def confirm(first: Decision, second: Decision) -> Decision:
    """`first` stands, where it `wants_second`, only if `second`, of a fresh process, says the same."""
    if not wants_second(first):
        return first
    if second.verdict is first.verdict:
        return replace(first, confirmed=True)
    seen = f"{ratio(first.estimate)} at first, {ratio(second.estimate)} in a fresh process"
    why = f"not reproduced: {seen}; run again on a quieter machine"
    return replace(first, verdict=Outcome.INCONCLUSIVE, reasons=(why, *first.reasons))


def control(decision: Decision, null: Decision) -> Decision:
    """A FAIL becomes INCONCLUSIVE where the null control, a model against its own copy, did not PASS."""
    if decision.verdict is not Outcome.FAIL or null.verdict is Outcome.PASS:
        return decision
    return replace(
        decision, verdict=Outcome.INCONCLUSIVE, reasons=(null_control_text(null), *decision.reasons)
    )


def null_control_text(null: Decision) -> str:
    """Why nothing can be proven where the null control did not pass."""
    return (
        f"the null control did not pass: a model against its own byte copy shows {ratio(null.estimate)} "
        f"({ratio(null.low95)} to {ratio(null.high95)}, 95 %); free the cores or use one thread"
    )


@dataclass(frozen=True, slots=True)
class Power:
    """Whether a FAIL can be reached at all.

    Attributes:
        possible: a unanimous result could reach FAIL.
        loads: the first look at which it could; 0 where it cannot.
        smallest: the smallest true ratio that is expected to FAIL by the last look, with loads that
            differ by `SD`; inf where none would.
        reason: why not, with what to do; "" where it can.
    """

    possible: bool
    loads: int
    smallest: float
    reason: str = ""


SD = 0.004
"""Standard deviation of q over loads of a 0.4 ms model on a healthy machine, for `power`."""


def power(alpha_fail: float, n_max: int, limit: float) -> Power:
    """Could a unanimous result reach FAIL, with this level, number of loads and limit?

    Unanimous: every load is over the limit. The signs must give E >= 1000, which takes 13 loads, and the
    level of the look must be above zero.
    """
    problem = ""
    if n_max < LOOKS[0] or max(sign_e_value(look, look) for look in looks(n_max)) < E_NEEDED:
        problem = f"{n_max} loads can never prove a slowdown, 13 can: raise their number or the time cap"
    elif not 0 < alpha_fail <= 0.5 or not limit > 0:
        problem = (
            f"no slowdown can be proven at alpha {alpha_fail:g} and limit {limit:g}; alpha must be above 0"
        )
    elif min(levels := spending(alpha_fail, n_max)) <= 1e-300:
        problem = f"alpha {alpha_fail:g} is too small to compute with; judge fewer cells in a session"
    if problem:
        return Power(False, 0, math.inf, problem)
    reach = [look for look in looks(n_max) if sign_e_value(look, look) >= E_NEEDED]
    widths = [
        # About what Yuen's standard error is for normal loads: sd of the trimmed mean is 1.07 sd / sqrt(n).
        t_quantile(level, look - 2 * int(TRIM * look) - 1) * 1.07 * SD / math.sqrt(look)
        for look, level in zip(looks(n_max), levels, strict=True)
        if look in reach
    ]
    return Power(True, reach[0], limit * math.exp(min(widths)))


def describe(decision: Decision) -> str:
    """The numbers of a decision in one clause: change, deciding bounds, loads, limit."""
    limit = f"the limit is {100 * (decision.limit - 1):+.3g} %"
    if not decision.look:
        return f"{decision.n} loads are too few, {LOOKS[0]} are the fewest; {limit}"
    if decision.verdict is Outcome.FAIL:
        bounds = f"at least {ratio(decision.low)}"
    elif decision.verdict is Outcome.PASS:
        bounds = f"at most {ratio(decision.high)}"
    else:
        bounds = f"between {ratio(decision.low)} and {ratio(decision.high)}"
    return f"{ratio(decision.estimate)}, {bounds}, in {decision.look} loads; {limit}"
