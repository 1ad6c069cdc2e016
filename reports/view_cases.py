"""Cases as the page shows them: one card each, with everything that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import limits, margins, numbers, row_text, status
from pytest_edgebench.reports.agreement import BesideView, beside_view
from pytest_edgebench.reports.layers import LayersView, layers_view
from pytest_edgebench.reports.missing import missing
from pytest_edgebench.reports.plots import Figure, against_baseline, distribution
from pytest_edgebench.reports.scores import against_parent
from pytest_edgebench.reports.steps import StepView, step_views
from pytest_edgebench.reports.summary import Brief, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.record.run import CaseResult, Check, Metric, Row, Run

CALLS = "Share of calls that took no longer."
LOADS = "Share of fresh loads whose fastest call took no longer; both files were loaded in turn."
MOST_CARDS = 16
"""A card is some 10 kB; more cases that need attention are in the table of failures, with their commands."""
MOST_PLOTTED = 4
CARDS_WHEN_GREEN = 8
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
    why: str
    rows: tuple[RowView, ...]
    checks: tuple[tuple[status.Status, str], ...]
    others: tuple[RowView, ...]
    reasons: tuple[str, ...]
    figures: tuple[tuple[str, Figure], ...]
    past: bool
    steps: tuple[StepView, ...]
    files: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]
    beside: BesideView | None = None
    layers: LayersView | None = None


def drawn(found: Sequence[Brief]) -> tuple[Brief, ...]:
    """The cases that get a card, worst first, then those that use most of a budget."""
    loud = sum(one.loud for one in found)
    ranked = sorted(found, key=lambda one: (status.RANK[one.called.name], -(one.use or 0.0)))
    return tuple(ranked[: min(MOST_CARDS, max(loud, CARDS_WHEN_GREEN))])


def cards(found: Sequence[Brief], run: Run) -> tuple[Card, ...]:
    """The cases that are told in full."""
    return tuple(_card(one, run, plotted=i < MOST_PLOTTED) for i, one in enumerate(drawn(found)))


def _card(found: Brief, run: Run, *, plotted: bool) -> Card:
    case, why = found.case, sentence(found)
    told = [row for row in found.rows if row.place or status.of_row(row) in status.ATTENTION]
    plotted = plotted and any(row.metric == "latency" for row in told)
    figures = ((CALLS, distribution(case)), (LOADS, against_baseline(case))) if plotted else ()
    artifact, seen = case.artifact, case.observation
    facts: list[tuple[str, str]] = []
    if artifact is not None:
        made = ", ".join(f"{name} {version}" for name, version in artifact.versions.items())
        facts = [("format", artifact.format), ("made with", made)]
        facts += [("digest", artifact.digest), ("key", artifact.key[:16])]
    if seen is not None:
        facts += [ran(case, run), ("data", seen.data)]
        facts.append(("margins", "" if seen.margins is None else margins.change(seen.margins)))
    facts.append(("recipe", case.place))
    judged = {_key(row) for row in found.rows}
    observed = seen.metrics if seen is not None else {}
    return Card(
        key=case.key,
        called=found.called,
        why=why,
        rows=tuple(_row_view(case, row) for row in told),
        checks=tuple(check_text(row) for row in found.rows if row not in told and row.level != "off"),
        others=tuple(_other(case, key, metric) for key, metric in observed.items() if key not in judged),
        reasons=tuple(dict.fromkeys(check.reason for check in case.checks if _worth_telling(check, why))),
        figures=tuple((caption, figure) for caption, figure in figures if figure[0]),
        past=bool(case.past),
        steps=step_views(artifact.steps) if artifact is not None else (),
        files=tuple((n, numbers.number(size, "B")) for n, size in artifact.files.items()) if artifact else (),
        facts=tuple((name, value) for name, value in facts if value),
        notes=artifact.notes if artifact is not None else (),
        missing=missing(case),
        commands=tuple(row_text.command(check.nodeid, run.baseline) for check in case.checks if check.nodeid),
        beside=beside_view(seen.twin) if seen is not None else None,
        layers=layers_view(case.layers) if case.layers is not None else None,
    )


def _worth_telling(check: Check, why: str) -> bool:
    """A reason that the summary line has not told in full."""
    return bool(check.reason) and ("\n" in check.reason.strip() or check.reason.strip() not in why)


def _row_view(case: CaseResult, row: Row) -> RowView:
    text = row_text.shown(row)
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
        budget=row_text.comparison(text),
        place=row.place or "default check",
        use_text=text.use,
        parent=parent,
        change=change,
        against=" ".join(part for part in (text.against, text.p, text.since) if part),
        why=_words(row),
    )


def _words(row: Row) -> tuple[str, ...]:
    """What is said of a row that needs attention; its cause stands above the table."""
    if status.of_row(row) not in status.ATTENTION:
        return ()
    return tuple(said for said in row_text.everything(row) if not said.startswith("cause: "))


def check_text(row: Row) -> tuple[status.Status, str]:
    """A judged number in one line, with its status: ``size 53.9 kB ≤ 64 kB``."""
    measured, bound = limits.numbers_of(row)
    words = f" ({row.limit})" if row.reference and row.place else "" if row.place else " (default)"
    return status.of_row(row), f"{status.metric_title(row)} {measured} {_sign(row)} {bound}{words}"


def _sign(row: Row) -> str:
    sign = row_text.sign(row)
    return {"<=": "≤", ">=": "≥"}.get(sign, sign)


def _other(case: CaseResult, key: str, metric: Metric) -> RowView:
    parent, change = against_parent(case, key, metric)
    return RowView(
        called=None,
        metric=key.replace(".", " ").replace("_", " "),
        measured=numbers.of_metric(metric),
        interval=row_text.interval_text(metric),
        evidence=row_text.evidence(metric),
        budget="",
        place="",
        use_text="",
        parent=parent,
        change=change,
        against="",
        why=(metric.note,) if metric.note else (),
    )


def ran(case: CaseResult, run: Run) -> tuple[str, str]:
    """What ran a case's file, and what that is called: on a profile that is only described, nothing ran."""
    runtime = case.observation.runtime if case.observation is not None else {}
    text = runtime_text(runtime)
    if only_described(run, case.profile):
        return "score from", f"{text}, on the machine of this run" if text else ""
    return "ran on", text


def only_described(run: Run, profile: str) -> bool:
    """Whether a profile of the run is a description that nothing can be run on from here."""
    facts = run.profiles.get(profile)
    return facts is not None and not facts.get("target")


def runtime_text(runtime: Mapping[str, str]) -> str:
    """What ran an artifact: ``onnxruntime 1.32.0, threads 1, cpu x``."""
    name = " ".join(runtime[key] for key in ("name", "version") if key in runtime)
    rest = [f"{key} {value}" for key, value in runtime.items() if key not in ("name", "version")]
    return ", ".join([part for part in (name, *rest) if part])


def _key(row: Row) -> str:
    return f"{row.metric}.{row.statistic}" if row.statistic else row.metric
