"""The first screen: verdict, counts, causes, what changed; and what is folded below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import limits, numbers, row_text, status
from pytest_edgebench.reports.acceptance import Way, ways
from pytest_edgebench.reports.causes import sentences
from pytest_edgebench.reports.causes.account import entries
from pytest_edgebench.reports.causes.novelty import since_baseline
from pytest_edgebench.reports.missing import not_measured, not_run

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run
    from pytest_edgebench.reports.causes.values import Account, BudgetLine, Cause, Hit

MOST_CAUSES = 4
"""On the first screen; all are among the failures."""


@dataclass(frozen=True, slots=True)
class HitView:
    """A broken check of one case, or of one recipe on several devices."""

    called: status.Status
    model: str
    recipe: str
    devices: tuple[str, ...]
    key: str
    metric: str
    measured: str
    bound: str
    change: str
    evidence: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineView:
    """A broken limit: its words, place and what is over it, worst first."""

    words: str
    place: str
    cases: int
    hits: tuple[HitView, ...]


@dataclass(frozen=True, slots=True)
class CauseView:
    """A card.

    Attributes:
        title, age: as all reports have it. said: the worst and the least in a sentence each.
        also: warnings of the same cause. ways: to accept it. commands: to run it again.
    """

    number: int
    called: status.Status
    title: str
    age: str
    cases: int
    said: tuple[str, ...]
    also: str
    lines: tuple[LineView, ...]
    warned: tuple[HitView, ...]
    ways: tuple[Way, ...]
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Something folded, with how many there are."""

    anchor: str
    title: str
    lines: tuple[str, ...]


def cause_views(run: Run, found: Account) -> tuple[CauseView, ...]:
    """Every cause, in order."""
    return tuple(_cause(run, cause, i + 1) for i, cause in enumerate(found.causes))


def _cause(run: Run, cause: Cause, number: int) -> CauseView:
    nodeids = list(dict.fromkeys(hit.nodeid for hit in cause.hits or cause.warnings))
    functions = dict.fromkeys(nodeid.partition("[")[0] for nodeid in nodeids)
    shown = nodeids if len(nodeids) <= 3 else list(functions)
    return CauseView(
        number=number,
        called=status.OVER if cause.blocks else status.REGRESSED,
        title=sentences.title(cause),
        age=sentences.age(cause),
        cases=len(cause.cases),
        said=tuple(_said(line) for line in cause.lines[:2] if line.worst.row is not None),
        also=" · ".join(sentences.also(cause)),
        lines=tuple(_line(line) for line in cause.lines),
        warned=tuple(
            hit_view(entry.hit, entry.devices, brief=True)
            for entry in entries(cause.warnings)
            if not sentences.is_cause(cause, entry.hit)
        ),
        ways=ways(run, [cause]),
        commands=tuple(row_text.command(name, run.baseline) for name in shown[:5]),
    )


def _said(line: BudgetLine) -> str:
    """``16 cases: worst fp16 on laptop-ort 24.0 kB, limit 21.8 kB (+11.0 %); least int8 …``."""
    count = len({hit.case.key for hit in line.hits})
    head = numbers.plural(count, "case")
    if len(line.entries) == 1:
        return f"{head}: {_entry(line.worst)}"
    return f"{head}. Worst: {_entry(line.worst)}; least: {_entry(line.least)}"


def _entry(hit: Hit) -> str:
    assert hit.row is not None
    measured, bound = limits.numbers_of(hit.row)
    change = since_baseline(hit.case, hit.row)
    told = f"{hit.case.variant_name} on {hit.case.profile} {measured}, limit {bound}"
    return f"{told} ({change} against the baseline)" if change else told


def _line(line: BudgetLine) -> LineView:
    row = line.worst.row
    return LineView(
        words=sentences.line_words(line),
        place=row.place or "default check" if row is not None else line.worst.case.place,
        cases=len({hit.case.key for hit in line.hits}),
        hits=tuple(hit_view(entry.hit, entry.devices) for entry in line.entries),
    )


def hit_view(hit: Hit, devices: tuple[str, ...], *, brief: bool = False) -> HitView:
    """A check as a row of a table; the cause stands above it, so it is not told again.

    Args:
        brief: without words, but for what is undecided.
    """
    case, row = hit.case, hit.row
    names = case.model, case.variant_name, devices, case.key
    if row is None:
        return HitView(hit.status, *names, "", hit.status.label, "", "", "", (hit.reason,))
    measured, bound = limits.numbers_of(row)
    change = since_baseline(case, row)
    words = tuple(said for said in row_text.everything(row) if not said.startswith("cause: "))
    words += (row.since,) if row.since else ()
    words += (row_text.p_text(row),) if row.p is not None else ()
    interval = row_text.interval_text(row.measured) if row.measured is not None else ""
    evidence = "" if row.measured is None else row_text.evidence(row.measured)
    metric = status.metric_title(row)
    told = () if brief else words
    return HitView(
        hit.status, *names, metric, f"{measured} {interval}".strip(), bound, change, evidence, told
    )


def disclosures(run: Run, found: Account) -> tuple[Disclosure, ...]:
    """What is folded below the table."""
    silent, absent = not_run(run), not_measured(run.cases)
    open_ = [sentences.undecided(hit) for hit in found.undecided]
    lint = [note for note in run.notes if " EB" in note]
    notes = [note for note in run.notes if note not in lint]
    groups = (
        ("undecided", numbers.plural(len(open_), "inconclusive check"), open_),
        ("not-run", f"Not run or unsupported: {numbers.plural(_cases(found), 'case')}", silent),
        ("not-measured", f"Not measured, and why ({len(absent)})", absent),
        ("lint", numbers.plural(len(lint), "lint finding"), lint),
        ("notes", numbers.plural(len(notes), "note"), notes),
    )
    return tuple(Disclosure(anchor, title, tuple(lines)) for anchor, title, lines in groups if lines)


def _cases(found: Account) -> int:
    return found.counts.unsupported + found.counts.not_run
