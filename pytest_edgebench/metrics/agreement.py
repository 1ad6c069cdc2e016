"""How far predictions on a target agree with the host's, with the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.metrics import errors
from pytest_edgebench.record.metric_info import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.run import Metric

GIVES = {
    "agreement": MetricInfo(
        "%", "exact", "agreement with the host", True, example="99 %", rank=11, against_host=True
    ),
    "flips": MetricInfo(
        "", "exact", "critical samples that flip", example="0", rank=12, against_host=True
    ),
}  # fmt: skip
NEEDS = "run"
RANK = 50


def measure(view: View) -> Mapping[str, Metric]:
    """``agreement`` in %, and ``flips`` where samples are marked as critical."""
    from pytest_edgebench.record.run import Metric

    twin, evidence = view.answered.twin, view.answered.scored.metric.evidence
    found: dict[str, Metric] = {}
    if twin is not None and twin.agree is not None:
        note = "; ".join(filter(None, (f"with {twin.reference} on this machine", twin.kernels)))
        found["agreement"] = Metric(100 * twin.agree / twin.n, "%", evidence, twin.n, note=note)
        if twin.critical is not None:
            found["flips"] = Metric(float(twin.critical), "", evidence, twin.marked, note=note)
    return found


def why(view: View) -> Mapping[str, str]:
    """That the host's own runtime answered, that outputs are no class scores, or that none is critical."""
    twin = view.answered.twin
    if twin is None:
        return dict.fromkeys(GIVES, errors.no_twin(view.profile.name))
    if twin.agree is None:
        return dict.fromkeys(GIVES, errors.no_classes())
    return {} if twin.critical is not None else {"flips": errors.none_critical()}
