"""The whole matrix: one error rate for all cells, adjusted p-values, one sentence for a shared regression."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import CaseResult, Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

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


@dataclass(frozen=True, slots=True)
class Shared:
    """One regression that all profiles of a model have.

    Attributes:
        sentence: for people. cases: keys of the cases it stands for.
        metric, statistic, reference: of the rows it stands for.
    """

    sentence: str
    cases: tuple[str, ...]
    metric: str
    statistic: str
    reference: str


def fold(cases: Sequence[CaseResult]) -> tuple[Shared, ...]:
    """Regressions that a model shows, in some recipe, on every profile where they are judged (two or more).

    Recipes of the same model with the same regression on the same profiles come in one sentence.
    """
    judged: dict[tuple[str, str, str, str, str], dict[str, tuple[CaseResult, bool]]] = defaultdict(dict)
    for case in cases:
        for row in _rows(case):
            if row.level != "off" and row.verdict is not Verdict.NOT_RUN:
                slot = judged[case.model, case.variant_name, row.metric, row.statistic, row.reference]
                before = case.key in slot and slot[case.key][1]
                slot[case.key] = (case, before or row.verdict is Verdict.FAIL)
    merged: dict[tuple[str, str, str, str, tuple[str, ...]], list[CaseResult]] = defaultdict(list)
    for (model, _, metric, statistic, reference), found in judged.items():
        profiles = tuple(sorted({case.profile for case, _ in found.values()}))
        if len(profiles) > 1 and all(failed for _, failed in found.values()):
            merged[model, metric, statistic, reference, profiles].extend(case for case, _ in found.values())
    return tuple(
        _shared(model, metric, statistic, reference, profiles, found)
        for (model, metric, statistic, reference, profiles), found in merged.items()
    )


def _shared(
    model: str,
    metric: str,
    statistic: str,
    reference: str,
    profiles: tuple[str, ...],
    found: list[CaseResult],
) -> Shared:
    names = list(dict.fromkeys(case.variant_name for case in found))
    name = f"{metric} {statistic}".strip()
    against = {
        "": "over its limit",
        "model": "worse than the float model",
        "baseline": "worse than the baseline",
    }
    sentence = (
        f"{model} ({', '.join(names)}): {name} is {against[reference]} "
        f"on all {len(profiles)} profiles: {', '.join(profiles)}"
    )
    return Shared(sentence, tuple(case.key for case in found), metric, statistic, reference)


def _rows(case: CaseResult) -> list[Row]:
    return [row for check in case.checks for row in check.rows]


def _comparison(case: CaseResult, row: Row) -> tuple[object, ...]:
    return (case.key, row.metric, row.statistic, row.reference, row.bound)
