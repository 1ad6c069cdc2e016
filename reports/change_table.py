"""Recipe × metric: what each number is now and what it was, with the status of that very number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers, status
from pytest_edgebench.reports.changes import why_silent
from pytest_edgebench.reports.scores import against_parent, is_score, order, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_edgebench.record.run import CaseResult, Metric, Row, Run
    from pytest_edgebench.reports.status import Status

MOST_COLUMNS = 6
NEVER = ("parameters", "macs", "ops", "float_ops", "gzip", "zstd")
"""Follow from the size; only in the columns where a budget on them is broken."""


@dataclass(frozen=True, slots=True)
class Column:
    """A metric, on one device or, where it is the same on all, on the worst."""

    key: str
    title: str
    device: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One number.

    Attributes:
        called: None where there is no number, as `why` says.
        change: against the baseline, else against the original; "" where neither is known.
        limit: of a broken or undecided check. relative: it is against the baseline.
        case: key of the case whose number it is.
    """

    called: Status | None
    now: str = ""
    before: str = ""
    change: str = ""
    limit: str = ""
    relative: bool = False
    case: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A recipe; `cases` is on how many devices it is."""

    model: str
    recipe: str
    cells: tuple[Cell, ...]
    cases: int


@dataclass(frozen=True, slots=True)
class ChangeTable:
    """`against` is "the baseline" or "the original": what the changes are from."""

    against: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    @property
    def calm(self) -> bool:
        """Whether every number is as it was, and within its limits."""
        return all(cell.called in (None, status.PASSED) for line in self.lines for cell in line.cells)


def change_table(run: Run) -> ChangeTable:
    """The table, most urgent recipes first."""
    groups: dict[tuple[str, str], list[CaseResult]] = {}
    for case in run.cases:
        groups.setdefault((case.model, case.variant_name), []).append(case)
    columns = _columns(run.cases)
    lines = [
        Line(model, recipe, tuple(_cell(cases, column) for column in columns), len(cases))
        for (model, recipe), cases in groups.items()
    ]
    lines.sort(key=lambda line: min((_rank(cell) for cell in line.cells), default=99))
    compared = any(row.reference == "baseline" for case in run.cases for row in rows_of(case))
    return ChangeTable("the baseline" if compared else "the original", columns, tuple(lines))


def rows_of(case: CaseResult) -> Iterable[Row]:
    """All judged rows of a case."""
    return (row for check in case.checks for row in check.rows if row.level != "off")


def slot_rows(case: CaseResult, key: str) -> list[Row]:
    """The rows that judge one metric of a case, most urgent first."""
    name, _, statistic = key.partition(".")
    found = [
        row
        for check in case.checks
        for row in check.rows
        if row.metric == name and row.statistic == statistic and row.level != "off"
    ]
    return found if len(found) < 2 else sorted(found, key=lambda row: status.RANK[status.of_row(row).name])


def called(case: CaseResult, key: str) -> Status:
    """The status of one number of a case: that of its own most urgent check."""
    rows = slot_rows(case, key)
    return status.of_row(rows[0]) if rows else status.PASSED


def ranks(case: CaseResult) -> dict[str, int]:
    """Key of each number of a case → rank of its status, as `called` has it one by one."""
    calm = status.RANK[status.PASSED.name]
    found = dict.fromkeys(case.observation.metrics if case.observation is not None else (), calm)
    for row in rows_of(case):
        key = f"{row.metric}.{row.statistic}" if row.statistic else row.metric
        if key in found:
            found[key] = min(found[key], status.RANK[status.of_row(row).name])
    return found


def change_of(case: CaseResult, key: str, metric: Metric) -> tuple[str, str]:
    """A number's change and what it was: against the baseline, else against the original."""
    for row in slot_rows(case, key):
        if row.reference == "baseline" and row.change is not None and row.reference_value is not None:
            before = numbers.apart(metric.value, row.reference_value, metric.unit)[1]
            return numbers.change(row.change.value, row.change.unit), before
    compared = any(row.reference == "baseline" for row in rows_of(case))
    if compared:
        return "", ""
    before, change = against_parent(case, key, metric)
    return change, before


def _columns(cases: Sequence[CaseResult]) -> tuple[Column, ...]:
    seen: dict[str, dict[str, None]] = {}
    loud: dict[str, int] = {}
    for case in cases:
        for key, rank in ranks(case).items():
            seen.setdefault(key, {})[case.profile] = None
            loud[key] = min(loud.get(key, 99), rank)
    found = []
    for key, devices in seen.items():
        if key.partition(".")[0] in NEVER and loud[key] > status.RANK["failed"]:
            continue
        if key == "size" or is_score(key) or key.partition(".")[0] in NEVER:
            found.append((_weight(key, loud[key]), Column(key, title(key), "")))
        elif loud[key] < status.RANK["improved"] or key == "latency.p50":
            found += [(_weight(key, loud[key]), Column(key, title(key), device)) for device in devices]
    found.sort(key=lambda one: one[0])
    kept = [column for _, column in found[:MOST_COLUMNS]]
    return tuple(sorted(kept, key=lambda column: order(column.key)))


def _weight(key: str, rank: int) -> tuple[int, int]:
    return (0 if key == "size" or is_score(key) else 1, rank)


def _cell(cases: Sequence[CaseResult], column: Column) -> Cell:
    here = [case for case in cases if column.device in ("", case.profile)]
    known = [case for case in here if case.observation is not None and column.key in case.observation.metrics]
    if not known:
        return Cell(None, why=_why(here, column.key))
    judged = [(case, slot_rows(case, column.key)) for case in known]
    case, rows = min(judged, key=lambda one: (_rows_rank(one[1]), -_size(one[1])))
    assert case.observation is not None
    metric = case.observation.metrics[column.key]
    if rows and rows[0].measured is not None:
        metric = rows[0].measured
    change, before = change_of(case, column.key, metric)
    found = status.of_row(rows[0]) if rows else status.PASSED
    limit = ""
    if rows and found in status.ATTENTION and rows[0].bound is not None and rows[0].measured is not None:
        limit = numbers.apart(rows[0].measured.value, rows[0].bound, metric.unit)[1]
    relative = not rows or rows[0].reference == "baseline"
    return Cell(found, numbers.of_metric(metric), before, change, limit, relative, case.key)


def _rows_rank(rows: Sequence[Row]) -> int:
    return status.RANK[(status.of_row(rows[0]) if rows else status.PASSED).name]


def _size(rows: Sequence[Row]) -> float:
    changes = [row.change for row in rows if row.reference == "baseline" and row.change is not None]
    return max((abs(change.value) for change in changes), default=0.0)


def _why(cases: Sequence[CaseResult], key: str) -> str:
    if not cases:
        return "not declared"
    silent = [case for case in cases if status.of_case(case) in (*status.SILENT, status.ERROR)]
    if silent:
        return f"{status.of_case(silent[0]).label}: {why_silent(silent[0])}"
    told = [case.observation.missing.get(key.partition(".")[0], "") for case in cases if case.observation]
    return next((why for why in told if why), "not measured")


def _rank(cell: Cell) -> int:
    return status.RANK[cell.called.name] if cell.called is not None else len(status.RANK)
