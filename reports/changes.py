"""All judgements, once each: equal rows of several profiles or tests are one item."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports import status

if TYPE_CHECKING:
    from pytest_edgebench.record.run import CaseResult, Check, Row, Run
    from pytest_edgebench.reports.status import Status


@dataclass(slots=True)
class Item:
    """One judgement and every case it holds for.

    Attributes:
        row: None where a test failed without a judged metric (its own assertion, a build error).
        reason: of the check, for an item without a row.
        cases: those that share it: an exact metric is the same on every profile.
        nodeids: tests that made it.
    """

    status: Status
    row: Row | None
    reason: str
    cases: list[CaseResult] = field(default_factory=list)
    nodeids: list[str] = field(default_factory=list)

    @property
    def subject(self) -> str:
        """The case's key, or model and recipe with the profiles that share the judgement."""
        first = self.cases[0]
        if len(self.cases) == 1:
            return first.key
        profiles = [case.profile for case in self.cases]
        more = f" and {len(profiles) - 4} more" if len(profiles) > 4 else ""
        return f"{variant(first)} on {', '.join(profiles[:4])}{more}"


@dataclass(slots=True)
class Silence:
    """Cases of one profile that were not judged, and why."""

    status: Status
    profile: str
    reason: str
    cases: list[CaseResult] = field(default_factory=list)


def variant(case: CaseResult) -> str:
    """``model-recipe`` or ``model-recipe.variant``: a case's key without its profile."""
    return f"{case.model}-{case.variant_name}"


def items(run: Run) -> list[Item]:
    """Every judgement of a run, most urgent first, then by share of the budget used."""
    found: dict[object, Item] = {}
    for case in run.cases:
        for check in case.checks:
            for row in check.rows:
                _add(found, case, check, Item(status.of_row(row), row, ""))
            if speaks_itself(check):
                _add(found, case, check, Item(of_check(check), None, check.reason))
    return sorted(found.values(), key=_urgency)


def silences(run: Run) -> list[Silence]:
    """What was not run, by profile and reason."""
    found: dict[tuple[str, str, str], Silence] = {}
    for case in run.cases:
        called = status.of_case(case)
        if called in status.SILENT:
            reason = why_silent(case)
            key = (called.name, case.profile, reason)
            found.setdefault(key, Silence(called, case.profile, reason)).cases.append(case)
    return list(found.values())


def why_silent(case: CaseResult) -> str:
    """Why a case was not judged, in the words of the check that was not."""
    for check in case.checks:
        if check.verdict is case.verdict:
            reasons = [check.reason, *(row.reason for row in check.rows if row.verdict is case.verdict)]
            return next((reason for reason in reasons if reason), "no reason was recorded")
    return "no test judged it"


def speaks_itself(check: Check) -> bool:
    """Whether a check says something that none of its rows says."""
    if check.verdict in (Verdict.PASS, Verdict.NOT_RUN, Verdict.UNSUPPORTED):
        return False
    return not any(
        row.verdict is check.verdict and (check.verdict is not Verdict.FAIL or row.level == "error")
        for row in check.rows
    )


def of_check(check: Check) -> Status:
    named = {Verdict.ERROR: status.ERROR, Verdict.INCONCLUSIVE: status.INCONCLUSIVE}
    return named.get(check.verdict, status.FAILED)


def _add(found: dict[object, Item], case: CaseResult, check: Check, item: Item) -> None:
    apart = (case.key, check.nodeid) if item.row is None else ()
    key = (case.model, case.recipe, case.variant, item.row, item.reason, item.status.name, *apart)
    held = found.setdefault(key, item)
    if all(other.key != case.key for other in held.cases):
        held.cases.append(case)
    if check.nodeid not in held.nodeids:
        held.nodeids.append(check.nodeid)


def _urgency(item: Item) -> tuple[int, float]:
    use = status.use_of_budget(item.row) if item.row is not None else None
    return status.RANK[item.status.name], -(math.inf if use is None or math.isnan(use) else use)
