"""What a test's report says of its case: verdict, text without traceback, own statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.begin import CHECKS
from pytest_edgebench.collection import case_of
from pytest_edgebench.errors import BudgetExceeded, EdgebenchError, UnsupportedError
from pytest_edgebench.errors import run as errors
from pytest_edgebench.record.run import Check, Verdict, worst

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from pytest_edgebench.declare.limit import Planned

SENT = "edgebench"  # attribute of a report: plain JSON, which xdist carries


def finish(item: pytest.Item, call: pytest.CallInfo[Any], report: pytest.TestReport) -> pytest.TestReport:
    """Give errors of ours their sentence for a traceback, and the report its check."""
    planned = case_of(item)
    error = None if call.excinfo is None else call.excinfo.value
    if isinstance(error, EdgebenchError):
        _reword(report, planned, error, call, item.config.rootpath)
    if planned is None or (report.when != "call" and report.passed):
        if report.when == "teardown":
            item.stash.get(CHECKS, []).clear()  # pytest keeps all tests to its end
        return report
    if hasattr(report, "wasxfail") and error is not None and not isinstance(error, BudgetExceeded):
        report.longrepr = errors.plain_xfail(str(error))
        report.outcome = "failed"
        del report.wasxfail
    checks = item.stash.get(CHECKS, [])
    check = _check(item.nodeid, report, error, checks)
    from pytest_edgebench.record.codec import encode

    setattr(report, SENT, {"key": planned.case.key, "check": encode(check), "judged": bool(checks)})
    return report


def _reword(
    report: pytest.TestReport,
    planned: Planned | None,
    error: EdgebenchError,
    call: pytest.CallInfo[Any],
    root: Path,
) -> None:
    if not error.where:
        from pytest_edgebench.compressors.blame import user_line

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
    elif report.failed and not isinstance(error, BudgetExceeded):
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
    sent = getattr(report, SENT, None)
    if sent is None or report.when != "call" or not report.passed:
        return None
    rows = [row for row in sent["check"].get("rows", ()) if row["level"] != "off"]
    if any(row["verdict"] == "INCONCLUSIVE" for row in rows):
        return "inconclusive", "?", "INCONCLUSIVE"
    if any(row["verdict"] == "FAIL" for row in rows):
        return "warned", "w", "WARNED"
    return None
