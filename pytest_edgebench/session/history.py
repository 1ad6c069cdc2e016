"""The history of a session: since when its regressions are there, and this run for the next one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.record.errors import HistoryError
from pytest_edgebench.record.run import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.record.history import History, Seen, Streak
    from pytest_edgebench.record.past import Past
    from pytest_edgebench.record.run import CaseResult, Row, Run
    from pytest_edgebench.reports.summary import Brief
    from pytest_edgebench.settings.resolve import Settings

FILE = "history.sqlite"


def place(settings: Settings, folder: Path | None) -> Path | None:
    """The file of a session's history; None where none is kept.

    Args:
        folder: kept across sessions; None where nothing outlives the session.
    """
    if settings.selftest or not settings.keep_history:
        return None
    if settings.history is not None:
        return settings.history
    return folder / FILE if folder is not None else None


def known(path: Path | None, run: Run) -> tuple[Run, list[str]]:
    """The run with `Row.since` and `CaseResult.past` of what earlier runs found; and terminal lines.

    A history that cannot be read is told, and changes nothing else.
    """
    if path is None or not run.cases:
        return run, []
    from pytest_edgebench.record.history import SqliteHistory

    try:
        history = SqliteHistory(path)
        try:
            return with_past(dated(run, history), history), []
        finally:
            history.close()
    except HistoryError as error:
        return run, lines(error)


def add(path: Path, run: Run) -> str:
    """Add a run to a history; "", since there is nothing to tell.

    Raises:
        HistoryError: it cannot be written.
    """
    from pytest_edgebench.record.history import SqliteHistory

    history = SqliteHistory(path)
    try:
        history.add(run)
    finally:
        history.close()
    return ""


def lines(error: HistoryError) -> list[str]:
    """What is wrong with a history, for the terminal."""
    return [f"history: {line.strip()}" for line in str(error).splitlines()]


def dated(run: Run, history: History) -> Run:
    """The run with the words of `Row.since` on every broken limit."""
    return replace(run, cases=tuple(_dated(case, run.commit, history) for case in run.cases))


def with_past(run: Run, history: History) -> Run:
    """The run with the earlier numbers of what a report draws; all cases would make every record long."""
    from pytest_edgebench.reports.summary import brief
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
    """``failing for 3 runs (first seen a6b640c, 2026-02-28), passed at 3b2f1aa``; "" where nothing is known.

    Args:
        commit: of this run, which an earlier run with other uncommitted changes may have, too.
    """
    from pytest_edgebench.reports.causes.novelty import AGAIN, FIRST

    first, passed = streak.first, streak.passed
    if first is None:
        if passed is None:
            return ""
        same = passed.commit.removesuffix("+") == commit[:9]
        return f"{FIRST} (uncommitted changes)" if same else f"{FIRST}, passed at {_named(passed)}"
    least = "at least " if passed is None else ""
    seen = f"{first.commit}, {first.started[:10]}" if first.commit else first.started[:10]
    text = f"{AGAIN} {least}{streak.runs + 1} runs (first seen {seen})"
    return text if passed is None else f"{text}, passed at {_named(passed)}"


def _named(seen: Seen) -> str:
    return seen.commit or seen.started
