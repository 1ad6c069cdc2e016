"""When several runs began, and how long they took together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import Run


def span(runs: Sequence[Run]) -> tuple[str, float]:
    """From the first start to the last end: jobs run at the same time."""
    try:
        starts = [datetime.fromisoformat(run.started) for run in runs]
        ends = [at + timedelta(seconds=run.duration_s) for at, run in zip(starts, runs, strict=True)]
        first = min(starts)
        return runs[starts.index(first)].started, (max(ends) - first).total_seconds()
    except (ValueError, TypeError, OverflowError):  # no date, or one with and one without a time zone
        return runs[0].started, max(run.duration_s for run in runs)
