"""A run as the page shows it: plain texts in the order of reading. Templates lay out, they decide nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_edgebench.reports import lines, numbers, status
from pytest_edgebench.reports.absent import not_measured, not_run
from pytest_edgebench.reports.accept import Way, ways
from pytest_edgebench.reports.brief import brief, tightest_text
from pytest_edgebench.reports.items import Item, broken, budgets, items
from pytest_edgebench.reports.view_cases import Card, bar, cards
from pytest_edgebench.reports.view_compare import ComparisonView, compared
from pytest_edgebench.reports.view_environment import Facts, environment
from pytest_edgebench.reports.view_tables import VIEWS, Matrix, Table, matrix, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.record.run import Run


@dataclass(frozen=True, slots=True)
class Tile:
    """A count at the head of the page; `value` is "–" where nothing could be counted, as `label` says."""

    name: str
    glyph: str
    value: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A line of "What failed".

    Attributes:
        anchor: key of the first case, whose card it links to.
        text: of the row's numbers; None where a test failed without a judged metric.
        use: share of the budget for the bar, None without.
        place: of the budget, or what stands in its stead.
        why: reasons, caveats and the user's words.
        commands: to run it again.
    """

    called: status.Status
    subject: str
    anchor: str
    text: lines.Shown | None
    use: float | None
    place: str
    warns: bool
    why: tuple[str, ...]
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page but the data.

    Attributes:
        title: of the document. outcome: verdict and headline.
        origin: what was tested against what, in short facts.
        not_run: which cases were not judged and why; not_measured: metrics without evidence.
        heading: of the failures. green: what stands where they would, when there are none.
        compared: models on all profiles; of a large run nothing, but how it can be had.
        undrawn: cases without a card of their own.
        beside: of a large run, the file with all rows; else "".
    """

    title: str
    outcome: status.Outcome
    origin: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    not_run: tuple[str, ...]
    not_measured: tuple[str, ...]
    tiles: tuple[Tile, ...]
    failures: tuple[Failure, ...]
    accept: tuple[Way, ...]
    heading: str
    green: str
    matrix: Matrix
    compared: tuple[ComparisonView, ...]
    cards: tuple[Card, ...]
    undrawn: int
    table: Table
    environment: tuple[Facts, ...]
    command: str
    beside: str = ""


def view(run: Run, beside: str = "") -> Page:
    """The page of a run, or the short one of a large run whose record lies in the file `beside`."""
    everything = items(run)
    failing = [item for item in everything if item.status in status.ATTENTION]
    outcome = status.of_run(run, broken(failing))
    found = [brief(case) for case in run.cases]
    drawn = cards(found, run)
    carded = frozenset(card.key for card in drawn)
    told = [one for one in found if not beside or one.loud]
    commit = run.commit[:7] or run.started[:10]
    blocking = sum(item.status in status.BLOCKING for item in failing)
    count = blocking or len(failing)
    return Page(
        title=f"{outcome.status.glyph} {count or ''}".strip() + f" edgebench · {commit}",
        outcome=outcome,
        origin=_origin(run),
        problems=run.problems,
        notes=run.notes,
        not_run=not_run(run),
        not_measured=not_measured(run.cases),
        tiles=_tiles(run, [one.called for one in found]),
        failures=tuple(_failure(item, run) for item in failing),
        accept=ways(run, [(item.cases[0].key, item.row) for item in failing if item.row is not None]),
        heading=_heading(run, blocking, len(failing)),
        green="" if failing else _green(everything, run),
        matrix=matrix(found, run, carded.union(one.case.key for one in told), VIEWS[:1] if beside else VIEWS),
        compared=() if beside else compared([("", run)]),
        cards=drawn,
        undrawn=len(run.cases) - len(drawn),
        table=table(told, carded),
        environment=environment(run),
        command=" ".join(("pytest", *run.command)),
        beside=beside,
    )


def _heading(run: Run, blocking: int, failing: int) -> str:
    """What the first section is about: its heading must not say that something failed where nothing did."""
    if blocking:
        return "What failed"
    nothing = "No case failed" if run.problems else "Nothing failed"
    if failing:
        return f"{nothing}, but look at this"
    judged = any(status.of_case(case) not in status.SILENT for case in run.cases)
    return nothing if judged else "Nothing was judged"


def _origin(run: Run) -> tuple[str, ...]:
    facts = []
    if run.commit:
        dirty = " with uncommitted changes" if run.dirty else ""
        facts.append(f"{run.branch or 'detached'} at {run.commit[:9]}{dirty}")
    else:
        facts.append("outside a git repository")
    facts.append(baseline_text(run.baseline, run.started))
    facts.append(f"{_when(run.started)}, took {numbers.duration(run.duration_s)}")
    return tuple(facts)


def baseline_text(baseline: Mapping[str, str], now: str) -> str:
    """What the run was compared with: name, commit, age and host; or that there was nothing."""
    if not baseline:
        return "no baseline: compared with budgets and the uncompressed model only"
    name, commit = baseline.get("name", ""), baseline.get("commit", "")[:9]
    text = f"against {name or baseline.get('kind', 'a baseline')}" + (f" at {commit}" if commit else "")
    details = [_age(baseline.get("made", ""), now), baseline.get("host", "")]
    shown = ", ".join(detail for detail in details if detail)
    return f"{text} ({shown})" if shown else text


def _age(made: str, now: str) -> str:
    try:
        days = (datetime.fromisoformat(now) - datetime.fromisoformat(made)).days
    except (ValueError, TypeError):  # no date, or one with and one without a time zone
        return made
    return "made today" if days < 1 else f"{numbers.plural(days, 'day')} old"


def _when(started: str) -> str:
    try:
        return datetime.fromisoformat(started).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return started


def _tiles(run: Run, called_: Sequence[status.Status]) -> tuple[Tile, ...]:
    counts = status.count(called_)
    compared = bool(run.baseline)
    silent = sum(counts.get(called, 0) for called in status.SILENT)
    found = []
    for called in (status.ERROR, status.OVER, status.FAILED):
        if called is status.OVER or called in counts:
            found.append(_tile(called, counts.get(called, 0), "#failures"))
    for called in (status.REGRESSED, status.WARNED, status.IMPROVED):
        if called in counts or (compared and called is not status.WARNED):
            found.append(_tile(called, counts.get(called, 0), "#failures"))
        elif called is not status.WARNED:
            label = f"{called.label}: no baseline"
            found.append(Tile(called.name, called.glyph, "–", label, "#env"))
    found.append(_tile(status.INCONCLUSIVE, counts.get(status.INCONCLUSIVE, 0), "#failures"))
    found.append(_tile(status.PASSED, counts.get(status.PASSED, 0), "#all"))
    found.append(_tile(status.NOT_RUN, silent, "#not-run"))
    return tuple(found)


def _tile(called: status.Status, count: int, href: str) -> Tile:
    return Tile(called.name, called.glyph, f"{count:,}", called.label, href)


def _failure(item: Item, run: Run) -> Failure:
    row = item.row
    if row is None:
        return Failure(
            called=item.status,
            subject=item.subject,
            anchor=item.cases[0].key,
            text=None,
            use=None,
            place=item.cases[0].place,
            warns=False,
            why=(item.reason or "no reason was recorded",),
            commands=tuple(lines.command(nodeid, run.baseline) for nodeid in item.nodeids[:1]),
        )
    return Failure(
        called=item.status,
        subject=item.subject,
        anchor=item.cases[0].key,
        text=lines.shown(row),
        use=bar(row),
        place=row.place or "default check",
        warns=row.level == "warn",
        why=lines.everything(row),
        commands=tuple(lines.command(nodeid, run.baseline) for nodeid in item.nodeids[:1]),
    )


def _green(found: Sequence[Item], run: Run) -> str:
    rows = [item for item in found if item.row is not None and item.row.place]
    if not run.cases:
        return "Nothing failed, because nothing ran."
    judged = [case for case in run.cases if status.of_case(case) not in status.SILENT]
    if not judged:
        return "Nothing failed, because no case ran to its end."
    if not rows:
        return f"No budget is written. {numbers.plural(len(judged), 'case')} passed the default checks."
    uses = [
        (use, item.subject, item.row) for item in rows if item.row and (use := status.use_of_budget(item.row))
    ]
    text = f"All {numbers.plural(budgets(rows), 'budget')} met in {numbers.plural(len(judged), 'case')}."
    if uses:
        _, subject, row = max(uses, key=lambda one: one[0])
        text += f" Tightest: {subject}, {tightest_text(row)}."
    return text


def method() -> Sequence[str]:
    """How the numbers came about, in a few lines."""
    return _METHOD


_METHOD = (
    "A written budget is literal: it fails when the truth is over it, passes when it is under it. "
    "Where measuring cannot tell, the verdict is “inconclusive”, never a guess.",
    "Bytes, parameters, operations and multiply-accumulates are counted in the file, compared as integers.",
    "Latency rests on fresh loads of the model, each timed on its own. A latency budget fails only when the "
    "lower bound of the fastest calls is over it and a second process, later, says so again; "
    "it passes when the upper bound of the median is under it.",
    "A score budget is judged on exactly the samples given. Without a budget, a compressed model is worse "
    "than its parent only if the samples they disagree on say so (one-sided sign test).",
    "[a, b] is a 95 % interval; numbers without one are exact or the score of the given set. n counts loads "
    "or calls for times and samples for scores.",
    "Evidence: static = counted in the file; predicted = from a model of the target; emulated = the target's "
    "code under an emulator; host = measured on this machine; device = measured on the target.",
    "Use of budget: measured ÷ limit, and more than 100 % is over it. A score must stay above its limit: the "
    "page says by how much it does, “to spare”, or by how much it is “short”.",
)
