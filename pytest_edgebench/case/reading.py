"""`Reading`: a number of a case as a test sees it: it compares by its unit and shows itself in one line."""

from __future__ import annotations

import dataclasses
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.case import errors
from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.judge.formatting import number, quantity
from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from collections.abc import Callable

Other = Metric | str | int | float
SIGNS: dict[Callable[[float, float], bool], str] = {
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.eq: "==",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reading(Metric):
    """A metric of a case: ``edge.size < "64 kB"``, ``edge.accuracy >= "90 %"``, ``edge.macs < 500_000``.

    A plain number is accepted for counts and plain scores only; where there is a unit, write it. Two readings
    of one unit compare, too.

    Attributes:
        name: of the metric, e.g. "latency.p50".
    """

    name: str = ""

    def __lt__(self, other: Other) -> bool:
        return self._compared(operator.lt, other)

    def __le__(self, other: Other) -> bool:
        return self._compared(operator.le, other)

    def __gt__(self, other: Other) -> bool:
        return self._compared(operator.gt, other)

    def __ge__(self, other: Other) -> bool:
        return self._compared(operator.ge, other)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Metric):
            return _facts(self) == _facts(other)
        return isinstance(other, str | int | float) and self._compared(operator.eq, other)

    def __hash__(self) -> int:
        return hash(_facts(self))

    def __str__(self) -> str:
        at_least = "at least " if self.floor else ""
        return f"{at_least}{quantity(self.value, self.unit)}"

    def __repr__(self) -> str:
        parts = [str(self)]
        if self.low is not None and self.high is not None:
            parts.append(f"[{quantity(self.low, self.unit)}, {quantity(self.high, self.unit)}]")
        rests_on = f", n={number(self.n)}" if self.n > 1 else ""
        return f"<{self.name} {' '.join(parts)}, {self.evidence}{rests_on}>"

    def _compared(self, compare: Callable[[float, float], bool], other: Other) -> bool:
        """The comparison of two numbers of one unit.

        Raises:
            DeclarationError: the unit is missing or another one, or only a floor is known.
        """
        value = self._number(other)
        proven = compare in (operator.gt, operator.ge) and compare(self.value, value)
        refuted = compare in (operator.lt, operator.le) and not compare(self.value, value)
        if self.floor and not (proven or refuted):
            raise errors.only_a_floor(self.name, str(self), SIGNS[compare], other)
        return compare(self.value, value)

    def _number(self, other: Other) -> float:
        """What is compared with, in the unit of this metric."""
        if isinstance(other, Metric):
            if other.unit != self.unit:
                raise errors.other_unit(self.name, self.unit, other.unit)
            return other.value
        if isinstance(other, str):
            try:
                limit = parse(self.name.partition(".")[0], other)
            except DeclarationError as error:
                raise errors.not_compared(self.name, other, str(self), error.what) from None
            if limit.reference or limit.text.strip()[:1].isalpha() or not self._means(limit.unit):
                raise errors.not_compared(self.name, other, str(self), "it is no number with a unit")
            return limit.amount
        if self.unit:
            raise errors.no_unit(self.name, other, str(self))
        return float(other)

    def _means(self, unit: str) -> bool:
        """Whether a text's unit is that of the number; of a score of the user's own any text is read."""
        return unit == self.unit or self.name.partition(".")[0] in METRICS


def _facts(metric: Metric) -> tuple[object, ...]:
    return tuple(getattr(metric, field.name) for field in dataclasses.fields(Metric))


def reading(name: str, metric: Metric) -> Reading:
    """A metric with its name."""
    return Reading(
        metric.value, metric.unit, metric.evidence, metric.n,
        metric.low, metric.high, metric.note, metric.floor, name,
    )  # fmt: skip
