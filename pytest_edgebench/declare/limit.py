"""What a budget demands, once it is understood: metrics, limits, slots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.declare.model import Case
    from pytest_edgebench.record.run import Level, Rung

Class = Literal["exact", "score", "noisy"]
Reference = Literal["", "model", "baseline"]
STATISTICS = ("p50", "p95", "p99", "mean", "min", "max")
OF_DRAWS = ("worst", "median")
"""What a limit on a score may name where a recipe is calibrated on several draws."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a metric.

    Attributes:
        unit: of stored values: "B", "s", "%" or "" for counts and plain numbers.
        cls: "exact": counted (on the target too, or where its predictions are not the host's); "score": on a
            labelled set; "noisy": timed or sampled.
        higher_is_better: direction; None where only the score itself knows.
        statistics: those a limit may name; empty where there is one number.
        title: for people.
    """

    unit: str
    cls: Class
    title: str
    higher_is_better: bool | None = False
    statistics: tuple[str, ...] = ()


METRICS: Mapping[str, Kind] = {
    "size": Kind("B", "exact", "size of all files"),
    "gzip": Kind("B", "exact", "size of all files, gzip"),
    "parameters": Kind("", "exact", "parameters"),
    "macs": Kind("", "exact", "multiply-accumulates"),
    "ops": Kind("", "exact", "operations in the graph"),
    "float_ops": Kind("", "exact", "convolutions and products in float"),
    "instructions": Kind("", "exact", "instructions of an inference"),
    "arena": Kind("B", "exact", "tensor arena"),
    "ram": Kind("B", "exact", "memory on the target"),
    "flash": Kind("B", "exact", "flash on the target"),
    "accuracy": Kind("%", "score", "top-1 accuracy", True),
    "agreement": Kind("%", "exact", "agreement with the host", True),
    "flips": Kind("", "exact", "critical samples that flip"),
    "auc": Kind("", "score", "area under the ROC curve", True),
    "f1": Kind("", "score", "macro F1", True),
    "mae": Kind("", "score", "mean absolute error", False),
    "latency": Kind("s", "noisy", "latency", False, STATISTICS),
    "load": Kind("s", "noisy", "load time"),
    "first_inference": Kind("s", "noisy", "first inference after a load"),
    "memory": Kind("B", "noisy", "peak memory of a clean process"),
}
"""Metrics by the name they have in budgets; any other name is that of a user's own score."""

COUNTED = frozenset({"size", "gzip", "parameters", "macs", "ops", "float_ops"})
"""Counted in the file: no other evidence could say more, so `evidence=` does not bear on them."""
AGAINST_HOST = frozenset({"agreement", "flips"})
"""Of the target's predictions against the host's of the same file; another model does not come into it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One demand, e.g. ``p95 10 ms`` or ``model - 1 points``.

    Attributes:
        metric: as in `METRICS`, or the name of a score.
        statistic: of a metric that has several, "p50" where none was written; else "".
        reference: "" for an absolute limit; else what it is relative to.
        amount: absolute: in the metric's own unit (B, s, %, plain); relative: with its sign, in `unit`.
        unit: absolute: the metric's own; relative: "%" of the reference, "points", or the metric's own.
        text: as written.
    """

    metric: str
    statistic: str
    reference: Reference
    amount: float
    unit: str
    text: str

    @property
    def slot(self) -> tuple[str, str, Reference]:
        """What only one budget may set for a case."""
        return (self.metric, self.statistic, self.reference)

    @property
    def key(self) -> str:
        """Name of the number in `Observation.metrics`, e.g. "latency.p50" or "size"."""
        return f"{self.metric}.{self.statistic}" if self.statistic else self.metric


@dataclass(frozen=True, slots=True)
class Slot:
    """A limit that holds for one case in one test, after precedence.

    Attributes:
        level: resolved: "error" or "warn".
        place: ``file:line`` of the budget.
        message: the user's own words.
        evidence: the weakest rung that is accepted; None for any.
    """

    limit: Limit
    level: Level
    place: str
    message: str = ""
    evidence: Rung | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One case in one test: the value `edge` is parametrised with.

    Attributes:
        model: name of the fixture of the model at the root.
        recipe: name of the fixture of the recipe; "" for the model itself.
        required: a case that cannot be built is a failure.
        slots: what is demanded of it.
        place: ``file:line`` of the recipe (of the model for "original").
        off: slots whose checks were switched off by ``level="off"``.
    """

    case: Case
    model: str
    recipe: str
    required: bool
    slots: tuple[Slot, ...]
    place: str
    off: frozenset[tuple[str, str, str]] = frozenset()
