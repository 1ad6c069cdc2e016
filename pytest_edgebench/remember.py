"""The history of a session: since when its regressions are there, and this run for the next one.

And ``python -m pytest_edgebench history FILE RUN...``, which adds run records of other machines.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.errors.history import HistoryError
from pytest_edgebench.record.run import Verdict

if TYPE_CHECKING:
    import argparse

    from pytest_edgebench.record.history import History, Streak
    from pytest_edgebench.record.run import CaseResult, Past, Row, Run
    from pytest_edgebench.reports.brief import Brief
    from pytest_edgebench.session import Session

FILE = "history.sqlite"


def place(session: Session) -> Path | None:
    """The file of a session's history; None where none is kept."""
    settings = session.settings
    if session.ref is not None or settings.selftest or not settings.keep_history:
        return None
    if settings.history is not None:
        return settings.history
    # Without a cache folder there is nothing that outlives the session.
    return session.folder / FILE if getattr(session.config, "cache", None) is not None else None


def remember(path: Path | None, run: Run) -> tuple[Run, list[str]]:
    """The run with `Row.since` and `CaseResult.past`, after adding it to the history; and terminal lines.

    What is wrong with the history is told, and changes nothing else.
    """
    if path is None or not run.cases:
        return run, []
    from pytest_edgebench.record.history import SqliteHistory

    try:
        history = SqliteHistory(path)
        try:
            found = with_past(dated(run, history), history)
            history.add(found)
        finally:
            history.close()
    except HistoryError as error:
        return run, [f"history: {line.strip()}" for line in str(error).splitlines()]
    return found, []


def dated(run: Run, history: History) -> Run:
    """The run with the words of `Row.since` on every broken limit."""
    return replace(run, cases=tuple(_dated(case, run.commit, history) for case in run.cases))


def with_past(run: Run, history: History) -> Run:
    """The run with the earlier numbers of what a report draws; all cases would make every record long."""
    from pytest_edgebench.reports.brief import brief
    from pytest_edgebench.reports.view_cases import drawn

    told = {found.case.key: found for found in drawn([brief(case) for case in run.cases])}
    return replace(
        run,
        cases=tuple(
            replace(case, past=_past(told[case.key], history)) if case.key in told else case
            for case in run.cases
        ),
    )


def _past(found: Brief, history: History) -> dict[str, tuple[Past, ...]]:
    from pytest_edgebench.record.history import Slot
    from pytest_edgebench.reports.trend import MOST_PAST, name, slots

    past = {}
    for row in slots(found):
        slot = Slot(found.case.key, row.metric, row.statistic, row.reference)
        points = history.past(slot, row.measured.unit if row.measured else "", MOST_PAST)
        if points:
            past[name(row)] = points
    return past


def _dated(case: CaseResult, commit: str, history: History) -> CaseResult:
    if not any(_broken(row) for check in case.checks for row in check.rows):
        return case
    checks = tuple(
        replace(
            check,
            rows=tuple(
                replace(row, since=_since(case, row, commit, history)) if _broken(row) else row
                for row in check.rows
            ),
        )
        for check in case.checks
    )
    return replace(case, checks=checks)


def _broken(row: Row) -> bool:
    return row.verdict is Verdict.FAIL and row.level != "off"


def _since(case: CaseResult, row: Row, commit: str, history: History) -> str:
    from pytest_edgebench.record.history import Slot

    return words(history.streak(Slot(case.key, row.metric, row.statistic, row.reference)), commit)


def words(streak: Streak, commit: str) -> str:
    """``since a6b640c (2026-02-28, 3 runs), passed at 3b2f1aa``; "" where nothing is known of before."""
    first, passed = streak.first, streak.passed
    if first is None and passed is None:
        return ""
    if first is None:
        began = f"since this run{f' of {commit[:9]}' if commit else ''}"
    else:
        runs = f"{streak.runs + 1} runs"
        began = f"since {first.commit or 'a run'} ({first.started[:10]}, {runs})"
        if passed is None:
            began += " or before"
    if passed is None:
        return began
    return f"{began}, passed at {passed.commit or passed.started}"


# The command


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="the history; it is made where it is not there")
    parser.add_argument("records", nargs="*", metavar="RUN", help="run records or HTML reports to add")


def run(arguments: argparse.Namespace) -> int:
    """Add records, and say what the history has.

    Returns:
        the exit status, 0.

    Raises:
        RecordError, HistoryError: a record or the history cannot be read or written.
    """
    from pytest_edgebench.record import store
    from pytest_edgebench.record.history import SqliteHistory

    runs = [store.read(Path(name), name) for name in arguments.records]
    history = SqliteHistory(Path(arguments.file))
    try:
        added = [history.add(one) for one in runs]
        total, cases = history.counts()
    finally:
        history.close()
    if runs:
        sys.stdout.write(f"added {sum(added)}, there already {len(added) - sum(added)}\n")
    sys.stdout.write(f"{arguments.file}: {total:,} runs of {cases:,} cases\n")
    return 0
