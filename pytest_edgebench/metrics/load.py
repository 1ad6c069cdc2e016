"""Load time and first inference, where the profile's target gives latency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.metrics import errors
from pytest_edgebench.record.metric_info import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.run import Metric

GIVES = {
    "load": MetricInfo("s", "noisy", "load time", rank=17, on_request=True, expected=True),
    "first_inference": MetricInfo(
        "s", "noisy", "first inference after a load", rank=18, on_request=True, expected=True
    ),
}
NEEDS = "latency"
RANK = 90


def measure(view: View) -> Mapping[str, Metric]:
    """Seconds, of the loads of a latency that was measured anyway, else of loads with few calls."""
    timed = view.timed_already
    if timed is None:
        timed = view.observer.load_times(view.artifact, view.spec, view.model, view.profile.batch)
    return {name: timed.metrics[name] for name in GIVES if name in timed.metrics}


def why(view: View) -> Mapping[str, str]:
    """A user's own program need not report them."""
    found = measure(view)
    return {name: errors.not_reported(view.profile.name, name) for name in GIVES if name not in found}
