"""`Controller`: the one process that hears all tests, says what was not heard, and writes the record."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.errors import EdgebenchError
from pytest_edgebench.heard import Heard, heard
from pytest_edgebench.outcome import SENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_edgebench.record.run import CaseResult, Run
    from pytest_edgebench.session import Session

STOPPED = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR)


class Controller:
    """Hooks of the reporting process: the only one without xdist, xdist's controller with it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._heard: dict[str, Heard] = {}
        self._run: Run | None = None
        self._written: list[str] = []

    @pytest.hookimpl(tryfirst=True)  # before xdist starts its workers
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        ours = self._session
        if session.config.option.collectonly or ours.settings.selftest:
            return
        from pytest_edgebench import baseline

        try:
            ours.baseline = baseline.find(ours)
        except EdgebenchError as error:
            raise pytest.UsageError(str(error)) from None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        sent = getattr(report, SENT, None)
        if sent is None:
            return
        known = self._heard.get(report.nodeid)
        if known is None or report.failed:
            self._heard[report.nodeid] = heard(report, sent, known)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if session.config.option.collectonly:
            return
        stopped = bool(session.shouldfail or session.shouldstop) or exitstatus in STOPPED
        self._run = run = self._made(stopped)
        if run is None:
            return
        self._write(run)
        if run.problems and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        run = self._run
        if run is None:
            return
        from pytest_edgebench.reports import terminal

        settings, reporter = self._session.settings, terminalreporter
        lines = terminal.summary(
            run,
            settings.show,
            reporter._tw.fullwidth,
            reporter.hasmarkup,
            report=_near(settings.report) if settings.report and not self._failed_to_write() else "",
            quiet=reporter.verbosity < 0,
        )
        if lines or self._written:
            reporter.section("edgebench")
            for line in (*lines, *self._written):
                reporter.line(line)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            from pytest_edgebench.reports.github import commands

            for line in commands(run):
                reporter.line(line)
        if settings.suggest:
            from pytest_edgebench.reports.suggest import suggestions

            reporter.section("budgets at what was measured and a margin")
            for line in suggestions(run) or ["nothing was measured"]:
                reporter.line(line)

    # Within

    def _made(self, stopped: bool) -> Run | None:
        """The run with all that is said of it; None where no test was one of ours.

        Apart from the writing of it, so that the plans are gone from memory by then.
        """
        plans = self._plans()
        if not plans and not self._heard:
            return None
        from pytest_edgebench import keeping

        problems = self._unheard(plans, stopped)
        if plans.get("powerless"):
            problems.append(plans["powerless"])
        if not stopped:
            problems += self._never_judged(plans)
            problems += keeping.gone(self._session, plans) if plans else []
        run = self._record(plans, problems, stopped)
        if not stopped:
            problems += keeping.waivers(self._session, run, date.today())
        if plans:
            refused, self._written = keeping.keep(self._session, run, plans)
            problems += refused
        from pytest_edgebench import remember

        run, told = remember.remember(remember.place(self._session), replace(run, problems=tuple(problems)))
        self._written += told
        return run

    def _plans(self) -> dict[str, Any]:
        """The plans of all processes as one."""
        merged: dict[str, Any] = {
            "tests": {}, "slots": {}, "cases": {}, "all": {}, "warnings": {}, "planned": 0, "powerless": "",
        }  # fmt: skip
        folder = self._session.run_folder / "plans" if "run_folder" in vars(self._session) else None
        for path in sorted(folder.glob("*.json")) if folder is not None else ():
            plan = json.loads(path.read_text(encoding="utf-8"))
            for part in ("tests", "slots", "cases"):
                merged[part] |= plan[part]
            merged["planned"] = max(merged["planned"], plan["planned"])
            merged["warnings"] |= dict.fromkeys(plan["warnings"])
            merged["all"] |= dict.fromkeys(plan["all"])
            merged["powerless"] = merged["powerless"] or plan["powerless"]
        return merged if merged["tests"] else {}

    def _unheard(self, plans: dict[str, Any], stopped: bool) -> list[str]:
        from pytest_edgebench.errors import run as errors

        if stopped or not plans:
            return []
        lost = {node: key for node, key in plans["tests"].items() if node not in self._heard}
        return [errors.never_heard(key, node) for node, key in lost.items()]

    def _never_judged(self, plans: dict[str, Any]) -> list[str]:
        """Budgets of tests that passed, which no `edge.check()` looked at."""
        from pytest_edgebench.declare.limit import Limit, Slot
        from pytest_edgebench.declare.use import BudgetUse

        use = BudgetUse()
        for node, one in self._heard.items():
            if one.judged:
                use.judge(one.key, one.places)
            if not one.passed:
                continue
            slots = [
                Slot(Limit(metric, statistic, reference, 0.0, "", text), "error", place)
                for place, metric, statistic, reference, text in plans.get("slots", {}).get(node, ())
            ]
            use.plan(node.partition("[")[0], one.key, slots)
        root = f"{self._session.config.rootpath}/"
        return [message.replace(root, "") for message in use.messages()]

    def _record(self, plans: dict[str, Any], problems: list[str], stopped: bool) -> Run:
        from pytest_edgebench import baseline
        from pytest_edgebench.judge.matrix import fold, with_adjusted
        from pytest_edgebench.record import environment
        from pytest_edgebench.record.run import Run

        remarks: dict[str, None] = {}
        cases = with_adjusted(self._cases(plans, remarks, stopped), self._session.settings.planned)
        notes = {**plans.get("warnings", {}), **dict.fromkeys(shared.sentence for shared in fold(cases))}
        host, compared, told = environment.host(), self._session.baseline, {}
        if compared is not None:
            told = baseline.header(compared, host)
            notes |= dict.fromkeys(baseline.notes(compared, host))
        notes |= remarks
        config, root = self._session.config, self._session.settings.root
        commit = environment.commit(root)
        return Run(
            started=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._session.started)),
            duration_s=time.time() - self._session.started,
            command=tuple(str(argument) for argument in config.invocation_params.args),
            commit=commit.sha,
            branch=commit.branch,
            dirty=commit.dirty,
            environment=host,
            versions=environment.versions(),
            profiles={name: environment.told(p) for name, p in self._session.settings.profiles.items()},
            cases=cases,
            problems=tuple(problems),
            notes=tuple(notes),
            baseline=told,
        )

    def _cases(
        self, plans: dict[str, Any], remarks: dict[str, None], stopped: bool
    ) -> tuple[CaseResult, ...]:
        """What was heard and found of each case, one after the other: all of it at once would fill memory.

        Args:
            remarks: takes those of all cases.
        """
        from pytest_edgebench.record.codec import SharingDecoder
        from pytest_edgebench.record.run import (
            ArtifactRecord,
            CaseResult,
            Check,
            Observation,
            PairRecord,
            Verdict,
        )

        decoder = SharingDecoder("the run folder")
        checks: dict[str, list[Check]] = {key: [] for key in plans.get("cases", {})}
        for one in self._heard.values():
            checks.setdefault(one.key, []).append(decoder.decode(Check, one.check(), ""))
        for node, key in plans.get("tests", {}).items():
            if node not in self._heard:
                verdict = Verdict.NOT_RUN if stopped else Verdict.ERROR
                reason = "the session ended before it" if stopped else "planned, but never heard of"
                checks[key].append(Check(node, verdict, reason=reason, failed=True))
        self._heard.clear()
        root = f"{self._session.config.rootpath}/"
        found = []
        for key, told in checks.items():
            model, recipe, variant, profile, place = plans["cases"][key]
            facts = self._facts(key)
            remarks |= dict.fromkeys(facts.get("remarks", ()))
            found.append(
                CaseResult(
                    key, model, recipe, variant, profile, place.replace(root, ""),
                    tuple(_near_rows(check, root) for check in told),
                    decoder.decode(ArtifactRecord | None, facts.get("artifact"), ""),
                    decoder.decode(Observation | None, facts.get("observation"), ""),
                    decoder.decode(Observation | None, facts.get("parent"), ""),
                    {name: decoder.decode(PairRecord, v, "") for name, v in facts.get("pairs", {}).items()},
                )
            )  # fmt: skip
        return tuple(found)

    def _facts(self, key: str) -> dict[str, Any]:
        path = self._session.run_folder / "cases" / f"{key}.json"
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not built, or its process was killed while it wrote
            return {}
        return found

    def _write(self, run: Run) -> None:
        """The files that were asked for; the record always stays in the run folder."""
        from pytest_edgebench.record import store

        settings = self._session.settings
        kept = self._session.run_folder / "run.json"
        wanted: list[tuple[Path, Iterable[str]]] = [(kept, store.pieces(run))]
        if settings.json is not None:
            wanted.append((settings.json, _again(kept, run)))
        if settings.markdown is not None:
            from pytest_edgebench.reports import markdown

            wanted.append((settings.markdown, markdown.render(run)))
        if settings.report is not None:
            from pytest_edgebench.reports import html

            wanted += html.files_of(run, settings.report, _again(kept, run))
        for path, text in wanted:
            try:
                store.write(path, text)
            except EdgebenchError as error:
                self._written.append(f"✕ {path}: {error.what}")

        summary = os.environ.get("GITHUB_STEP_SUMMARY", "")
        if summary:
            from pytest_edgebench.reports.github import summarise

            try:
                summarise(run, Path(summary))
            except OSError as cause:
                self._written.append(f"✕ {summary} could not be written: {cause.strerror or cause}")

    def _failed_to_write(self) -> bool:
        return any(str(self._session.settings.report) in line for line in self._written)


def _again(kept: Path, run: Run) -> Iterator[str]:
    """The record for another file: as it was written into the run folder, or anew where it was not."""
    from pytest_edgebench.record import store

    yield from store.chunks(kept) if kept.is_file() else store.pieces(run)


def _near_rows(check: Any, root: str) -> Any:
    """The check with places told from the root folder."""
    from dataclasses import replace

    rows = tuple(replace(row, place=row.place.replace(root, "")) for row in check.rows)
    return replace(check, rows=rows, reason=check.reason.replace(root, ""))


def _near(path: Path) -> str:
    """A path as seen from the current folder where it lies below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
