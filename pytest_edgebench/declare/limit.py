"""What a budget demands, once it is understood: metrics, limits, slots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pytest_edgebench.declare.model import Case
    from pytest_edgebench.record.schema import Evidence, Level

Reference = Literal["", "model", "baseline"]
OF_DRAWS = ("worst", "median")
"""What a limit on a score may name where a recipe is calibrated on several draws."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One demand, e.g. ``p95 10 ms`` or ``model - 1 points``.

    Attributes:
        metric: as in `record.metrics_table.METRICS`, or the name of a score.
        statistic: of a metric that has several, "p50" where none was written; of a score "worst slice" or
            "slice NAME" where it is about slices (`pytest_edgebench.declare.slices`); else "".
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
        evidence: the weakest kind of evidence that is accepted; None for any.
        usual: the level is not the user's word: where the number turns out to be predicted, over the limit is
            a warning.
    """

    limit: Limit
    level: Level
    place: str
    message: str = ""
    evidence: Evidence | None = None
    usual: bool = False


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
