"""All cases at a glance: the matrix of recipes and profiles, and the table with a line for each case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import lines, numbers, status
from pytest_edgebench.reports.brief import Brief, sentence
from pytest_edgebench.reports.scores import against_parent, is_score

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_edgebench.record.run import Metric, Observation, Run

VIEWS = ("headroom", "latency", "size", "score")
"""What a cell of the matrix can show; the first is shown until the reader says otherwise."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One case in the matrix.

    Attributes:
        figures: (figure, what it is of), one for each of the views of the matrix, or one for all of them.
        why: where there is no figure.
        anchor: "" where the page has nothing more on the case.
    """

    called: status.Status | None
    figures: tuple[tuple[str, str], ...]
    why: str
    anchor: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Recipe × profile; `groups` are (model, rows), `views` those that every cell has figures for."""

    profiles: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, tuple[MatrixRow, ...]], ...]
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line of the table.

    Attributes:
        use: of the tightest budget, where its text does not begin with it: the column is sorted by it.
    """

    key: str
    called: status.Status
    anchored: bool
    cells: tuple[tuple[str, str], ...]
    use: float | None
    use_text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Every case; `heads` are the titles of the number columns, with their unit."""

    heads: tuple[str, ...]
    rows: tuple[TableRow, ...]


def matrix(found: Sequence[Brief], run: Run, told: frozenset[str], views: tuple[str, ...] = VIEWS) -> Matrix:
    """The table of recipes and profiles, both in the order of the run.

    Args:
        told: keys of the cases that have a card or a line on the page, which their cells link to.
        views: the first only, where the page would get too long.
    """
    names = list(dict.fromkeys(case.profile for case in run.cases))
    names += [name for name in run.profiles if name not in names]
    cells: dict[str, dict[str, dict[str, Cell]]] = {}
    for one in found:
        case = one.case
        cells.setdefault(case.model, {}).setdefault(case.variant_name, {})[case.profile] = _cell(
            one, case.key if case.key in told else "", views
        )
    nothing = Cell(None, (), "not declared for this profile", "")
    groups = tuple(
        (
            model,
            tuple(
                MatrixRow(recipe, tuple(row.get(name, nothing) for name in names))
                for recipe, row in recipes.items()
            ),
        )
        for model, recipes in cells.items()
    )
    heads = tuple((name, _profile_text(run.profiles.get(name))) for name in names)
    return Matrix(heads, groups, views)


def _profile_text(facts: Mapping[str, str] | None) -> str:
    """``Cortex-A72 · onnxruntime · host``; on a profile that is only described no runtime ran."""
    if facts is None:
        return ""
    if not facts.get("target"):
        return " · ".join([*([facts["cpu"]] if facts.get("cpu") else []), "only described"])
    return " · ".join(facts[key] for key in ("cpu", "runtime", "target") if facts.get(key))


def _cell(found: Brief, anchor: str, views: tuple[str, ...]) -> Cell:
    called = found.called
    if called in status.SILENT or called is status.ERROR:
        return Cell(called, ((called.label, ""),), sentence(found), anchor)
    first, why = _headroom(found)
    keys = {"latency": "latency.p50", "size": "size", "score": _score_key(found.case.observation)}
    return Cell(called, (first, *((_change(found, keys[view]), "") for view in views[1:])), why, anchor)


def _headroom(found: Brief) -> tuple[tuple[str, str], str]:
    """How much of its tightest budget a case has used, and of what that is; or why nothing can be said."""
    called, tight = found.called, found.tight
    for row in found.rows:
        if called in (status.REGRESSED, status.IMPROVED) and status.of_row(row) is called and row.change:
            return (numbers.change(row.change.value, row.change.unit), status.metric_title(row)), ""
    worst = next(iter(found.rows), None)
    if found.loud and worst is not None and status.of_row(worst) in status.ATTENTION:
        if status.use_of_budget(worst) is None:  # not what is left of another budget
            change = worst.change and numbers.change(worst.change.value, worst.change.unit)
            return (change or "no figure", status.metric_title(worst)), sentence(found)
        tight = worst
    if tight is not None:
        return (lines.used(tight), status.metric_title(tight)), ""
    if found.case.observation is not None and "size" in found.case.observation.metrics:
        return (_change(found, "size"), "size"), ""
    return (called.label, ""), sentence(found)


