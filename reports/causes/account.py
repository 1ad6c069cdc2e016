"""A run → its causes, their budget lines and cases, and the counts of all."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from pytest_edgebench.reports import status
from pytest_edgebench.reports.causes.facts import Fact, fact
from pytest_edgebench.reports.causes.novelty import Novelty, novelty, together
from pytest_edgebench.reports.causes.values import Account, BudgetLine, Cause, Counts, Entry, Hit
from pytest_edgebench.reports.changes import of_check, speaks_itself

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_edgebench.record.run import CaseResult, Row, Run

WARNING = (status.REGRESSED, status.WARNED)

_known: tuple[weakref.ref[Run], Account] | None = None
"""The last run that was asked for and what it found. All outputs of a session ask for the same run."""


def account(run: Run) -> Account:
    """What a run found; equal judgements of several tests of a case are one.

    Worked out once for a run: a run never changes, so the same object has the same account.
    """
    global _known  # one entry, which lets go of its run
    if _known is None or _known[0]() is not run:
        _known = weakref.ref(run), _account(run)
    return _known[1]


def _account(run: Run) -> Account:
    hits = [hit for case in run.cases for hit in _hits(case)]
    failing = [hit for hit in hits if hit.status in status.BLOCKING]
    warning = [hit for hit in hits if hit.status in WARNING]
    undecided = tuple(hit for hit in hits if hit.status is status.INCONCLUSIVE)
    groups: dict[Fact, tuple[list[Hit], list[Hit]]] = {}
    for hit in failing:
        groups.setdefault(_group(hit.fact), ([], []))[0].append(hit)
    for hit in warning:
        groups.setdefault(_group(hit.fact), ([], []))[1].append(hit)
    causes = [_cause(found, tuple(warned)) for found, warned in groups.values()]
    causes.sort(key=lambda one: (not one.blocks, one.fact.kind, -len(one.cases)))
    return Account(tuple(causes), undecided, _counts(run, failing, warning, undecided))


def _group(found: Fact) -> Fact:
    """What hits are joined by: a text that names one case does not keep equal facts apart."""
    return Fact(found.kind, found.model, found.detail)


def _hits(case: CaseResult) -> Iterator[Hit]:
    seen: set[Row] = set()
    for check in case.checks:
        for row in check.rows:
            called = status.of_row(row)
            if row in seen or row.level == "off" or called not in status.ATTENTION:
                continue
            seen.add(row)
            age = novelty(case, row)
            yield Hit(case, row, "", check.nodeid, called, age, fact(case, row, "", age))
        if speaks_itself(check):
            found = fact(case, None, check.reason, Novelty.UNKNOWN)
            reason = check.reason or "no reason was recorded"
            yield Hit(case, None, reason, check.nodeid, of_check(check), Novelty.UNKNOWN, found)


def _cause(failing: Sequence[Hit], warning: tuple[Hit, ...]) -> Cause:
    found = failing or warning
    lines: dict[tuple[str, ...], list[Hit]] = {}
    for hit in failing:
        lines.setdefault(_line(hit), []).append(hit)
    drawn = [_budget_line(hits) for hits in lines.values()]
    drawn.sort(key=lambda line: (-line.worst.urgency, -len(line.hits)))
    ages = together(hit.novelty for hit in found)
    ordered = tuple(sorted(warning, key=lambda hit: -hit.urgency))
    return Cause(found[0].fact, ages, tuple(drawn), ordered)


def _line(hit: Hit) -> tuple[str, ...]:
    row = hit.row
    if row is None:
        return "", hit.nodeid.partition("[")[0], hit.reason
    return row.place, row.metric, row.statistic, row.limit


def _budget_line(hits: list[Hit]) -> BudgetLine:
    ordered = tuple(sorted(hits, key=lambda hit: -hit.urgency))
    first = ordered[0]
    place = "" if first.row is None else first.row.place
    return BudgetLine(place, ordered, entries(ordered))


def entries(hits: Iterable[Hit]) -> tuple[Entry, ...]:
    """Hits with the devices of one recipe joined where their numbers are the same, in order."""
    joined: dict[object, list[Hit]] = {}
    for hit in hits:
        row = hit.row
        slot = (row.metric, row.statistic, row.bound, row.measured and row.measured.value) if row else ()
        shown = slot if row is not None and row.measured is not None else (hit.reason, row and row.reason)
        joined.setdefault((hit.case.model, hit.case.variant_name, shown), []).append(hit)
    return tuple(
        Entry(found[0].case.variant_name, tuple(dict.fromkeys(hit.case.profile for hit in found)), found[0])
        for found in joined.values()
    )


def _counts(run: Run, failing: Sequence[Hit], warning: Sequence[Hit], undecided: Sequence[Hit]) -> Counts:
    called = status.count(status.of_case(case) for case in run.cases)
    silent = called.get(status.UNSUPPORTED, 0), called.get(status.NOT_RUN, 0)
    failed = sum(called.get(one, 0) for one in status.BLOCKING)
    open_ = called.get(status.INCONCLUSIVE, 0)
    return Counts(
        cases=len(run.cases),
        failed=failed,
        undecided=open_,
        passed=len(run.cases) - failed - open_ - sum(silent),
        unsupported=silent[0],
        not_run=silent[1],
        limits=sum(hit.row is not None for hit in failing),
        warnings=len(warning),
        warned=len({hit.case.key for hit in warning}),
        inconclusive=len(undecided),
    )
