"""What a number is compared with, and which way is better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.reports import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import CaseResult, Metric


def against_parent(case: CaseResult, key: str, metric: Metric) -> tuple[str, str]:
    """The uncompressed model's number on the same profile and the change from it; "" without one.

    A change of two timings that were not taken as a pair is marked "≈": it decides nothing.
    """
    other = case.parent.metrics.get(key) if case.parent is not None else None
    if other is None or other.unit != metric.unit:
        return "", ""
    if metric.floor or other.floor:  # a ratio of such numbers says nothing
        return numbers.of_metric(other), ""
    _, parent = numbers.apart(metric.value, other.value, metric.unit)
    if is_score(key):
        unit = "points" if metric.unit == "%" else ""
        gap = metric.value - other.value
        return parent, numbers.change(gap, unit) if unit else f"{gap:+.3f}"
    if not other.value:
        return parent, ""
    change = numbers.change(100 * (metric.value / other.value - 1), "%")
    return parent, f"≈ {change}" if metric.low is not None else change


def is_score(key: str) -> bool:
    """Whether a metric's name is that of a score; names that are not ours are users' own scores."""
    base = key.partition(".")[0]
    return METRICS[base].cls == "score" if base in METRICS else True


def is_higher_better(key: str, cases: Sequence[CaseResult]) -> bool:
    """Direction of a metric; of a user's own score as its rows have it."""
    base = key.partition(".")[0]
    told = METRICS[base].higher_is_better if base in METRICS else None
    rows = (row for case in cases for check in case.checks for row in check.rows if row.metric == base)
    return told if told is not None else next((row.higher_is_better for row in rows), True)


def order(key: str) -> tuple[int, int]:
    """Where a metric's column stands: size, score, latency, then the others by their rank."""
    base = key.partition(".")[0]
    first = 0 if key == "size" else 1 if is_score(key) else 2 if base == "latency" else 3
    return first, METRICS[base].rank if base in METRICS else 0


def title(key: str) -> str:
    """``latency p50`` for "latency.p50"."""
    return key.replace(".", " ").replace("_", " ")
