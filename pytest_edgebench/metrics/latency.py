"""Absolute latency by fresh loads, where the profile's target gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.record.metric_info import MetricInfo
from pytest_edgebench.record.statistics import STATISTICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.run import Metric

GIVES = {
    "latency": MetricInfo(
        "s", "noisy", "latency", False, tuple(STATISTICS), rank=16, on_request=True, expected=True
    )
}  # fmt: skip
NEEDS = "latency"
RANK = 80


def measure(view: View) -> Mapping[str, Metric]:
    """``latency.p50`` and the other statistics, seconds."""
    return {name: metric for name, metric in view.timed.metrics.items() if name.startswith("latency.")}


def why(view: View) -> Mapping[str, str]:
    """A runtime that cannot be timed is an error of the test."""
    return {}
