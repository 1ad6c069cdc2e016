"""A limit and the number under it as the user wrote the limit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers, status

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Row

_WRITTEN = re.compile(r"([\d.,_]+(?:e[+-]?\d+)?)\s*([^\W\d_]+|%)?$")


def words(row: Row) -> str:
    """``size ≤ baseline + 1 %``; of a default check ``latency p50 ≤ original + 3 % (default)``."""
    sign = "≥" if row.higher_is_better else "≤"
    default = "" if row.place else " (default)"
    return f"{status.metric_title(row)} {sign} {row.limit.removeprefix(f'{row.statistic} ')}{default}"


def numbers_of(row: Row) -> tuple[str, str]:
    """The measured number and the limit, in one unit and with the digits it takes to tell them apart.

    An absolute limit keeps the user's own unit: 2 ms is not 2,000 µs.
    """
    if row.measured is None:
        return "not available", row.limit
    if row.bound is None:
        return numbers.number(row.measured.value, row.measured.unit), row.limit
    unit = None if row.reference else _own_unit(row)
    measured, bound = numbers.apart(row.measured.value, row.bound, row.measured.unit, unit)
    if unit is not None:
        bound = row.limit.removeprefix(f"{row.statistic} ")
    return (numbers.at_least(measured) if row.measured.floor else measured), bound


def measured_text(row: Row) -> str:
    """The number alone."""
    return numbers_of(row)[0]


def bound_text(row: Row) -> str:
    """``90 %``; ``94.3 % (model - 2 points)``."""
    bound = numbers_of(row)[1]
    own = row.reference and row.bound is not None
    return f"{bound} ({row.limit.removeprefix(f'{row.statistic} ')})" if own else bound


def _own_unit(row: Row) -> numbers.Unit | None:
    """The unit of an absolute limit as written, where the measured number reads well in it."""
    assert row.measured is not None
    found = _WRITTEN.search(row.limit)
    if found is None or not row.bound:
        return None
    try:
        factor = row.bound / float(found[1].replace(",", "").replace("_", ""))
    except (ValueError, ZeroDivisionError):
        return None
    unit = numbers.Unit(factor, found[2] or row.measured.unit)
    shown = abs(row.measured.value) / factor if factor else 0.0
    return unit if factor > 0 and 0.01 <= shown < 100_000 else None
