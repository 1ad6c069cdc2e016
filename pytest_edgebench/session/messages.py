"""`Outcomes`: what the reporting process heard of all tests."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.names import MADE, MESSAGE

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """The check of a test, packed: ten thousand of them as they came would fill memory.

    Attributes:
        key: of the case. judged: whether the test asked for a check of it. passed: the test's phase.
        places: of the budgets that were judged.
        packed: the check, JSON through zlib.
        process: the xdist worker that ran the test; "" without xdist.
        skipped: whether the test skipped itself before it asked for a check.
    """

    key: str
    judged: bool
    passed: bool
    places: tuple[str, ...]
    packed: bytes
    process: str = ""
    skipped: bool = False

    def check(self) -> dict[str, Any]:
        """As it came."""
        found: dict[str, Any] = json.loads(zlib.decompress(self.packed))
        return found


class Outcomes:
    """Node id → what was heard of the test. Of several attempts at one test the last one counts.

    Plugins that run a test again (pytest-rerunfailures) report each attempt from its setup on. Under xdist's
    ``--dist each`` a node id stands for one test a worker: there the first failure counts.

    Attributes:
        made: place of a budget that was made or added while a test ran → what to say where it was not judged,
            and whether it stands on the test.
        stood: key of a case of which a test skipped itself → node id → what each of its tests demands.
        hidden: node id of a test that broke budgets and that a hook made one that did not fail → its case.
    """

    def __init__(self) -> None:
        self._known: dict[str, TestOutcome] = {}
        self._again: dict[str, str] = {}
        self.made: dict[str, tuple[str, bool]] = {}
        self.hidden: dict[str, str] = {}
        self.stood: dict[str, dict[str, Any]] = {}

    def hear(self, report: pytest.TestReport) -> None:
        """Take a report of pytest's."""
        for place, (words, on_test) in getattr(report, MADE, {}).items():
            self.made[place] = (words, on_test)
        process, sent = str(getattr(report, "worker_id", "")), getattr(report, MESSAGE, None)
        known = self._known.get(report.nodeid)
        if report.when == "setup" and known is not None and known.process == process:
            self._again[report.nodeid] = process
        if sent is None:
            return
        if sent.get("stood"):
            self.stood[sent["key"]] = sent["stood"]
        if _hides(report, sent["check"]):
            self.hidden[report.nodeid] = sent["key"]
        elif report.when == "call":
            self.hidden.pop(report.nodeid, None)
        if known is not None and self._again.get(report.nodeid) == process == known.process:
            del self._again[report.nodeid]
            known = None
        if known is None or report.failed:
            self._known[report.nodeid] = outcome_of(report, sent, known, process)

    def nodes(self) -> Iterable[tuple[str, TestOutcome]]:
        """All that was heard, by node id."""
        return self._known.items()

    def __contains__(self, node: object) -> bool:
        return node in self._known

    def __bool__(self) -> bool:
        return bool(self._known)

    def clear(self) -> None:
        """Let go of what has been taken into the record."""
        self._known.clear()


def _hides(report: pytest.TestReport, check: dict[str, Any]) -> bool:
    """Whether a test that broke a budget had failed, and is neither expected to nor run again."""
    broken = any(row["level"] == "error" and row["verdict"] == "FAIL" for row in check.get("rows", ()))
    kept = report.outcome in ("failed", "rerun") or hasattr(report, "wasxfail")
    return bool(broken and check.get("failed") and not kept)


def outcome_of(
    report: pytest.TestReport, sent: dict[str, Any], known: TestOutcome | None, process: str = ""
) -> TestOutcome:
    """What a report tells; the report itself keeps only what `outcome.status` asks: pytest keeps all reports.

    Args:
        sent: what `outcome.finish` put on the report.
        known: what was heard of the test before: a failing teardown comes after the call, and what was
            judged then stays.
    """
    check = sent["check"]
    if known is not None and not check.get("rows"):
        check = {**check, "rows": known.check().get("rows", [])}
    rows = check.get("rows", [])
    sent["check"] = {
        "verdict": check["verdict"],
        "rows": [{name: row[name] for name in ("level", "verdict")} for row in rows],
    }
    places = tuple(row.get("place", "") for row in rows)
    packed = zlib.compress(json.dumps(check).encode(), 1)
    skipped = bool(sent.pop("stood", None))
    return TestOutcome(sent["key"], sent["judged"], report.passed, places, packed, process, skipped)
