"""What a row, a case and a run are called: one word each, with the sign that goes with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.record.run import Verdict
from pytest_edgebench.record.slices import WORST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_edgebench.record.run import CaseResult, Row


@dataclass(frozen=True, slots=True)
class Status:
    """A status: `name` is its CSS class and filter word, never shown without `glyph` and `label`."""

    name: str
    glyph: str
    label: str


ERROR = Status("error", "✕", "error")
OVER = Status("over", "✕", "over budget")
FAILED = Status("failed", "✕", "failed")
INCONCLUSIVE = Status("inconclusive", "?", "inconclusive")
REGRESSED = Status("regressed", "▲", "regressed")
WARNED = Status("warned", "▲", "warned")
IMPROVED = Status("improved", "▼", "improved")
PASSED = Status("pass", "✓", "pass")
UNSUPPORTED = Status("unsupported", "–", "unsupported")
NOT_RUN = Status("notrun", "–", "not run")

ORDER = (ERROR, OVER, FAILED, REGRESSED, WARNED, INCONCLUSIVE, NOT_RUN, UNSUPPORTED, IMPROVED, PASSED)
"""Most urgent first."""
RANK = {status.name: rank for rank, status in enumerate(ORDER)}
"""Name of a status → its place in `ORDER`."""
BLOCKING = (ERROR, OVER, FAILED)
ATTENTION = (ERROR, OVER, FAILED, REGRESSED, WARNED, INCONCLUSIVE)
SILENT = (NOT_RUN, UNSUPPORTED)

SMALLEST_GAIN = 0.05
"""A change that prints as 0.0 % (or points) is no improvement."""

_BY_VERDICT = {
    Verdict.ERROR: ERROR,
    Verdict.INCONCLUSIVE: INCONCLUSIVE,
    Verdict.NOT_RUN: NOT_RUN,
    Verdict.UNSUPPORTED: UNSUPPORTED,
}


def of_row(row: Row) -> Status:
    """The status of one judged slot.

    A budget that found no number is "failed", not "over budget": nobody knows whether it is over.
    """
    if row.verdict is Verdict.PASS:
        return IMPROVED if improved(row) else PASSED
    if row.verdict is not Verdict.FAIL:
        return _BY_VERDICT[row.verdict]
    if row.level == "warn":
        return REGRESSED if row.reference == "baseline" else WARNED
    return FAILED if row.measured is None else OVER


def of_case(case: CaseResult) -> Status:
    """The status of a case: its verdict, then the worst of its rows."""
    rows = [of_row(row) for check in case.checks for row in check.rows]
    if case.verdict is Verdict.FAIL:
        return OVER if OVER in rows else FAILED
    if case.verdict is not Verdict.PASS:
        return _BY_VERDICT[case.verdict]
    return next((status for status in (REGRESSED, WARNED, IMPROVED) if status in rows), PASSED)


def improved(row: Row) -> bool:
    """Whether a row is proven better than the baseline: all of its interval, or an exact number."""
    if row.reference != "baseline" or row.change is None:
        return False
    sign = 1.0 if row.higher_is_better else -1.0
    ends = [row.change.value, row.change.low, row.change.high]
    gains = [sign * end for end in ends if end is not None]
    if len(gains) == 1 and row.change.unit == "points":
        return False  # a score on a sample of the world, without its interval
    return gains[0] >= SMALLEST_GAIN and min(gains) > 0


def judged(row: Row) -> bool:
    """Whether there was something to compare a number with: a bound, or what it was compared with."""
    return row.measured is not None and (row.bound is not None or row.change is not None)


def metric_title(row: Row) -> str:
    """``latency p50``, ``size``, ``accuracy worst slice (night)``: how a row's metric is called."""
    which = f" ({row.slice})" if row.slice and row.statistic == WORST else ""
    return f"{row.metric} {row.statistic}{which}".rstrip()


def use_of_budget(row: Row) -> float | None:
    """How much of a budget is used: 1.27 is 27 % over; None where that has no meaning.

    For costs (latency, size): measured / bound. For a score, the share of the loss that is allowed:
    (best - measured) / (best - bound), with the reference's own score as best for relative limits and
    100 %, or 1 for AUC and F1, for absolute ones. Other scores have no best: bound / measured.
    """
    if row.measured is None or row.bound is None:
        return None
    measured, bound = row.measured.value, row.bound
    if not row.higher_is_better:
        return _plain_ratio(measured, bound)
    best = row.reference_value
    if best is None and row.measured.unit == "%":
        best = 100.0
    if best is None and row.metric in METRICS and row.measured.unit == "":
        best = 1.0
    if best is None:
        return _plain_ratio(bound, measured)
    return max(0.0, (best - measured) / (best - bound)) if best > bound else None


def _plain_ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 and part >= 0 else None


def count(statuses: Iterable[Status]) -> dict[Status, int]:
    """How many of each, most urgent first; those that do not occur are left out."""
    seen = Counter(status.name for status in statuses)
    return {status: seen[status.name] for status in ORDER if status.name in seen}
