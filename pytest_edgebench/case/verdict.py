"""All that is demanded of one case judged, on the numbers its `CaseRun` has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pytest_edgebench.case import capacity, confirm, slices
from pytest_edgebench.case.against import bootstrap, changed
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.declare.slices import is_slice
from pytest_edgebench.record.run import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.case.case import CaseRun
    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.judge.measurements import Facts, Reference
    from pytest_edgebench.judge.relative_latency import Decision
    from pytest_edgebench.record.run import Row
    from pytest_edgebench.settings.waivers import Waiver


def judge(case_run: CaseRun) -> tuple[Row, ...]:
    """Judge all that is demanded of the case_run, and the default checks."""
    from pytest_edgebench.judge.apply_waiver import updated
    from pytest_edgebench.judge.cause import explained
    from pytest_edgebench.judge.defaults import default_rows
    from pytest_edgebench.judge.measurements import Facts
    from pytest_edgebench.judge.rows import judge_slot
    from pytest_edgebench.judge.slices import unasked

    slots, rules = case_run.planned.slots, case_run.toolbox.rules
    if case_run.unfit:
        names = case_run.planned.case.model, case_run.profile.name
        facts = Facts(*names, case_run.counted, case_run.absent())
        return capacity.judge(slots, facts, rules, case_run.unfit, case_run.planned.place)
    facts = _facts(case_run, slots)
    if case_run.twin is not None and case_run.twin.contradicted:
        case_run.remarks[f"{case_run.planned.case.key}: {case_run.twin.kernels}"] = None
    rows = [judge_slot(slot, facts, rules) for slot in slots]
    rows += default_rows(slots, facts, rules, off=case_run.planned.off)
    if not any(is_slice(slot.limit.statistic) for slot in slots) and (lost := unasked(facts, rules)):
        case_run.remarks[f"{case_run.planned.case.key}: {lost}"] = None
    if any(row.reference == "baseline" and row.verdict is Verdict.FAIL for row in rows):
        told = case_run.toolbox.accepted.cause(case_run)
        rows = [explained(row, told) for row in rows]
        case_run.layers = case_run.toolbox.accepted.layers(case_run)
    if case_run.toolbox.settings.update_baseline != "no":
        return tuple(updated(row) for row in rows)
    alive = [waiver for waiver in case_run.toolbox.settings.waivers if date.today() <= waiver.until]
    return tuple(_waived(case_run, row, facts, alive) for row in rows)


def _waived(case_run: CaseRun, row: Row, facts: Facts, waivers: Sequence[Waiver]) -> Row:
    """A broken row that a waiver allows, as a warning."""
    from pytest_edgebench.judge.apply_waiver import allowed, pending

    found = pending(row, case_run.planned.case.key, waivers)
    if found is None:
        return row
    if found.limit.metric == "latency" and found.limit.reference:
        from pytest_edgebench.judge.rows import timing_limit

        decision = _compared(case_run, found.limit.reference, timing_limit(found.limit))
        if decision is not None:
            facts = replace(facts, timing={**facts.timing, found.limit.reference: decision})
    return allowed(row, found, facts, case_run.toolbox.rules)


def _facts(case_run: CaseRun, slots: Sequence[Slot]) -> Facts:
    from pytest_edgebench.judge.measurements import Facts

    score, scored = as_score(case_run.model.score), case_run.scored
    case_run.ask(dict.fromkeys(slot.limit.metric for slot in slots if _measured_for(slot)))
    timing = _timing(case_run, slots)
    absolute = confirm.absolute(case_run, slots)  # after the comparisons, whose loads may do
    return Facts(
        model=case_run.planned.case.model,
        profile=case_run.profile.name,
        metrics=case_run.metrics(),
        missing=case_run.absent(),
        score=slices.score_info(score),
        samples=scored.samples,
        parent=_reference(case_run, slots),
        baseline=case_run.toolbox.accepted.reference(case_run),
        timing=timing,
        absolute=absolute,
        shared=case_run.profile.measured and not case_run.profile.dedicated,
        slices=case_run.slices,
    )


def _reference(case_run: CaseRun, slots: Sequence[Slot]) -> Reference:
    from pytest_edgebench.judge.measurements import Reference

    parent, scored = case_run.parent, case_run.parent_scored
    if parent.artifact is None or scored is None:
        return Reference()
    compared = [
        slot.limit.metric for slot in slots if slot.limit.reference == "model" and _measured_for(slot)
    ]
    return Reference(
        metrics=case_run.parent_metrics(compared),
        why=parent.why,
        same_bytes=parent.same_runtime and parent.artifact.record.digest == case_run.artifact.record.digest,
        samples=scored.samples,
        bootstrap=bootstrap(case_run.model, case_run.scored, scored),
        changed=changed(case_run.model, case_run.scored, scored),
        slices=case_run.parent_slices,
    )


def _measured_for(slot: Slot) -> bool:
    """Whether a budget needs a number of its metric at once; for latency loads are timed later on."""
    return slot.limit.metric != "latency"


def _timing(case_run: CaseRun, slots: Sequence[Slot]) -> dict[str, Decision]:
    """Latency against the float model and against the baseline, where they run here."""
    from pytest_edgebench.judge.rows import timing_limit

    rules, found = case_run.toolbox.rules, {}
    for name, usual in (("model", rules.parent_latency), ("baseline", rules.baseline_latency)):
        if ("latency", "p50", name) in case_run.planned.off:
            continue
        written = [s.limit for s in slots if s.limit.metric == "latency" and s.limit.reference == name]
        decision = _compared(case_run, name, timing_limit(written[0]) if written else usual)
        if decision is not None:
            found[name] = decision
    return found


def _compared(case_run: CaseRun, name: str, limit: float) -> Decision | None:
    """Latency against another file, a ratio; None where it cannot be timed, or has the same bytes."""
    if name == "baseline":
        other = case_run.toolbox.accepted.artifact(case_run)
    else:
        other = case_run.parent.artifact if case_run.parent.same_runtime else None
    if other is None or not case_run.timing or other.record.digest == case_run.artifact.record.digest:
        return None
    profile = case_run.profile
    decision, case_run.pairs[name] = case_run.toolbox.comparisons.compare(
        other, case_run.artifact, case_run.spec, case_run.model, profile.batch, limit, profile.name
    )
    return decision
