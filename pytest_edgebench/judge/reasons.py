"""Why a timing is INCONCLUSIVE, each reason with what to do about it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pytest_edgebench.judge.formatting import number, percent, quantity, ratio
from pytest_edgebench.judge.looks import N_MAX
from pytest_edgebench.judge.relative_latency import Decision, Outcome, null_control_text
from pytest_edgebench.judge.student import normal_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

STEAL_PERCENT = 1.0
TREND_P = 0.001
TREND_SIZE = 0.005
APART = 6.0
"""Two groups of loads: their centres lie this many of their own standard deviations apart. Normal loads
cut in two at the best point are 2.6 apart, evenly spread ones 3.5."""
NOISY_SD = 0.01
CLOCK_SHARE = 0.002


@dataclass(frozen=True, slots=True)
class Readings:
    """What the machine was doing during the timing; None where it could not be read.

    Attributes:
        load_average: of the last minute, just before timing. cpus: usable CPUs. threads: of the runtime.
        steal_percent: CPU time the hypervisor gave to others while timing.
        clock_s: resolution of the clock. unit_s: shortest timed unit (a batch of calls), seconds.
        capped: the time cap ended the measuring; cap_s: that cap. most: loads that would have ended it.
        null: the decision of the null control of this runtime, threads and options.
    """

    load_average: float | None = None
    cpus: int | None = None
    threads: int = 1
    steal_percent: float | None = None
    clock_s: float | None = None
    unit_s: float | None = None
    capped: bool = False
    cap_s: float | None = None
    most: int = N_MAX
    null: Decision | None = None


def reasons(readings: Readings, q: Sequence[float] | NDArray[np.float64]) -> tuple[str, ...]:
    """Sentences saying what stood in the way, most telling first.

    Args:
        readings: the machine's state.
        q: (n,) ln of candidate over reference, one a load, in the order measured; may be empty.
    """
    values = np.asarray(q, dtype=np.float64)
    found = [
        _null(readings),
        _load(readings),
        _steal(readings),
        _clock(readings, values),
        _drift(values),
        _two_groups(values),
        _spread(values),
        _cap(readings, values),
    ]
    return tuple(text for text in found if text)


def explain(decision: Decision, readings: Readings, q: Sequence[float] | NDArray[np.float64]) -> Decision:
    """The decision with its reasons, if it is INCONCLUSIVE; those it already has stay first."""
    if decision.verdict is not Outcome.INCONCLUSIVE:
        return decision
    found = (*decision.reasons, *(text for text in reasons(readings, q) if text not in decision.reasons))
    close = "the change is too close to the limit for this machine: set the limit a point further away"
    return replace(decision, reasons=found or (close,))


def _null(readings: Readings) -> str:
    null = readings.null
    return "" if null is None or null.verdict is Outcome.PASS else null_control_text(null)


def _load(readings: Readings) -> str:
    if readings.load_average is None or readings.cpus is None:
        return ""
    free = readings.cpus - readings.load_average
    if free >= readings.threads - 0.25:
        return ""
    return (
        f"the load average was {number(readings.load_average)} on {readings.cpus} CPUs before timing began, "
        f"and the runtime needs {readings.threads}: stop what else runs, or use fewer pytest workers"
    )


def _steal(readings: Readings) -> str:
    if readings.steal_percent is None or readings.steal_percent < STEAL_PERCENT:
        return ""
    return (
        f"the hypervisor took {number(readings.steal_percent)} % of the CPU time: "
        "run again, or use a machine that is not shared"
    )


def _clock(readings: Readings, values: NDArray[np.float64]) -> str:
    coarse = (
        readings.clock_s is not None and readings.unit_s and readings.clock_s > CLOCK_SHARE * readings.unit_s
    )
    if coarse and readings.clock_s is not None and readings.unit_s is not None:
        return (
            f"a timed unit of {quantity(readings.unit_s, 's')} is too short for a clock of "
            f"{quantity(readings.clock_s, 's')}: time more calls in a unit (a larger batch)"
        )
    if len(values) >= 6 and len(np.unique(values)) <= len(values) // 2:
        return (
            f"{len(values)} loads gave only {len(np.unique(values))} different ratios: the clock is too "
            "coarse; time more calls in a unit (a larger batch)"
        )
    return ""


def _drift(values: NDArray[np.float64]) -> str:
    """A trend of q over the loads: Kendall's tau by its normal approximation, size by a straight line."""
    n = len(values)
    if n < 9:
        return ""
    order = np.sign(values[None, :] - values[:, None])
    concordant = float(np.triu(order, 1).sum())
    z = abs(concordant) / math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    slope = float(np.polyfit(np.arange(n), values, 1)[0])
    size = slope * (n - 1)
    if 2 * normal_tail(z) > TREND_P or abs(size) < TREND_SIZE:
        return ""
    return (
        f"the ratio drifted by {percent(100 * size)} from the first load to the last: the machine was "
        "warming up or slowing down; let it settle and run again"
    )


def _two_groups(values: NDArray[np.float64]) -> str:
    """Two clusters of loads: the best cut of the sorted values, each side holding a fifth of them."""
    n = len(values)
    if n < 18:
        return ""
    ordered = np.sort(values)
    fewest = max(3, n // 5)
    best = min(range(fewest, n - fewest + 1), key=lambda cut: _within(ordered, cut))
    left, right = ordered[:best], ordered[best:]
    spread = math.sqrt(_within(ordered, best) / (n - 2))
    gap = float(right.mean() - left.mean())
    if gap < APART * spread or gap < TREND_SIZE:
        return ""
    return (
        f"loads fall into two groups, {len(left)} round {ratio(float(left.mean()))} and {len(right)} "
        f"round {ratio(float(right.mean()))}: memory layout or a core that is shared decides; "
        "use one thread, or free the cores"
    )


def _within(ordered: NDArray[np.float64], cut: int) -> float:
    """Sum of squares round the two means."""
    left, right = ordered[:cut], ordered[cut:]
    return float(((left - left.mean()) ** 2).sum() + ((right - right.mean()) ** 2).sum())


def spread(values: NDArray[np.float64]) -> float:
    """Robust standard deviation of loads (n,): 1.4826 times the median absolute deviation."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def _spread(values: NDArray[np.float64]) -> str:
    """That loads differ, and what follows from it."""
    if len(values) < 6:
        return ""
    sd = spread(values)
    if sd < NOISY_SD:
        return ""
    return (
        f"loads differ by {number(100 * sd)} % (standard deviation): the memory layout of a load or the "
        "machine's noise hides small changes; set the limit further away, or use a quieter machine"
    )


def _cap(readings: Readings, values: NDArray[np.float64]) -> str:
    if readings.capped:
        shown = "" if readings.cap_s is None else f" of {quantity(readings.cap_s, 's')}"
        advice = "raise it, or set the limit further away"
        return f"the time cap{shown} was reached after {len(values)} loads: {advice}"
    if len(values) >= readings.most:
        advice = "set it a point further away, or raise edgebench_max_loads"
        return f"{len(values)} loads were not enough: the change is too close to the limit; {advice}"
    return ""
