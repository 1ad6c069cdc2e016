"""A score over several draws of calibration data, where a recipe asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.declare.limit import OF_DRAWS
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.errors import precision

if TYPE_CHECKING:
    from pytest_edgebench.examine import Examination
    from pytest_edgebench.record.run import Metric


def metrics(examination: Examination) -> dict[str, Metric]:
    """Worst, median and spread of the score of a case; nothing where it is calibrated once.

    Raises:
        EdgebenchError: one of the draws cannot be built or run.
    """
    from pytest_edgebench.compressors.draws import redrawn, summary

    fmt, score = examination.fmt, as_score(examination.model.score)
    built = [examination.bench.builder.build(source, fmt) for source in redrawn(examination.source)]
    found = [examination.score_of(artifact, fmt).metric for artifact in built]
    return summary(score.name, found, lower_is_better=score.lower_is_better)


def missing(examination: Examination) -> dict[str, str]:
    """Statistics over draws → why there are none; nothing where there are."""
    if not examination.unfit and examination.drawn:
        return {}
    name = as_score(examination.model.score).name
    return {f"{name}.{word}": precision.no_draws(word) for word in OF_DRAWS}
