"""All that is demanded of one case judged, on the numbers its `Examination` has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from pytest_edgebench import counting, fit, late
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.record.run import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.examine import Examination
    from pytest_edgebench.judge.bootstrap import Bootstrap
    from pytest_edgebench.judge.facts import Facts, Reference
    from pytest_edgebench.judge.timing import Decision
    from pytest_edgebench.measure.observe import Scored
    from pytest_edgebench.record.run import Row
    from pytest_edgebench.waivers import Waiver


def judge(examination: Examination) -> tuple[Row, ...]:
    """Judge all that is demanded of the examination, and the default checks."""
    from pytest_edgebench.judge.cause import explained
    from pytest_edgebench.judge.defaults import default_rows
    from pytest_edgebench.judge.facts import Facts
    from pytest_edgebench.judge.rows import judge_slot
    from pytest_edgebench.judge.waive import updated

    slots, rules = examination.planned.slots, examination.bench.rules
    if examination.unfit:
        names = examination.planned.case.model, examination.profile.name
        facts = Facts(*names, examination.counted, examination.absent())
        return fit.judge(slots, facts, rules, examination.unfit, examination.planned.place)
    facts = _facts(examination, slots)
    rows = [judge_slot(slot, facts, rules) for slot in slots]
    rows += default_rows(slots, facts, rules, off=examination.planned.off)
    if any(row.reference == "baseline" and row.verdict is Verdict.FAIL for row in rows):
        told = examination.bench.accepted.cause(examination)
        rows = [explained(row, told) for row in rows]
    if examination.bench.settings.update_baseline != "no":
        return tuple(updated(row) for row in rows)
    alive = [waiver for waiver in examination.bench.settings.waivers if date.today() <= waiver.until]
    return tuple(_waived(examination, row, facts, alive) for row in rows)


def _waived(examination: Examination, row: Row, facts: Facts, waivers: Sequence[Waiver]) -> Row:
    """A broken row that a waiver allows, as a warning."""
    from pytest_edgebench.judge.waive import allowed, pending

    found = pending(row, examination.planned.case.key, waivers)
    if found is None:
        return row
    if found.limit.metric == "latency" and found.limit.reference:
        from pytest_edgebench.judge.rows import timing_limit

        decision = _raced(examination, found.limit.reference, timing_limit(found.limit))
        if decision is not None:
            facts = replace(facts, timing={**facts.timing, found.limit.reference: decision})
    return allowed(row, found, facts, examination.bench.rules)


def _facts(examination: Examination, slots: Sequence[Slot]) -> Facts:
    from pytest_edgebench.judge.facts import Facts, ScoreInfo

    score, scored = as_score(examination.model.score), examination.scored
    if any(slot.limit.metric == "memory" for slot in slots):
        _ = examination.memory
    return Facts(
        model=examination.planned.case.model,
        profile=examination.profile.name,
        metrics=examination.metrics(),
        missing=examination.absent(),
        score=ScoreInfo(score.name, score.unit, score.lower_is_better, score.correctness),
        samples=scored.samples,
        parent=_reference(examination, slots),
        baseline=examination.bench.accepted.reference(examination),
        timing=_timing(examination, slots),
        absolute=late.absolute(examination, slots),
    )


def _reference(examination: Examination, slots: Sequence[Slot]) -> Reference:
    from pytest_edgebench.judge.facts import Reference

    parent, scored = examination.parent, examination.parent_scored
    if parent.artifact is None or scored is None:
        return Reference()
    metrics = {scored.name: scored.metric}
    if parent.same_runtime:
        metrics |= examination.counted_of(parent.artifact)
        if any(slot.limit.slot == ("instructions", "", "model") for slot in slots):
            count = counting.instructions(examination, parent.artifact)
            metrics |= {} if isinstance(count, str) else {"instructions": count}
    return Reference(
        metrics=metrics,
        why=parent.why,
        same_bytes=parent.same_runtime
        and parent.artifact.record.digest == examination.artifact.record.digest,
        samples=scored.samples,
        bootstrap=bootstrap(examination, scored),
        changed=changed(examination, scored),
    )


def changed(examination: Examination, parent: Scored) -> int | None:
    """Samples whose largest output is another one, where right and wrong is what is scored."""
    mine, theirs = examination.scored.outputs[0], parent.outputs[0]
    if not as_score(examination.model.score).correctness or mine.shape != theirs.shape:
        return None
    flat = (len(mine), -1)
    return int((mine.reshape(flat).argmax(1) != theirs.reshape(flat).argmax(1)).sum())


def bootstrap(examination: Examination, parent: Scored) -> Bootstrap | None:
    """How the drop of an aggregate varies over the samples; None where there are per-sample values."""
    if parent.samples is not None and examination.scored.samples is not None:
        return None
    from pytest_edgebench.judge.bootstrap import paired

    score, labels = as_score(examination.model.score), examination.scored.labels
    sign = -1.0 if score.lower_is_better else 1.0

    def value(scored: Scored, chosen: Any) -> float:
        outputs = tuple(array[chosen] for array in scored.outputs)
        return float(score.fn(outputs[0] if len(outputs) == 1 else outputs, labels[chosen]))

    return paired(lambda i: sign * (value(parent, i) - value(examination.scored, i)), len(labels))


def _timing(examination: Examination, slots: Sequence[Slot]) -> dict[str, Decision]:
    """Latency against the float model and against the baseline, where they run here."""
    from pytest_edgebench.judge.rows import timing_limit

    rules, found = examination.bench.rules, {}
    for name, usual in (("model", rules.parent_latency), ("baseline", rules.baseline_latency)):
        if ("latency", "p50", name) in examination.planned.off:
            continue
        written = [s.limit for s in slots if s.limit.metric == "latency" and s.limit.reference == name]
        decision = _raced(examination, name, timing_limit(written[0]) if written else usual)
        if decision is not None:
            found[name] = decision
    return found


def _raced(examination: Examination, name: str, limit: float) -> Decision | None:
    """Latency against another file, a ratio; None where it cannot be timed, or has the same bytes."""
    if name == "baseline":
        other = examination.bench.accepted.artifact(examination)
    else:
        other = examination.parent.artifact if examination.parent.same_runtime else None
    timing = examination.profile.measured and not examination.bench.settings.exact_only
    if other is None or not timing or other.record.digest == examination.artifact.record.digest:
        return None
    decision, examination.pairs[name] = examination.bench.race(
        examination.profile, examination.fmt, other, examination.artifact, examination.model, limit
    )
    return decision