def _change(found: Brief, key: str) -> str:
    """A metric against the baseline, else against the uncompressed model, else the number itself."""
    seen = found.case.observation
    metric = seen.metrics.get(key) if seen is not None else None
    if metric is None:
        return "–"
    name, _, statistic = key.partition(".")
    for row in found.rows:
        if (row.metric, row.statistic, row.reference) == (name, statistic, "baseline") and row.change:
            return _short(numbers.change(row.change.value, row.change.unit))
    return _short(against_parent(found.case, key, metric)[1]) or numbers.number(metric.value, metric.unit)


def _short(change: str) -> str:
    """A change in a column of changes of one score."""
    return change.removesuffix(" points")


def _score_key(seen: Observation | None) -> str:
    return next((key for key in seen.metrics if is_score(key)), "") if seen is not None else ""


def table(found: Sequence[Brief], drawn: frozenset[str]) -> Table:
    """Cases in their order, with size, score and latency in one unit a column."""
    picked = [_picked(one.case.observation) for one in found]
    sizes = numbers.unit_for([size.value for _, size, _ in picked if size is not None], "B")
    times = numbers.unit_for([time.value for _, _, time in picked if time is not None], "s")
    names = {score[0] for score, _, _ in picked if score is not None}
    # What is the same in the whole column stands in its head.
    rungs = (
        _common(size for _, size, _ in picked),
        _common(score[1] if score is not None else None for score, _, _ in picked),
        _common(time for _, _, time in picked),
    )
    named = next(iter(names)).replace("_", " ") if len(names) == 1 else "score"
    heads = (f"size, {sizes.sign}", named, f"latency p50, {times.sign}")
    rows = []
    for one, (score, size, time) in zip(found, picked, strict=True):
        rows.append(
            TableRow(
                key=one.case.key,
                called=one.called,
                anchored=one.case.key in drawn,
                cells=(
                    _number_cell(size, sizes, not rungs[0]),
                    _score_cell(score, len(names) > 1, not rungs[1]),
                    _number_cell(time, times, not rungs[2]),
                ),
                use=one.use if one.tight is not None and one.tight.higher_is_better else None,
                use_text=""
                if one.tight is None
                else f"{lines.used(one.tight)} {status.metric_title(one.tight)}",
            )
        )
    told = tuple(f"{head} ({rung})" if rung else head for head, rung in zip(heads, rungs, strict=True))
    return Table(told, tuple(rows))


def _common(metrics: Iterable[Metric | None]) -> str:
    """The evidence that all numbers of a column have; "" where they differ, or there are none."""
    found = {lines.evidence(metric) for metric in metrics if metric is not None}
    return found.pop() if len(found) == 1 else ""


_Score = tuple[str, "Metric"] | None


def _picked(seen: Observation | None) -> tuple[_Score, Metric | None, Metric | None]:
    """The score (with its name), the size and the median latency of a case."""
    metrics = seen.metrics if seen is not None else {}
    key = _score_key(seen)
    score = (key, metrics[key]) if key else None
    return score, metrics.get("size"), metrics.get("latency.p50")


def _number_cell(metric: Metric | None, unit: numbers.Unit, evident: bool) -> tuple[str, str]:
    """A number in the column's unit, and beside it its interval, and its evidence if that is wanted."""
    if metric is None:
        return "", ""
    beside = [lines.evidence(metric)] if evident else []
    if metric.low is not None and metric.high is not None:
        beside.insert(0, f"[{unit.bare(metric.low)}, {unit.bare(metric.high)}]")
    return unit.bare(metric.value), " ".join(beside)


def _score_cell(found: _Score, named: bool, evident: bool) -> tuple[str, str]:
    """A score, and beside it its interval, and its name and evidence if they are wanted."""
    if found is None:
        return "", ""
    key, metric = found
    beside = [lines.interval_text(metric), key if named else "", lines.evidence(metric) if evident else ""]
    return numbers.number(metric.value, metric.unit), " ".join(part for part in beside if part)
