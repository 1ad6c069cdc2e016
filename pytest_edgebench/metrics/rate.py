"""Calls a second, one after the other: frames of a stream, tokens of a language model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.record.metric_info import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.run import Metric

GIVES = {
    "calls_per_s": MetricInfo(
        "/s", "noisy", "calls a second", higher_is_better=True, rank=17, on_request=True,
        units={"/s": "1"}, example="1000 /s",
    )
}  # fmt: skip
NEEDS = "latency"
RANK = 85


def measure(view: View) -> Mapping[str, Metric]:
    """1 / (latency p50), with its interval; of calls, whatever the batch."""
    latency = view.timed.metrics["latency.p50"]
    low, high = (None if bound is None else 1 / bound for bound in (latency.high, latency.low))
    return {"calls_per_s": replace(latency, value=1 / latency.value, unit="/s", low=low, high=high)}


def why(view: View) -> Mapping[str, str]:
    """A runtime that cannot be timed is an error of the test."""
    return {}
