"""Whether a broken limit is new: by the baseline's own number, else by the history of earlier runs."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_edgebench.record.run import CaseResult, Row

FIRST, AGAIN = "new in this run", "failing for"
"""How `Row.since` begins (`session.history.words`)."""


class Novelty(StrEnum):
    """Since when."""

    NEW = "new in this change"
    BEFORE = "failing before this change"
    UNKNOWN = ""


def novelty(case: CaseResult, row: Row) -> Novelty:
    """Of a broken limit, or of a warning.

    A limit against the baseline was kept by the baseline, so it is new. Of another one the baseline's own
    number says whether it kept it; without such a number the history does, where there is one.
    """
    if row.reference == "baseline":
        return Novelty.NEW
    old = of_baseline(case, row)
    if old is not None and row.bound is not None:
        broken = old < row.bound if row.higher_is_better else old > row.bound
        return Novelty.BEFORE if broken else Novelty.NEW
    if row.since.startswith(FIRST):
        return Novelty.NEW
    return Novelty.BEFORE if row.since.startswith(AGAIN) else Novelty.UNKNOWN


def of_baseline(case: CaseResult, row: Row) -> float | None:
    """The baseline's number of a row's metric; None where it is not known."""
    if row.reference == "baseline":
        return row.reference_value
    rows = (other for check in case.checks for other in check.rows if other.reference == "baseline")
    return next(
        (
            other.reference_value
            for other in rows
            if (other.metric, other.statistic) == (row.metric, row.statistic)
            and other.reference_value is not None
        ),
        None,
    )


def since_baseline(case: CaseResult, row: Row) -> str:
    """The change of a row's metric against the baseline: ``+11.0 %``, ``-9.70 points``; "" where unknown."""
    rows = (other for check in case.checks for other in check.rows if other.reference == "baseline")
    for other in (row, *rows):
        same = (other.metric, other.statistic) == (row.metric, row.statistic)
        if other.reference == "baseline" and same and other.change is not None:
            return numbers.change(other.change.value, other.change.unit)
    return ""


def together(found: Iterable[Novelty]) -> Novelty:
    """Of several hits: new if one is."""
    seen = set(found)
    return next((one for one in Novelty if one in seen), Novelty.UNKNOWN)
