"""The score of the model on its labelled data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.record.metric_info import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.run import Metric

# A score of the user's own may have had one of the later names, and a unit of its own, before these came.
_ANY = {"": "1", "%": "1", "dB": "1"}
GIVES = {
    "accuracy": MetricInfo("%", "score", "top-1 accuracy", True, rank=10),
    "auc": MetricInfo("", "score", "area under the ROC curve", True, rank=13, fraction=True),
    "f1": MetricInfo("", "score", "macro F1", True, rank=14, fraction=True),
    "mae": MetricInfo("", "score", "mean absolute error", False, rank=15),
    "mean_average_precision": MetricInfo(
        "", "score", "mean average precision", True, rank=16, fraction=True, units=_ANY
    ),
    "mean_iou": MetricInfo(
        "", "score", "mean intersection over union", True, rank=17, fraction=True, units=_ANY
    ),
    "word_error_rate": MetricInfo("", "score", "word error rate", False, rank=18, fraction=True, units=_ANY),
    "bleu": MetricInfo("", "score", "BLEU", True, rank=19, units=_ANY),
    "perplexity": MetricInfo("", "score", "perplexity", False, rank=20, units=_ANY),
    "signal_to_noise": MetricInfo("dB", "score", "signal-to-noise ratio", True, rank=21, units=_ANY),
}
"""The names of our own scores; a model has one, which may have a name of the user's own."""
NEEDS = "run"
RANK = 40


def measure(view: View) -> Mapping[str, Metric]:
    """The one score of the model, by its own name."""
    scored = view.answered.scored
    return {scored.name: scored.metric}


def why(view: View) -> Mapping[str, str]:
    """A budget on another score than the model's own is explained by the judge."""
    return {}
