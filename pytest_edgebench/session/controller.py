"""`Controller`: the one process that hears all tests, says what was not heard, and hands the record over."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.base.text import printable
from pytest_edgebench.session import errors
from pytest_edgebench.session.early_exit import EarlyExit
from pytest_edgebench.session.folding import Folding
from pytest_edgebench.session.messages import Outcomes

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.session.ending import End
    from pytest_edgebench.session.session import Session

CUT = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
"""Ends within a test, whose fixtures are torn down only while the session finishes."""
STOPPED = (*CUT, pytest.ExitCode.USAGE_ERROR)


class Controller:
    """Hooks of the reporting process: the only one without xdist, xdist's controller with it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._outcomes = Outcomes()
        self._end: End | None = None
        self._late: list[str] = []
        self._ended: pytest.Session | None = None
        self._folding = Folding()
        wanted = not session.config.option.collectonly
        self._early_exit = EarlyExit(session.config, self._passed) if wanted else None
        session.config.pluginmanager.register(self._folding, "edgebench-folding")

    @pytest.hookimpl(tryfirst=True)  # before xdist starts its workers
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        if session.config.option.collectonly or self._session.settings.selftest:
            return
        try:
            self._find_baseline()
        except EdgebenchError as error:
            raise pytest.UsageError(str(error)) from None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._outcomes.hear(report)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        """The record before what other plugins write, whose failure costs neither it nor the summary."""
        wanted = not session.config.option.collectonly
        early = wanted and exitstatus not in CUT
        if early:
            self._finish(session, exitstatus)
        try:
            yield
        except OSError as cause:
            if not _of_junit(cause):
                raise
            from pytest_edgebench.session import writers

            name = str(session.config.option.xmlpath)
            self._late.append(errors.not_written(name, writers.reason(cause)))
            _fail(session)
        finally:
            if wanted and not early:
                self._finish(session, exitstatus)

    @pytest.hookimpl(wrapper=True, trylast=True)  # after pytest's failures, before its short summary
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        if self._end is not None or self._late:  # else nothing was run
            self._tell(terminalreporter)
        yield
        if self._end is not None and self._end.run is not None:
            self._folding.shorten(self._end.run, terminalreporter)

    def _tell(self, terminalreporter: pytest.TerminalReporter) -> None:
        from pytest_edgebench.session.ending import End
        from pytest_edgebench.session.writers import Writer, write_all

        found = self._end or End()
        written = write_all(
            [
                Writer("the summary", lambda: self._summary(found, terminalreporter), asked=False),
                Writer("the annotations", lambda: self._annotations(found, terminalreporter), asked=False),
                Writer("the suggestions", lambda: self._suggestions(found, terminalreporter), asked=False),
            ]
        )
        for line in written.lines:
            terminalreporter.line(printable(line))

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        if self._early_exit is not None:
            self._early_exit.end()

    def _passed(self) -> bool:
        return self._ended is not None and self._ended.exitstatus == pytest.ExitCode.OK

    # What is compared with

    def _find_baseline(self) -> None:
        from pytest_edgebench.baselines import find

        ours = self._session
        if ours.ref is not None:
            return
        config, settings = ours.config, ours.settings
        found = find.listed(settings, config.invocation_params.dir)
        if found is None and settings.baseline is not None:
            from pytest_edgebench.baselines import git_ref
            from pytest_edgebench.baselines.invocation import Progress
            from pytest_edgebench.session.invocation import invocation

            progress = Progress(lambda: ours.step(), lambda: ours.wipe())
            found = git_ref.build(
                invocation(config), settings.baseline, ours.folder, ours.run_folder, progress
            )
        if found is not None:
            find.tell(found, ours.run_folder)
        ours.baseline = found

    # The end

    def _finish(self, session: pytest.Session, exitstatus: int) -> None:
        from pytest_edgebench.session.ending import end

        stopped = bool(session.shouldfail or session.shouldstop) or exitstatus in STOPPED
        self._end = end(self._session, self._outcomes, stopped=stopped)
        if self._end.failed:
            _fail(session)
        self._ended = session
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            self._folding.fold(reporter)

    def _summary(self, found: End, reporter: pytest.TerminalReporter) -> str:
        lines = [] if found.run is None else self._told_of(found.run, found.unwritten, reporter)
        told = [printable(line) for line in (*found.lines, *self._late)]
        if lines or told:
            reporter.section("edgebench")
            for line in (*lines, *told):
                reporter.line(line)
        return ""

    def _told_of(self, run: Run, unwritten: frozenset[str], reporter: pytest.TerminalReporter) -> list[str]:
        from pytest_edgebench.reports import terminal

        settings = self._session.settings
        written = settings.report is not None and str(settings.report) not in unwritten
        return terminal.summary(
            run,
            settings.show,
            reporter._tw.fullwidth,
            reporter.hasmarkup,
            report=_near(settings.report) if settings.report is not None and written else "",
            verbosity=reporter.verbosity,
        )

    def _annotations(self, found: End, reporter: pytest.TerminalReporter) -> str:
        if found.run is not None and os.environ.get("GITHUB_ACTIONS") == "true":
            from pytest_edgebench.reports.github import commands

            for line in commands(found.run):
                reporter.line(line)
        return ""

    def _suggestions(self, found: End, reporter: pytest.TerminalReporter) -> str:
        if found.run is not None and self._session.settings.suggest:
            from pytest_edgebench.reports.suggest import suggestions

            reporter.section("budgets at what was measured and a margin")
            for line in suggestions(found.run) or ["nothing was measured"]:
                reporter.line(line)
        return ""


def _fail(session: pytest.Session) -> None:
    if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _of_junit(cause: OSError) -> bool:
    """Whether pytest's own JUnit report could not be written."""
    frames = (frame.f_code.co_filename for frame, _ in traceback.walk_tb(cause.__traceback__))
    return any(Path(file).name == "junitxml.py" for file in frames)


def _near(path: Path) -> str:
    """A path as seen from the current folder where it lies below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
