"""Cases as the page shows them: one card each, with everything that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.declare.limit import METRICS
from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports import lines, numbers, status
from pytest_edgebench.reports.beside import BesideView, beside_view
from pytest_edgebench.reports.figures import distribution
from pytest_edgebench.reports.items import why_silent
from pytest_edgebench.reports.steps import StepView, step_views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.record.run import CaseResult, Check, Metric, Row, Run

MOST_CARDS = 50
CARDS_WHEN_GREEN = 12
"""Passing cases get cards, tightest first, only up to this many in all: they must not hide the failures."""


@dataclass(frozen=True, slots=True)
class RowView:
    """One metric of a case; `text` holds the judged row's texts, `plain` an unjudged number's."""

    called: status.Status | None
    metric: str
    measured: str
    interval: str
    evidence: str
    budget: str
    place: str
    use: float | None
    use_text: str
    parent: str
    change: str
    against: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """All that is told of one case."""

    key: str
    called: status.Status
    opened: bool
    why: str
    rows: tuple[RowView, ...]
    others: tuple[RowView, ...]
    reasons: tuple[str, ...]
    figure: str
    legend: tuple[tuple[str, str], ...]
    steps: tuple[StepView, ...]
    files: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]
    beside: BesideView | None = None


def rows_of(case: CaseResult) -> list[Row]:
    """The judged rows of a case, each once, most urgent first."""
    seen = dict.fromkeys(row for check in case.checks for row in check.rows)
    return sorted(seen, key=lambda row: status.RANK[status.of_row(row).name])


def tightest(case: CaseResult) -> Row | None:
    """The row that uses most of its budget; written budgets before default checks."""
    used = [
        row
        for row in rows_of(case)
        if status.use_of_budget(row) is not None and row.verdict is not Verdict.ERROR
    ]
    written = [row for row in used if row.place] or used
    return max(written, key=lambda row: status.use_of_budget(row) or 0.0, default=None)


def sentence(case: CaseResult) -> str:
    """One sentence on why a case has its status."""
    called = status.of_case(case)
    if called in status.SILENT:
        return _first_line(why_silent(case))
    worst = next(iter(rows_of(case)), None)
    loud = [check.reason for check in case.checks if check.reason and check.verdict is case.verdict]
    if called in status.ATTENTION and worst is not None and status.of_row(worst) in status.ATTENTION:
        text = lines.shown(worst)
        said = f"{text.metric} {text.measured} {lines.comparison(text)}"
        said += f", {text.use} of the {'budget' if worst.place else 'limit'}" if text.use else ""
        return "; ".join([said, *(_first_line(remark) for remark in lines.remarks(worst)[:1])])
    if called in status.ATTENTION:
        return _first_line(next(iter(loud), "no reason was recorded"))
    tight, count = tightest(case), len(rows_of(case))
    if not count:
        return "passed; no budget or default check applied"
    said = (
        f"all {count} limits met" if count > 2 else "both limits met" if count == 2 else "its one limit met"
    )
    use = status.use_of_budget(tight) if tight is not None else None
    if tight is not None and use is not None:
        said += f"; tightest: {status.metric_title(tight)}, {numbers.share(use)} of {tight.limit}"
    return said


def cards(run: Run) -> tuple[Card, ...]:
    """The cases that are told in full, worst first."""
    ranked = sorted(run.cases, key=_rank)
    loud = sum(status.of_case(case) in status.ATTENTION for case in ranked)
    drawn = ranked[: min(MOST_CARDS, max(loud, CARDS_WHEN_GREEN))]
    return tuple(_card(case, run, opened=i < 3 and i < loud) for i, case in enumerate(drawn))


def _rank(case: CaseResult) -> tuple[int, float]:
    tight = tightest(case)
    use = status.use_of_budget(tight) if tight is not None else None
    return status.RANK[status.of_case(case).name], -(use or 0.0)


def _card(case: CaseResult, run: Run, *, opened: bool) -> Card:
    figure, legend = distribution(case)
    artifact, seen = case.artifact, case.observation
    facts: list[tuple[str, str]] = []
    if artifact is not None:
        made = ", ".join(f"{name} {version}" for name, version in artifact.versions.items())
        facts = [("format", artifact.format), ("made with", made)]
        facts += [("digest", artifact.digest), ("key", artifact.key[:16])]
    if seen is not None:
        facts.append(("ran on", runtime_text(seen.runtime)))
    facts.append(("recipe", case.place))
    judged = {_key(row) for row in rows_of(case)}
    observed = seen.metrics if seen is not None else {}
    return Card(
        key=case.key,
        called=status.of_case(case),
        opened=opened,
        why=sentence(case),
        rows=tuple(_row_view(case, row) for row in rows_of(case)),
        others=tuple(_other(case, key, metric) for key, metric in observed.items() if key not in judged),
        reasons=tuple(dict.fromkeys(check.reason for check in case.checks if _worth_telling(check, case))),
        figure=figure,
        legend=legend,
        steps=step_views(artifact.steps) if artifact is not None else (),
        files=tuple((n, numbers.number(size, "B")) for n, size in artifact.files.items()) if artifact else (),
        facts=tuple((name, value) for name, value in facts if value),
        notes=artifact.notes if artifact is not None else (),
        missing=tuple(seen.missing.items()) if seen is not None else (),
        commands=tuple(lines.command(check.nodeid, run.baseline) for check in case.checks if check.nodeid),
        beside=beside_view(seen.twin) if seen is not None else None,
    )


def _worth_telling(check: Check, case: CaseResult) -> bool:
    """A reason that the summary line has not told in full."""
    return bool(check.reason) and ("\n" in check.reason.strip() or check.reason.strip() not in sentence(case))


def _row_view(case: CaseResult, row: Row) -> RowView:
    text = lines.shown(row)
    use = status.use_of_budget(row)
    parent, change = "", ""
    if row.measured is not None:
        parent, change = against_parent(case, _key(row), row.measured)
    if row.change is not None:
        change = text.change
    if row.reference == "model" and row.reference_value is not None and row.measured is not None:
        parent = numbers.number(row.reference_value, row.measured.unit)
    return RowView(
        called=status.of_row(row),
        metric=text.metric,
        measured=text.measured,
        interval=text.interval,
        evidence=text.evidence,
        budget=lines.comparison(text),
        place=row.place or "default check",
        use=use,
        use_text=text.use,
        parent=parent,
        change=change,
        against=" ".join(part for part in (text.against, text.p, text.since) if part),
        why=lines.everything(row),
    )


def _other(case: CaseResult, key: str, metric: Metric) -> RowView:
    parent, change = against_parent(case, key, metric)
    return RowView(
        called=None,
        metric=key.replace(".", " ").replace("_", " "),
        measured=numbers.number(metric.value, metric.unit),
        interval=lines.interval_text(metric),
        evidence=lines.evidence(metric),
        budget="",
        place="",
        use=None,
        use_text="",
        parent=parent,
        change=change,
        against="",
        why=(metric.note,) if metric.note else (),
    )


def against_parent(case: CaseResult, key: str, metric: Metric) -> tuple[str, str]:
    """The uncompressed model's number on the same profile and the change from it; "" without one.

    A change of two timings that were not taken as a pair is marked "≈": it decides nothing.
    """
    other = case.parent.metrics.get(key) if case.parent is not None else None
    if other is None or other.unit != metric.unit:
        return "", ""
    _, parent = numbers.apart(metric.value, other.value, metric.unit)
    if is_score(key):
        unit = "points" if metric.unit == "%" else ""
        gap = metric.value - other.value
        return parent, numbers.change(gap, unit) if unit else f"{gap:+.3f}"
    if not other.value:
        return parent, ""
    change = numbers.change(100 * (metric.value / other.value - 1), "%")
    return parent, f"≈ {change}" if metric.low is not None else change


def is_score(key: str) -> bool:
    """Whether a metric's name is that of a score; names that are not ours are users' own scores."""
    base = key.partition(".")[0]
    return METRICS[base].cls == "score" if base in METRICS else True


def is_higher_better(key: str, cases: Sequence[CaseResult]) -> bool:
    """Direction of a metric; of a user's own score as its rows have it."""
    base = key.partition(".")[0]
    told = METRICS[base].higher_is_better if base in METRICS else None
    rows = (row for case in cases for row in rows_of(case) if row.metric == base)
    return told if told is not None else next((row.higher_is_better for row in rows), True)


def runtime_text(runtime: Mapping[str, str]) -> str:
    """What ran an artifact: ``onnxruntime 1.32.0, threads 1, cpu x``."""
    name = " ".join(runtime[key] for key in ("name", "version") if key in runtime)
    rest = [f"{key} {value}" for key, value in runtime.items() if key not in ("name", "version")]
    return ", ".join([part for part in (name, *rest) if part])


def _key(row: Row) -> str:
    return f"{row.metric}.{row.statistic}" if row.statistic else row.metric


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
