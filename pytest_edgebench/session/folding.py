"""Many failures are told by their causes, not one by one, in pytest's failures and in its short summary."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.names import OVER

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_edgebench.record.run import Run

MOST_WHOLE = 3
"""Up to so many failures, all are shown in full."""
MOST_LINES = 4
"""Of the short summary, where there are more."""


class Folding:
    """Takes reports out of what pytest prints, and puts them back for its counts."""

    def __init__(self) -> None:
        self._failed: list[Any] | None = None

    def fold(self, reporter: pytest.TerminalReporter) -> None:
        """Leave many failures to the section of causes, unless -v asks for each."""
        found = _ours(reporter)
        if reporter.verbosity > 0 or len(found) <= MOST_WHOLE:
            return
        with contextlib.suppress(AttributeError):  # a pytest whose reports take no marks: all are shown
            for report in found:
                report._pdbshown = True  # as pytest marks what has been shown already

    def shorten(self, run: Run, reporter: pytest.TerminalReporter) -> None:
        """A line with its reason for the worst failure of each cause, and one for all others."""
        from pytest_edgebench.reports.causes import account

        found = _ours(reporter)
        if not found:
            return
        failed = reporter.stats["failed"]
        first = account(run).telling
        shown = found
        if reporter.verbosity <= 0 and len(found) > MOST_LINES:
            ranked = {nodeid: rank for rank, nodeid in enumerate(first)}
            shown = sorted(found, key=lambda report: ranked.get(report.nodeid, len(ranked)))
            shown = shown[: max(1, min(MOST_LINES - 1, len(first)))]
        told = [(report, f"{report.nodeid} - {_reason(report)}") for report in shown]
        hidden = len(found) - len(shown)
        if hidden:
            told.append((found[-1], f"{hidden} more, of the causes above (-v lists them)"))
        try:
            lines = [_line(report, text) for report, text in told]
        except (AttributeError, TypeError):  # another pytest than the one this knows: its own summary stays
            return
        self._failed = list(failed)
        others = [report for report in failed if report not in found]
        reporter.stats["failed"] = [*lines, *others]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """After all is printed the reports are back, for the counts of the last line."""
        try:
            yield
        finally:
            if self._failed is not None:
                terminalreporter.stats["failed"] = self._failed


def _ours(reporter: pytest.TerminalReporter) -> list[Any]:
    """Reports of tests that failed for nothing but broken budgets."""
    return [report for report in reporter.stats.get("failed", []) if getattr(report, OVER, False)]


class _Line(pytest.TestReport):
    """A report that pytest prints as one line of text, which is its name."""

    @property
    def id(self) -> Any:
        """As pytest 9.2 has it; a text may hold brackets anywhere."""
        path, _, rest = self.nodeid.partition("::")
        found: Any = super().id
        return dataclasses.replace(found, path=path, names=(rest,) if rest else (), params=None)


def _line(report: Any, text: str) -> Any:
    line = copy.copy(report)
    line.nodeid, line.longrepr = text, None
    line.__class__ = _Line
    line.id  # noqa: B018 - raises here, not while pytest prints, where its reports have another identity
    return line


def _reason(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash is not None else report.longrepr).splitlines()[0]
