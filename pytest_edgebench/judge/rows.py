"""One demanded slot and the facts of its case → one row of a check."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.declare.slices import is_slice
from pytest_edgebench.judge import errors
from pytest_edgebench.judge.draft import failed, kind_of, title_of, written
from pytest_edgebench.judge.exact import (
    as_written,
    bound_of,
    breaks,
    change_percent,
    difference_text,
    over_text,
)
from pytest_edgebench.judge.formatting import percent, quantity
from pytest_edgebench.judge.measurements import Facts, Rules
from pytest_edgebench.judge.predicted import verdict_of
from pytest_edgebench.judge.relative_latency import Decision, Outcome, describe, wants_second
from pytest_edgebench.judge.scores import score_row
from pytest_edgebench.judge.slices import slice_row
from pytest_edgebench.record.run import Metric, Row, Verdict, worst

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from pytest_edgebench.declare.limit import Limit, Slot
    from pytest_edgebench.declare.limit import Reference as ReferenceName
    from pytest_edgebench.judge.absolute_latency import AbsoluteDecision
    from pytest_edgebench.judge.measurements import Reference
    from pytest_edgebench.record.schema import Evidence

THE = {"model": "the float model", "baseline": "the baseline"}
LIMITED = {"model": "original", "baseline": "baseline"}
"""What a default limit is written against, as in ``original + 3 %``."""


def judge_slot(slot: Slot, facts: Facts, rules: Rules | None = None) -> Row:
    """Judge one written budget.

    A missing number or reference under a budget is a FAIL that says what is missing. Where the budget demands
    a kind of evidence, no number or one of a weaker kind is not judged: an ERROR, which fails at any level.
    A prediction over a limit is a warning, unless the budget says at which level it is.
    """
    row = _judged(slot, facts, rules or Rules())
    guessed = row.measured is not None and _guessed(row.measured) and not slot.limit.reference
    return replace(row, level="warn") if slot.usual and guessed and row.verdict is Verdict.FAIL else row


def _judged(slot: Slot, facts: Facts, rules: Rules) -> Row:
    limit, row = slot.limit, written(slot)
    kind = kind_of(limit.metric)
    sliced = is_slice(limit.statistic)
    row = replace(row, measured=facts.metrics.get(limit.metric if sliced else limit.key))
    if kind is not None and kind.higher_is_better:
        row = replace(row, higher_is_better=True)
    if kind is None or kind.cls == "score":
        if facts.score is None or facts.score.name != limit.metric:
            name = None if facts.score is None else facts.score.name
            return failed(row, errors.no_such_score(limit.metric, facts.model, name))
        if not limit.reference and limit.unit != facts.score.unit:
            return failed(row, errors.other_unit(limit.metric, limit.text, facts.score.unit))
        row = replace(row, higher_is_better=not facts.score.lower_is_better)
    title, timed = title_of(limit), _timed(limit, facts)
    demanded = None if kind is not None and kind.in_file else slot.evidence
    if row.measured is None and kind is not None and kind.against_baseline:
        missing = _no_reference("baseline", facts)
        if missing is not None:
            return replace(row, verdict=missing[0], reason=missing[1])
    if row.measured is None and not timed and not _to_be_timed(limit, facts):
        row = failed(row, no_number(limit, facts, slot.evidence))
        return replace(row, verdict=Verdict.ERROR) if demanded else row
    if row.measured is not None and not math.isfinite(row.measured.value):
        return failed(row, errors.not_finite(title, row.measured.value, facts.profile))
    if row.measured is not None and (unlike := _unlike(row.measured, limit, facts)):
        return replace(row, verdict=Verdict.ERROR, reason=unlike)
    if demanded is not None:
        evidence = row.measured.evidence if row.measured else "host"  # pairs are timed on this machine only
        if errors.LADDER.index(evidence) < errors.LADDER.index(demanded):
            why = errors.weak_evidence(title, evidence, demanded, facts.profile)
            return replace(row, verdict=Verdict.ERROR, reason=why)
    if limit.reference and not timed and (missing := _no_reference(limit.reference, facts)):
        return replace(row, verdict=missing[0], reason=missing[1])
    if row.measured is not None and (kind is None or kind.cls != "exact" or _guessed(row.measured)):
        reference = facts.reference(limit.reference) if limit.reference else None
        other = None if reference is None else (reference.metrics or {}).get(limit.key)
        least = next((m for m in (row.measured, other) if m is not None and m.floor), None)
        if least is not None and not timed:
            return _least_row(row, limit, least)
    if limit.metric == "latency":
        return latency_row(row, limit, facts)
    if kind is None or kind.cls == "score":
        return (slice_row if sliced else score_row)(row, limit, facts, rules)
    return _counted_row(row, limit, facts, noisy=kind.cls == "noisy")


def _guessed(metric: Metric) -> bool:
    return metric.evidence == "predicted"


def _unlike(measured: Metric, limit: Limit, facts: Facts) -> str:
    """Why a number or its reference is in another unit than the metric; "" where they are alike."""
    kind = kind_of(limit.metric)
    score = facts.score if kind is None or kind.cls == "score" else None
    wanted = score.unit if score is not None else kind.unit if kind is not None else ""
    if measured.unit != wanted:
        return errors.unit_differs(title_of(limit), measured.unit, wanted)
    known = (facts.reference(limit.reference).metrics or {}) if limit.reference else {}
    other = known.get(limit.key) or (known.get(limit.metric) if score is not None else None)
    if other is not None and other.unit != wanted:
        return errors.unit_differs(f"{title_of(limit)} of {THE[limit.reference]}", other.unit, wanted)
    return ""


def _least_row(row: Row, limit: Limit, least: Metric) -> Row:
    """A score, a timing or a prediction that is known only to be at least so much: never a PASS."""
    told = f"at least {quantity(least.value, least.unit)}"
    over = not limit.reference and not row.higher_is_better and least.value > limit.amount
    if over:
        allowed = quantity(limit.amount, least.unit)
        return failed(replace(row, bound=limit.amount), f"{told}, over the limit of {allowed}")
    return replace(row, verdict=Verdict.ERROR, reason=errors.floor(title_of(limit), told, least.note))


def check_verdict(rows: Sequence[Row]) -> Verdict:
    """The verdict of a check: the worst of its error-level rows, and of any row that ended in ERROR.

    A check whose rows are all warnings passes; one without any judged row is NOT RUN.
    """
    judged = [row for row in rows if row.level != "off"]
    blocking = [row.verdict for row in judged if row.level == "error" or row.verdict is Verdict.ERROR]
    return worst(blocking) if blocking or not judged else Verdict.PASS


def timing_limit(limit: Limit) -> float:
    """The ratio L of a relative latency limit: 1.05 for "baseline + 5 %", 0.97 for "model - 3 %".

    Raises:
        ValueError: a limit that is not in %, or leaves no time at all: refused at collection.
    """
    ratio = 1 + as_written(limit.amount) / 100
    if limit.unit != "%" or ratio <= 0:
        raise ValueError(f"{limit.text!r} is no ratio of latencies")
    return float(ratio)


def why_missing(limit: Limit, facts: Facts) -> str:
    """Why a number could not be had, as measuring told it; "" where it said nothing."""
    return facts.missing.get(limit.key) or facts.missing.get(limit.metric, "")


def no_number(limit: Limit, facts: Facts, evidence: Evidence | None = None) -> str:
    """The sentence for a number that is missing, with why and the evidence that was demanded."""
    title = "latency" if limit.metric == "latency" else title_of(limit)
    demanded = f" (the budget demands evidence {evidence!r})" if evidence else ""
    return errors.no_number(title, facts.profile, why_missing(limit, facts)) + demanded


def percent_change(row: Row, reference: float) -> Metric | None:
    """The change of an exact number against its reference, in %."""
    measured = row.measured
    if measured is None or (change := change_percent(measured.value, reference)) is None:
        return None
    return Metric(change, "%", measured.evidence, measured.n)


def latency_row(row: Row, limit: Limit, facts: Facts) -> Row:
    """A latency slot: by the decision of the paired rule, or of the absolute one."""
    if not limit.reference:
        return _absolute_row(row, limit, facts)
    if facts.reference(limit.reference).same_bytes:
        return _same_bytes(row, limit)
    decision = facts.timing.get(limit.reference)
    if decision is None:
        return failed(row, no_number(limit, facts))
    if not math.isclose(decision.limit, wanted := timing_limit(limit), rel_tol=1e-9):
        judged, right = (percent(100 * (ratio - 1)) for ratio in (decision.limit, wanted))
        return replace(row, verdict=Verdict.ERROR, reason=errors.other_limit("latency", judged, right))
    return decided(row, decision)


def decided(row: Row, decision: Decision) -> Row:
    """A row by a timing decision.

    The reference's latency is the measured one over the ratio: the ratio is what was measured with care, and
    two separate absolute timings may contradict it.
    """
    verdict = _verdict(decision.verdict)
    reason = describe(decision)
    if wants_second(decision) and not decision.confirmed:
        verdict, reason = Verdict.INCONCLUSIVE, errors.unconfirmed(reason)
    elif verdict is Verdict.INCONCLUSIVE:
        reason = "; ".join([reason, *decision.reasons])
    change = None
    if decision.look:
        evidence = row.measured.evidence if row.measured else "host"
        value, low, high = (100 * math.expm1(x) for x in (decision.estimate, decision.low95, decision.high95))
        change = Metric(value, "%", evidence, decision.look, low, high)
    reference = row.measured.value / math.exp(decision.estimate) if row.measured and decision.look else None
    return replace(
        row,
        verdict=verdict,
        reason=reason,
        change=change,
        p=decision.p if decision.look else None,
        reference_value=reference,
        bound=None if reference is None else reference * decision.limit,
    )


def _absolute_row(row: Row, limit: Limit, facts: Facts) -> Row:
    decision: AbsoluteDecision | None = facts.absolute.get(limit.statistic)
    if decision is None:
        return failed(row, no_number(limit, facts))
    if not math.isclose(decision.budget_s, limit.amount, rel_tol=1e-9):
        judged, wanted = quantity(decision.budget_s, "s"), quantity(limit.amount, "s")
        return replace(row, verdict=Verdict.ERROR, reason=errors.other_limit("latency", judged, wanted))
    if decision.verdict is Outcome.FAIL and not decision.confirmed:
        return replace(row, verdict=Verdict.INCONCLUSIVE, reason=errors.unconfirmed(decision.reason))
    return replace(row, verdict=_verdict(decision.verdict), reason=decision.reason)


def _same_bytes(row: Row, limit: Limit) -> Row:
    """Byte-identical files on one runtime need no timing: the change is none."""
    measured = row.measured
    value = None if measured is None else measured.value
    row = replace(
        row,
        reference_value=value,
        bound=None if value is None else value * timing_limit(limit),
        change=None if measured is None else Metric(0.0, "%", measured.evidence, measured.n),
    )
    if limit.amount >= 0:
        return replace(row, verdict=Verdict.PASS, reason="same bytes")
    return failed(row, f"same bytes as {THE[limit.reference]}, so there is no gain; the limit demands one")


def _counted_row(row: Row, limit: Limit, facts: Facts, *, noisy: bool) -> Row:
    """An exact metric, or a noisy one with an interval of its own, against a bound."""
    measured, other = row.measured, None
    assert measured is not None
    guessed = measured.evidence == "predicted"
    if limit.reference:
        if noisy or guessed:
            told = errors.guesses_not_compared if guessed else errors.not_compared
            return failed(row, told(title_of(limit)))
        reference = facts.reference(limit.reference)
        other = (reference.metrics or {}).get(limit.key)
        if other is None:
            why = reference.lacks.get(limit.key, "")
            return failed(row, errors.reference_lacks(title_of(limit), limit.reference, why))
        row = replace(row, reference_value=other.value, change=percent_change(row, other.value))
    bound = bound_of(limit, None if other is None else as_written(other.value))
    row = replace(row, bound=float(bound))
    if guessed:
        outcome, reason = verdict_of(measured, float(bound))
        return replace(row, verdict=_verdict(outcome), reason=reason)
    if noisy:
        return _interval_row(row, limit, measured)
    if measured.floor or (other is not None and other.floor):
        return _floor_row(row, limit, measured, other, same=_same_reference(limit, facts))
    return _exact_row(row, limit, measured, bound)


def _exact_row(row: Row, limit: Limit, measured: Metric, bound: Fraction) -> Row:
    told = ""
    if row.reference_value is not None:
        told = difference_text(measured.value, row.reference_value, measured.unit, THE[limit.reference])
    if not breaks(as_written(measured.value), bound, higher_is_better=row.higher_is_better):
        return replace(row, verdict=Verdict.PASS, reason=told)
    over = f"{quantity(measured.value, measured.unit)} is {over_text(measured.value, bound, measured.unit)}"
    return failed(row, f"{over}; {told}" if told else over)


def _floor_row(row: Row, limit: Limit, measured: Metric, other: Metric | None, *, same: bool) -> Row:
    """A count that is known only to be at least so much, or whose reference is: a PASS needs proof.

    Over the limit it is a FAIL all the same. Of one and the same file the counts are equal, known or not.
    """
    assert row.bound is not None
    bound = as_written(row.bound)
    over = breaks(as_written(measured.value), bound, higher_is_better=row.higher_is_better)
    if same:
        return _exact_row(row, limit, measured, bound)
    if measured.floor:
        least = f"at least {quantity(measured.value, measured.unit)}"
        if over and not row.higher_is_better and (other is None or not other.floor):
            return failed(row, f"{least} is {over_text(measured.value, bound, measured.unit)}")
        return replace(row, verdict=Verdict.ERROR, reason=errors.floor(title_of(limit), least, measured.note))
    assert other is not None
    if not over and not row.higher_is_better:  # the reference is larger than its floor, if anything
        return _exact_row(row, limit, measured, bound)
    least = (
        f"{THE[limit.reference]} has at least {quantity(other.value, other.unit)}" if limit.reference else ""
    )
    return replace(row, verdict=Verdict.ERROR, reason=errors.floor(title_of(limit), least, other.note))


def _same_reference(limit: Limit, facts: Facts) -> bool:
    return bool(limit.reference) and facts.reference(limit.reference).same_bytes


def _interval_row(row: Row, limit: Limit, measured: Metric) -> Row:
    """Proven over: the whole interval is over the limit; proven under: none of it is. Or the other way."""
    low, high, unit = measured.low, measured.high, measured.unit
    if low is None or high is None:
        return replace(row, verdict=Verdict.INCONCLUSIVE, reason=errors.no_interval(title_of(limit)))
    allowed = quantity(limit.amount, unit)
    least, most = f"at least {quantity(low, unit)} (95 %)", f"at most {quantity(high, unit)} (95 %)"
    if row.higher_is_better:
        broken, kept = high < limit.amount, low >= limit.amount
        over, under = f"{most}, under the limit of {allowed}", least
    else:
        broken, kept = low > limit.amount, high <= limit.amount
        over, under = f"{least}, over the limit of {allowed}", most
    if broken:
        return failed(row, over)
    if kept:
        return replace(row, verdict=Verdict.PASS, reason=under)
    reason = (
        f"between {quantity(low, unit)} and {quantity(high, unit)} (95 %), the limit is {allowed}: "
        "too close to tell; leave more headroom, or measure on a quieter machine"
    )
    return replace(row, verdict=Verdict.INCONCLUSIVE, reason=reason)


def _timed(limit: Limit, facts: Facts) -> bool:
    """Whether a relative latency limit can be judged without an absolute latency."""
    if limit.metric != "latency" or not limit.reference:
        return False
    same = facts.reference(limit.reference).same_bytes and not why_missing(limit, facts)
    return same or limit.reference in facts.timing


def _to_be_timed(limit: Limit, facts: Facts) -> bool:
    """Whether a relative latency limit lacks only its reference: nothing else stands in the way of timing."""
    return limit.metric == "latency" and bool(limit.reference) and not why_missing(limit, facts)


def _no_reference(name: ReferenceName, facts: Facts) -> tuple[Verdict, str] | None:
    """Verdict and reason where a reference is missing under a written budget.

    A case that an existing baseline does not list yet is INCONCLUSIVE, not FAIL: a branch that adds a
    recipe could otherwise never pass.
    """
    reference: Reference = facts.reference(name)
    if reference.metrics is not None:
        return None
    if name == "model":
        return Verdict.FAIL, errors.no_parent(facts.model, reference.why)
    if reference.new:
        return Verdict.INCONCLUSIVE, errors.new_case()
    return Verdict.FAIL, errors.no_baseline(reference.why)


def _verdict(outcome: Outcome) -> Verdict:
    """A decision as a verdict; one that was left open counts as INCONCLUSIVE."""
    return {Outcome.FAIL: Verdict.FAIL, Outcome.PASS: Verdict.PASS}.get(outcome, Verdict.INCONCLUSIVE)
