"""A metric of torchmetrics as a score."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Mapping

PIECE = 1024  # samples that it is given at once
_METRIC = "torchmetrics.metric.Metric"


def is_torch_metric(value: object) -> bool:
    """Whether it is an instance of ``torchmetrics.Metric``, without an import of torch."""
    return any(f"{kind.__module__}.{kind.__qualname__}" == _METRIC for kind in type(value).__mro__)


@dataclass(frozen=True)
class TorchMetric:
    """The value of a metric on outputs and labels.

    Attributes:
        kind: the metric's class. settings: what it was made with, as far as it keeps it in plain attributes.
        metric: never updated itself; known in keys by the two above.
    """

    kind: type
    settings: Mapping[str, Any]
    metric: Any = field(compare=False)

    def __call__(self, outputs: Any, labels: Any) -> float:
        """Value on outputs (N, ...), or a tuple of these, and labels (N, ...), some samples at a time."""
        import torch

        fresh = copy.deepcopy(self.metric)
        fresh.reset()
        parts = outputs if isinstance(outputs, tuple) else (outputs,)
        for start in range(0, len(labels), PIECE):
            rows = slice(start, start + PIECE)
            fresh.update(*(torch.as_tensor(part[rows]) for part in parts), torch.as_tensor(labels[rows]))
        return float(fresh.compute())


def fields_of(metric: Any) -> dict[str, Any]:
    """Of a `Score` with the metric's own direction, named as its class in snake case.

    Raises:
        DeclarationError: the metric does not say whether higher is better.
    """
    kind = type(metric).__name__
    if metric.higher_is_better is None:
        raise DeclarationError(
            f"torchmetrics' {kind} does not say whether higher is better",
            fix="write score=eb.Score(function, lower_is_better=...) with def function(outputs, labels): ...",
        )
    settings = {name: value for name, value in vars(metric).items() if not name.startswith("_")}
    plain = {name: value for name, value in settings.items() if _is_plain(value)}
    # Its scale: the bounds that its plots have.
    fraction = (metric.plot_lower_bound, metric.plot_upper_bound) == (0.0, 1.0)
    return {
        "fn": TorchMetric(type(metric), plain, metric),
        "lower_is_better": not metric.higher_is_better,
        "name": re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower(),
        "unit": "fraction" if fraction else "",
    }


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
