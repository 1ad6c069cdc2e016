"""Statistics of a timing: their names, where in the sorted calls of a load they lie, and what they need.

A new one is one line here: budgets, numbers, reports and messages take it from this table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Statistic(NamedTuple):
    """What is known of one.

    Attributes:
        share: of the calls that take no longer, 0 to 1; None where it is no quantile.
        fewest_calls: of a load, before it is more than the load's maximum.
    """

    share: float | None
    fewest_calls: int = 1


STATISTICS: Mapping[str, Statistic] = {
    "p50": Statistic(0.5),
    "p95": Statistic(0.95, 20),
    "p99": Statistic(0.99, 100),
    "mean": Statistic(None),
    "min": Statistic(0.0),
    "max": Statistic(1.0),
}
"""A limit without one means the first."""
