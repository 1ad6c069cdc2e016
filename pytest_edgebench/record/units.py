"""Units of metrics that other packages measure: how their numbers are shown."""

from __future__ import annotations

from functools import lru_cache

from pytest_edgebench.record.metrics_table import METRICS

OWN = frozenset({"", "B", "s", "%", "points"})
"""Units that reports and messages know themselves."""


@lru_cache(maxsize=64)
def scales(unit: str) -> tuple[tuple[float, str], ...]:
    """(size, name) of the units that a metric's source declares for a stored unit, the largest first.

    The unit itself alone where no source of it is installed, as where a record of another machine is read.
    """
    if unit in OWN:
        return ((1.0, unit),)
    declared = next((info.units for info in METRICS.values() if info.unit == unit and info.units), {})
    sizes: dict[float, str] = {}
    for name, size in declared.items():
        sizes.setdefault(float(size), name)  # of two ways to write a unit, the first
    return tuple(sorted(({1.0: unit} | sizes).items(), reverse=True))
