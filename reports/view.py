"""A run as the page shows it: plain texts in the order of reading. Templates lay out, they decide nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers, status
from pytest_edgebench.reports.causes import account, sentences
from pytest_edgebench.reports.change_table import ChangeTable, change_table
from pytest_edgebench.reports.origin import baseline_text
from pytest_edgebench.reports.outcome import Outcome, outcome
from pytest_edgebench.reports.parts import Section, sections
from pytest_edgebench.reports.summary import Brief, brief, tightest_text
from pytest_edgebench.reports.view_cases import cards, drawn
from pytest_edgebench.reports.view_devices import MODES, DeviceTable, device_tables
from pytest_edgebench.reports.view_environment import Facts, environment
from pytest_edgebench.reports.view_history import PastView, past_views
from pytest_edgebench.reports.view_summary import CauseView, Disclosure, cause_views, disclosures
from pytest_edgebench.reports.view_table import CaseList, case_list
from pytest_edgebench.reports.view_tradeoff import TradeView, trade_views

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.reports.causes.values import Account

SOME = 48
"""From so many cases on, fewer trade-offs are drawn, and narrow screens scroll the table of devices."""
MANY = 200
"""From so many cases on, each case and cell without trouble is told in fewer words."""


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page but the data.

    Attributes:
        title: of the document. headline: as in all reports. origin: what was tested against what.
        tallies: (status, number, what of), cases first.
        green: what stands where causes would, when there are none.
        linked: keys of the cases on the page. beside: of a large run, the file with all rows; else "".
        parts: what further files and other packages show of the run.
        many: the page of a large run says less of each case. wide: the table of devices has no labels.
    """

    title: str
    outcome: Outcome
    headline: str
    origin: tuple[str, ...]
    problems: tuple[str, ...]
    loosened: tuple[str, ...]
    tallies: tuple[tuple[status.Status, int, str], ...]
    causes: tuple[CauseView, ...]
    green: str
    table: ChangeTable
    folded: tuple[Disclosure, ...]
    modes: tuple[str, ...]
    devices: tuple[DeviceTable, ...]
    trades: tuple[TradeView, ...]
    history: tuple[PastView, ...]
    linked: frozenset[str]
    cases: CaseList
    total: int
    environment: tuple[Facts, ...]
    command: str
    beside: str = ""
    parts: tuple[Section, ...] = ()
    many: bool = False
    wide: bool = False


def view(run: Run, beside: str = "") -> Page:
    """The page of a run, or the short one of a large run whose record lies in the file `beside`."""
    found = account(run)
    briefs = [brief(case) for case in run.cases]
    many = len(run.cases) > MANY
    told = [one for one in briefs if not beside or one.loud]
    verdict = outcome(run, found)
    commit = run.commit[:7] or run.started[:10]
    count = found.counts.failed or ""
    return Page(
        title=" ".join(str(part) for part in (verdict.status.glyph, count, f"edgebench · {commit}") if part),
        outcome=verdict,
        headline=sentences.headline(found.counts, len(run.problems)),
        origin=_origin(run),
        problems=run.problems,
        loosened=tuple(line for line in run.loosened if line not in run.problems),
        tallies=sentences.tallies(found.counts),
        causes=cause_views(run, found),
        green="" if found.causes else _green(found, briefs),
        table=change_table(run),
        folded=disclosures(run, found),
        modes=MODES if not many else MODES[:1],
        devices=device_tables(run, whole=not many),
        trades=trade_views(run, 8 if len(run.cases) <= SOME else 4),
        history=past_views(drawn(told)),
        linked=frozenset(one.case.key for one in told),
        cases=case_list(told, cards(told, run), defaults=not many),
        total=len(run.cases),
        environment=environment(run),
        command=" ".join(("pytest", *run.command)),
        beside=beside,
        parts=sections(run),
        many=many,
        wide=len(run.cases) > SOME,
    )


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


def _when(started: str) -> str:
    try:
        return datetime.fromisoformat(started).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return started


def _green(found: Account, briefs: Sequence[Brief]) -> str:
    judged = [one for one in briefs if one.called not in status.SILENT]
    if not judged:
        return "No case ran to its end, so nothing was judged."
    if found.undecided:
        return "No limit is broken; some checks could not be decided."
    tight = [
        (one.use, one) for one in judged if one.use is not None and one.tight is not None and one.tight.place
    ]
    if not tight:
        return f"No budget is written. {numbers.plural(len(judged), 'case')} passed the default checks."
    nearest = max(tight, key=lambda pair: pair[0])[1]
    assert nearest.tight is not None
    told = f"{nearest.case.key}, {tightest_text(nearest.tight)}"
    return f"Nothing is over its limit. Nearest to one: {told}."


def method() -> Sequence[str]:
    """How the numbers came about, in six lines."""
    return _METHOD


_METHOD = (
    "A written budget is literal: it fails when the truth is over it, passes when it is under it. Where "
    "measuring cannot tell, the check is inconclusive, never a guess.",
    "Bytes, parameters, operations and multiply-accumulates are counted in the file, compared as integers.",
    "Latency rests on fresh loads of the model, timed in turn with what it is compared with. A latency "
    "budget fails only when the lower bound of the fastest calls is over it and a second process agrees.",
    "A score is judged on exactly the samples given. Against the original or the baseline it is worse only "
    "if the samples they disagree on say so (one-sided sign test).",
    "± is half of a 95 % interval, [a, b] all of it; numbers without one are exact. n counts loads or calls "
    "for times and samples for scores.",
    "Evidence: static = counted in the file; predicted = from a model of the device; emulated = the device's "
    "code under an emulator; host = measured on this machine; device = measured on the device.",
)
