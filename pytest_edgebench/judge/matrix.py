"""The whole matrix: one error rate for all cells, adjusted p-values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import CaseResult, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import CaseResult, Row

ALPHA = 0.01


def alpha_per_cell(planned: int, alpha: float = ALPHA) -> float:
    """The level of one FAIL, so that all `planned` noisy cells together are wrong at most at `alpha`.

    Raises:
        ValueError: fewer than one cell.
    """
    if planned < 1:
        raise ValueError(f"{planned} cells are planned; alpha can be shared among one or more")
    return alpha / planned


def holm(ps: Sequence[float], planned: int | None = None) -> tuple[float, ...]:
    """Holm's adjusted p-values (Scandinavian Journal of Statistics 1979), in the order given.

    `planned` counts comparisons that were planned and have no p-value (not run): they count as 1.
    """
    total = max(len(ps), planned or 0)
    adjusted = [1.0] * len(ps)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        largest = max(largest, min(1.0, (total - rank) * ps[index]))
        adjusted[index] = largest
    return tuple(adjusted)


def with_adjusted(cases: Sequence[CaseResult], planned: int | None = None) -> tuple[CaseResult, ...]:
    """The cases with `Row.p_adjusted` filled in, over all rows that have a p-value.

    The same comparison judged in two tests counts once.
    """
    found: dict[tuple[object, ...], float] = {}
    for case in cases:
        for row in _rows(case):
            if row.p is not None:
                found[_comparison(case, row)] = row.p
    adjusted = dict(zip(found, holm(list(found.values()), planned), strict=True))

    def filled(case: CaseResult, row: Row) -> Row:
        return row if row.p is None else replace(row, p_adjusted=adjusted[_comparison(case, row)])

    return tuple(
        replace(
            case,
            checks=tuple(
                replace(check, rows=tuple(filled(case, row) for row in check.rows)) for check in case.checks
            ),
        )
        for case in cases
    )


def _rows(case: CaseResult) -> list[Row]:
    return [row for check in case.checks for row in check.rows]


def _comparison(case: CaseResult, row: Row) -> tuple[object, ...]:
    return (case.key, row.metric, row.statistic, row.reference, row.bound)
