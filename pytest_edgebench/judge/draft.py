"""A row before its verdict: what a budget asks for, and how it is called."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.record.run import Row, Verdict

if TYPE_CHECKING:
    from pytest_edgebench.declare.limit import Limit, Slot
    from pytest_edgebench.record.metric_info import MetricInfo


def kind_of(metric: str) -> MetricInfo | None:
    """What is known of a metric; None for a user's own score."""
    return METRICS.get(metric)


def title_of(limit: Limit) -> str:
    """A metric for people: "latency p95", "size of all files"."""
    kind = kind_of(limit.metric)
    return f"{kind.title if kind else limit.metric} {limit.statistic}".strip()


def written(slot: Slot) -> Row:
    """The row of a written budget before it is judged."""
    limit = slot.limit
    return Row(
        metric=limit.metric,
        statistic=limit.statistic,
        reference=limit.reference,
        limit=limit.text,
        bound=None if limit.reference else limit.amount,
        measured=None,
        verdict=Verdict.NOT_RUN,
        level=slot.level,
        place=slot.place,
        message=slot.message,
    )


def failed(row: Row, reason: str) -> Row:
    """The row as a FAIL for this reason."""
    return replace(row, verdict=Verdict.FAIL, reason=reason)
