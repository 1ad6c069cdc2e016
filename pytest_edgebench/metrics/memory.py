"""Peak memory of clean processes, where the profile's target gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.record.metric_info import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.run import Metric

GIVES = {
    "memory": MetricInfo(
        "B", "noisy", "peak memory of a clean process", rank=19, on_request=True, expected=True
    )
}
NEEDS = "memory"
RANK = 100


def measure(view: View) -> Mapping[str, Metric]:
    """Bytes: the median of three processes."""
    return {"memory": view.observer.memory(view.artifact, view.spec, view.model, view.profile.batch)}


def why(view: View) -> Mapping[str, str]:
    """A runtime that cannot be measured is an error of the test."""
    return {}
