"""A stored run, judged by the budgets that tests have now."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import CaseResult, Check, Row, Verdict
from pytest_edgebench.session import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.limit import Planned
    from pytest_edgebench.judge.measurements import Rules
    from pytest_edgebench.record.run import Run
    from pytest_edgebench.session.plan_only import Planning
    from pytest_edgebench.settings.resolve import Settings


def judged_again(run: Run, planning: Planning) -> Run:
    """The run with the checks that its cases have by the tests of now; numbers are those of the record.

    A case that is planned and not in the record is an ERROR; one that no test judges any more is NOT RUN.
    """
    from pytest_edgebench.case.toolbox import rules_of
    from pytest_edgebench.judge.matrix import with_adjusted

    settings = planning.settings
    assert settings is not None, "tests of cases have a session"
    known = {case.key: case for case in run.cases}
    rules = rules_of(settings, sum(len(case.pairs) for case in run.cases))
    checks: dict[str, list[Check]] = {key: [] for key in known}
    unknown: dict[str, CaseResult] = {}
    for node, planned in planning.tests:
        case = known.get(planned.case.key)
        if case is None:
            unknown[planned.case.key] = _missing(planned, node)
        elif planned.slots or any(check.nodeid == node for check in case.checks):
            checks[planned.case.key].append(_check(case, planned, node, settings, rules))
    again = [replace(case, checks=tuple(checks[case.key]) or (_left(case),)) for case in run.cases]
    cases = with_adjusted([*again, *unknown.values()])
    notes = (errors.again(run.started), *run.notes)
    return replace(run, cases=cases, problems=(), loosened=(), notes=notes)


def _check(case: CaseResult, planned: Planned, node: str, settings: Settings, rules: Rules) -> Check:
    from pytest_edgebench.judge.rows import check_verdict
    from pytest_edgebench.judge.stored import rejudged

    if case.observation is None:
        before = next((check for check in case.checks), Check(node, Verdict.ERROR))
        return replace(before, nodeid=node)
    rows = rejudged(case, planned.slots, rules, planned.off)
    rows = tuple(_waived(case, planned, row, rules, settings) for row in rows)
    verdict = check_verdict(rows)
    blocking = {Verdict.FAIL, Verdict.ERROR}
    if settings.inconclusive == "fail":
        blocking.add(Verdict.INCONCLUSIVE)
    return Check(node, verdict, rows, failed=verdict in blocking)


def _waived(case: CaseResult, planned: Planned, row: Row, rules: Rules, settings: Settings) -> Row:
    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.judge.apply_waiver import allowed, pending
    from pytest_edgebench.judge.stored import facts_of

    alive = [waiver for waiver in settings.waivers if date.today() <= waiver.until]
    found = pending(row, planned.case.key, alive)
    if found is None:
        return row
    facts = facts_of(case, [Slot(found.limit, "error", row.place)], rules)
    return allowed(row, found, facts, rules)


def _missing(planned: Planned, node: str) -> CaseResult:
    case = planned.case
    check = Check(node, Verdict.ERROR, reason=errors.not_in_record(), failed=True)
    return CaseResult(
        case.key, case.model, case.recipe or "original", case.variant, case.profile, planned.place, (check,)
    )


def _left(case: CaseResult) -> Check:
    nodes: Sequence[Check] = case.checks
    return Check(nodes[0].nodeid if nodes else "", Verdict.NOT_RUN, reason=errors.judged_by_none())
