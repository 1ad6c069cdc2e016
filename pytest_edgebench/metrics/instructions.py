"""Instructions of an inference, where a profile's target counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.metrics import errors
from pytest_edgebench.record.metric_info import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.run import Metric

GIVES = {
    "instructions": MetricInfo(
        "", "exact", "instructions of an inference", example="6 M", rank=6, near_exact=True
    )
}
NEEDS = "instructions"
RANK = 60


def measure(view: View) -> Mapping[str, Metric]:
    """The median count of some inferences; nothing where the target cannot count this file."""
    found = _counted(view)
    return {} if isinstance(found, str) else {"instructions": found}


def why(view: View) -> Mapping[str, str]:
    """What the target said."""
    found = _counted(view)
    return {"instructions": found} if isinstance(found, str) else {}


def _counted(view: View) -> Metric | str:
    """What answers garbage runs other code than the one that is asked about, so outputs come first."""
    _ = view.answered
    try:
        return view.observer.counted(view.artifact, view.spec, view.model, view.profile.batch)
    except MeasureError as error:
        return errors.not_counted(error.what, error.fix)
