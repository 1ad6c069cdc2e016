"""A score over several draws of calibration data, where a recipe asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.declare.limit import OF_DRAWS
from pytest_edgebench.metrics import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.metric_info import MetricInfo
    from pytest_edgebench.record.run import Metric

GIVES: Mapping[str, MetricInfo] = {}
"""No metric of its own: more figures of the model's score."""
NEEDS = "run"
RANK = 70


def measure(view: View) -> Mapping[str, Metric]:
    """``accuracy.worst``, ``.median`` and ``.spread``; nothing where the recipe is calibrated once.

    Raises:
        EdgebenchError: one of the draws cannot be built or run.
    """
    from pytest_edgebench.compressors.draws import redrawn, summary
    from pytest_edgebench.declare.score import as_score

    score = as_score(view.model.score)
    found = [view.sibling(source).answered.scored.metric for source in redrawn(view.source)]
    return summary(score.name, found, lower_is_better=score.lower_is_better)


def why(view: View) -> Mapping[str, str]:
    """That the recipe has one calibration, where it has."""
    from pytest_edgebench.compressors.draws import redrawn
    from pytest_edgebench.declare.score import as_score

    if redrawn(view.source):
        return {}
    name = as_score(view.model.score).name
    return {f"{name}.{word}": errors.no_draws(word) for word in OF_DRAWS}
