"""All cases at a glance: the matrix of recipes and profiles, and the table with a line for each case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import lines, numbers, status
from pytest_edgebench.reports.view_cases import against_parent, is_score, rows_of, sentence, tightest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.record.run import CaseResult, Metric, Observation, Run


@dataclass(frozen=True, slots=True)
class Cell:
    """One case in the matrix; `anchor` is "" where the page has nothing more on it."""

    called: status.Status | None
    figure: str
    metric: str
    why: str
    anchor: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Recipe × profile; `groups` are (model, rows)."""

    profiles: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, tuple[MatrixRow, ...]], ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    key: str
    called: status.Status
    anchored: bool
    cells: tuple[tuple[str, str], ...]
    use: float | None
    use_text: str
    why: str


@dataclass(frozen=True, slots=True)
class Table:
    """Every case; `heads` are the titles of the number columns, with their unit."""

    heads: tuple[str, ...]
    rows: tuple[TableRow, ...]


def matrix(run: Run, told: frozenset[str]) -> Matrix:
    """The table of recipes and profiles, both in the order of the run.

    Args:
        told: keys of the cases that have a card or a line on the page, which their cells link to.
    """
    names = list(dict.fromkeys(case.profile for case in run.cases))
    names += [name for name in run.profiles if name not in names]
    cells: dict[str, dict[str, dict[str, Cell]]] = {}
    for case in run.cases:
        cells.setdefault(case.model, {}).setdefault(case.variant_name, {})[case.profile] = _cell(
            case, case.key if case.key in told else ""
        )
    nothing = Cell(None, "", "", "not declared for this profile", "")
    groups = tuple(
        (
            model,
            tuple(
                MatrixRow(recipe, tuple(found.get(name, nothing) for name in names))
                for recipe, found in recipes.items()
            ),
        )
        for model, recipes in cells.items()
    )
    return Matrix(tuple((name, _profile_text(run.profiles.get(name, {}))) for name in names), groups)


def _profile_text(facts: Mapping[str, str]) -> str:
    return " · ".join(facts[key] for key in ("cpu", "runtime", "target") if facts.get(key))


def _cell(case: CaseResult, anchor: str) -> Cell:
    called = status.of_case(case)
    if called in status.SILENT or called is status.ERROR:
        why = sentence(case)
        return Cell(called, called.label, "", why, anchor)
    tight = tightest(case)
    worst = next(iter(rows_of(case)), None)
    if called in status.ATTENTION and worst is not None and status.use_of_budget(worst) is not None:
        tight = worst
    for row in rows_of(case):
        if called in (status.REGRESSED, status.IMPROVED) and status.of_row(row) is called and row.change:
            change = numbers.change(row.change.value, row.change.unit)
            return Cell(called, change, status.metric_title(row), "", anchor)
    use = status.use_of_budget(tight) if tight is not None else None
    if tight is not None and use is not None:
        return Cell(called, numbers.share(use), status.metric_title(tight), "", anchor)
    if case.observation is not None and (size := case.observation.metrics.get("size")) is not None:
        _, change = against_parent(case, "size", size)
        return Cell(called, change or numbers.number(size.value, size.unit), "size", "", anchor)
    return Cell(called, called.label, "", sentence(case), anchor)


def table(cases: Sequence[CaseResult], drawn: frozenset[str]) -> Table:
    """Cases in their order, with size, score and latency in one unit a column."""
    picked = [_picked(case.observation) for case in cases]
    sizes = numbers.unit_for([size.value for _, size, _ in picked if size is not None], "B")
    times = numbers.unit_for([time.value for _, _, time in picked if time is not None], "s")
    heads = (f"size, {sizes.sign}", "score", f"latency p50, {times.sign}")
    rows = []
    for case, (score, size, time) in zip(cases, picked, strict=True):
        tight = tightest(case)
        use = status.use_of_budget(tight) if tight is not None else None
        called = status.of_case(case)
        rows.append(
            TableRow(
                key=case.key,
                called=called,
                anchored=case.key in drawn,
                cells=(_number_cell(size, sizes), _score_cell(score), _number_cell(time, times)),
                use=use,
                use_text=""
                if use is None or tight is None
                else f"{numbers.share(use)} {status.metric_title(tight)}",
                why=sentence(case) if called is not status.PASSED else "",
            )
        )
    return Table(heads, tuple(rows))


_Score = tuple[str, "Metric"] | None


def _picked(seen: Observation | None) -> tuple[_Score, Metric | None, Metric | None]:
    """The score (with its name), the size and the median latency of a case."""
    metrics = seen.metrics if seen is not None else {}
    score = next(((key, metrics[key]) for key in metrics if is_score(key)), None)
    return score, metrics.get("size"), metrics.get("latency.p50")


def _number_cell(metric: Metric | None, unit: numbers.Unit) -> tuple[str, str]:
    if metric is None:
        return "", ""
    interval = ""
    if metric.low is not None and metric.high is not None:
        interval = f"[{unit.bare(metric.low)}, {unit.bare(metric.high)}] "
    return unit.bare(metric.value), interval + lines.evidence(metric)


def _score_cell(found: _Score) -> tuple[str, str]:
    if found is None:
        return "", ""
    key, metric = found
    beside = f"{lines.interval_text(metric)} {key} {lines.evidence(metric)}".strip()
    return numbers.number(metric.value, metric.unit), beside
