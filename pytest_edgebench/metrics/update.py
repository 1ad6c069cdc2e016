"""The bytes that a device downloads to go from the accepted file to the case's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.metrics import errors
from pytest_edgebench.record.metric_info import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.run import Metric

GIVES = {
    "update": MetricInfo(
        "B",
        "exact",
        "update from the baseline",
        rank=3,
        in_file=True,
        on_request=True,
        against_baseline=True,
        example="200 kB",
    )
}
NEEDS = "file"
RANK = 35


def measure(view: View) -> Mapping[str, Metric]:
    """Bytes of a binary patch from the accepted file, which was applied and gives the new one.

    Raises:
        MeasureError: the patch does not give the new file.
    """
    from pytest_edgebench.artifacts import update
    from pytest_edgebench.record.run import Metric

    if why(view):
        return {}
    old, new = view.accepted[0], view.artifact
    assert old is not None
    files = tuple(old.record.files), tuple(new.record.files)
    found = update.cached(view.cache, old.path, files[0], new.path, files[1])
    note = f"patch of {update.title()}, applied"
    return {"update": Metric(float(found), "B", "static", len(files[1]), note=note)}


def why(view: View) -> Mapping[str, str]:
    """That nothing is accepted, the library is missing, or the files are too large for it."""
    from pytest_edgebench.artifacts import update

    old, reason = view.accepted
    if old is None:
        return {"update": reason}
    if not update.installed():
        return {"update": errors.needs_patches()}
    sizes = [update.size(each.path, tuple(each.record.files)) for each in (old, view.artifact)]
    return {"update": errors.too_large(max(sizes))} if max(sizes) > update.MOST_BYTES else {}
