"""What a test's report says of its case: verdict, text without traceback, own statuses."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.errors import BudgetExceeded, EdgebenchError, UnsupportedError
from pytest_edgebench.base.names import MADE, MESSAGE, OVER
from pytest_edgebench.declare import made
from pytest_edgebench.declare.items import case_of
from pytest_edgebench.record.run import Check, Verdict, worst
from pytest_edgebench.session import errors
from pytest_edgebench.session.late import added

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.declare.limit import Planned
    from pytest_edgebench.record.run import Row
    from pytest_edgebench.session.late import Late

SEEN: pytest.StashKey[int] = pytest.StashKey()
"""How many of a test's checks have been reported."""


def finish(
    item: pytest.Item,
    call: pytest.CallInfo[Any],
    report: pytest.TestReport,
    checks: list[Check],
    *,
    undecided_fails: bool = False,
    accept: str = "",
    skipped: Callable[[str, bool], dict[str, Any]] = lambda key, skipped: {},
) -> pytest.TestReport:
    """Give errors of ours their sentence for a traceback, and the report its check.

    Args:
        checks: of the test so far; emptied once it is over.
        undecided_fails: whether an undecided check fails its test.
        accept: the command that accepts a run as the baseline.
        skipped: is told the key of the case, and whether the test skipped itself; returns what its tests
            demand.
    """
    planned = case_of(item)
    error = None if call.excinfo is None else call.excinfo.value
    if isinstance(error, EdgebenchError):
        _reword(report, planned, error, call, item.config.rootpath)
    swallowed = _broken(item, report, checks, undecided_fails)
    if planned is not None and swallowed and report.failed and isinstance(error, BudgetExceeded):
        from pytest_edgebench.session import failure

        key, root = planned.case.key, item.config.rootpath
        report.longrepr = failure.shown(key, swallowed, root, accept, planned.place)
        setattr(report, OVER, True)
    if planned is not None and swallowed and not report.failed and not isinstance(error, BudgetExceeded):
        _fail_swallowed(report, planned.case.key, swallowed, item.config.rootpath)
    if planned is None or (report.when != "call" and report.passed):
        if report.when == "teardown":
            checks.clear()  # pytest keeps all tests to its end
        return report
    if hasattr(report, "wasxfail") and error is not None and not isinstance(error, BudgetExceeded):
        report.longrepr = errors.plain_xfail(str(error))
        report.outcome = "failed"
        del report.wasxfail
    check = _check(item.nodeid, report, error, checks)
    from pytest_edgebench.record.codec import encode

    key, stood = planned.case.key, {}
    if check.verdict is Verdict.NOT_RUN or report.when == "call":
        stood = skipped(key, check.verdict is Verdict.NOT_RUN)
    sent = {"key": key, "check": encode(check), "judged": bool(checks), "stood": stood}
    setattr(report, MESSAGE, sent)
    return report


def tell_made(item: pytest.Item, report: pytest.TestReport, late: Late) -> None:
    """Put budgets on the report that were made or added while the test ran; one that failed says enough.

    Of one that was skipped, those that are on no test.
    """
    found = added(late, item, made.take())
    told = {place: list(words) for place, words in found.items() if report.passed or not words[1]}
    if told and not report.failed:
        setattr(report, MADE, told)


def _broken(
    item: pytest.Item, report: pytest.TestReport, checks: list[Check], undecided_fails: bool
) -> list[Row]:
    """What a test broke since its last report: its call answers for its setup, too, if that passed."""
    first = report.when == "setup"
    new = checks[0 if first else item.stash.get(SEEN, 0) :]
    item.stash[SEEN] = 0 if first and report.passed else len(checks)
    if first and report.passed:
        return []
    blocking = [Verdict.FAIL, Verdict.ERROR, *([Verdict.INCONCLUSIVE] if undecided_fails else [])]
    return [row for check in new for row in check.rows if row.verdict in blocking and _blocks(row)]


def _blocks(row: Row) -> bool:
    """As `edge.check()` has it: a row that could not be judged fails the test at any level."""
    return row.level == "error" or (row.level == "warn" and row.verdict is Verdict.ERROR)


def _fail_swallowed(report: pytest.TestReport, key: str, broken: list[Row], root: Path) -> None:
    """Fail the report of a test that caught the exception of a broken budget, or hid it by a skip."""
    from pytest_edgebench.reports.row_text import row_line

    lines = "\n".join(row_line(key, row) for row in broken)
    report.longrepr = errors.swallowed(lines.replace(f"{root}/", ""))
    report.outcome = "failed"
    if hasattr(report, "wasxfail"):
        del report.wasxfail


def _reword(
    report: pytest.TestReport,
    planned: Planned | None,
    error: EdgebenchError,
    call: pytest.CallInfo[Any],
    root: Path,
) -> None:
    if planned is not None and _of_cache(error.where):
        error.where = planned.place  # a path of the cache says nothing to a user
    if not error.where:
        from pytest_edgebench.compressors.build.blame import user_line

        error.where = user_line(error)
    text = str(error).replace(f"{root}/", "")
    if isinstance(error, UnsupportedError) and planned is not None:
        if planned.required:
            report.longrepr = errors.required(planned.case.profile, text)
            return
        file, _, line = (error.where or planned.place).rpartition(":")
        report.outcome = "skipped"
        report.longrepr = (file, int(line) if line.isdigit() else 0, f"UNSUPPORTED: {_sentence(error)}")
        return
    report.longrepr = text


def _of_cache(where: str) -> bool:
    parts = Path(where).parts
    return any(pair == ("cache", "artifacts") for pair in itertools.pairwise(parts))


def _sentence(error: EdgebenchError) -> str:
    return f"{error.what} ({error.fix})" if error.fix else error.what


def _check(nodeid: str, report: pytest.TestReport, error: BaseException | None, checks: list[Check]) -> Check:
    """The check of a test: its judgements together, and what else happened to it."""
    rows = tuple(row for check in checks for row in check.rows)
    seconds = sum(check.seconds for check in checks)
    verdicts = [check.verdict for check in checks]
    reason = ""
    if isinstance(error, UnsupportedError):
        verdicts.append(Verdict.UNSUPPORTED)
        reason = _sentence(error)
    elif isinstance(error, EdgebenchError) or (report.when != "call" and report.failed):
        verdicts.append(Verdict.ERROR)
        reason = _first_line(error)
    elif report.failed and error is not None and not isinstance(error, BudgetExceeded):
        verdicts.append(Verdict.FAIL)
        reason = _first_line(error) or "the test's own assertion"
    elif report.skipped and not hasattr(report, "wasxfail") and not checks:
        verdicts.append(Verdict.NOT_RUN)
        reason = _first_line(error) or "skipped"
    verdict = worst(verdicts) if verdicts else Verdict.PASS
    return Check(nodeid, verdict, rows, reason, seconds, report.failed)


def _first_line(error: BaseException | None) -> str:
    if error is None:
        return ""
    if isinstance(error, EdgebenchError):
        return str(error).replace("\n  fix: ", "; ")
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def status(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Own words for a test that passed with something to tell."""
    sent = getattr(report, MESSAGE, None)
    if sent is None or report.when != "call" or not report.passed:
        return None
    rows = [row for row in sent["check"].get("rows", ()) if row["level"] != "off"]
    if any(row["verdict"] == "INCONCLUSIVE" for row in rows):
        return "inconclusive", "?", "INCONCLUSIVE"
    if any(row["verdict"] == "FAIL" for row in rows):
        return "warned", "w", "WARNED"
    return None
