"""One demanded slot and the facts of its case → one row of a check."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.declare.limit import COUNTED, METRICS, Kind, Limit
from pytest_edgebench.errors import judge as errors
from pytest_edgebench.judge.exact import (
    as_written,
    bound_of,
    breaks,
    change_percent,
    difference_text,
    over_text,
)
from pytest_edgebench.judge.facts import Facts, Rules
from pytest_edgebench.judge.predicted import verdict_of
from pytest_edgebench.judge.timing import Decision, Outcome, describe, wants_second
from pytest_edgebench.judge.words import percent, quantity
from pytest_edgebench.record.run import Metric, Row, Verdict, worst

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from pytest_edgebench.declare.limit import Reference as ReferenceName
    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.judge.absolute import AbsoluteDecision
    from pytest_edgebench.judge.facts import Reference
    from pytest_edgebench.record.run import Rung

THE = {"model": "the float model", "baseline": "the baseline"}


def judge_slot(slot: Slot, facts: Facts, rules: Rules | None = None) -> Row:
    """Judge one written budget.

    A missing number or reference under a budget is a FAIL that says what is missing. Where the budget demands
    a kind of evidence, no number or one of a weaker kind is not judged: an ERROR, which fails at any level.
    """
    from pytest_edgebench.judge.scores import score_row  # it builds on this module

    rules = rules or Rules()
    limit, row = slot.limit, written(slot)
    kind = kind_of(limit.metric)
    row = replace(row, measured=facts.metrics.get(limit.key))
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
    demanded = None if limit.metric in COUNTED else slot.evidence
    if row.measured is None and not timed:
        row = failed(row, no_number(limit, facts, slot.evidence))
        return replace(row, verdict=Verdict.ERROR) if demanded else row
    if row.measured is not None and not math.isfinite(row.measured.value):
        return failed(row, errors.not_finite(title, row.measured.value, facts.profile))
    if demanded is not None:
        rung = row.measured.rung if row.measured else "host"  # pairs are timed on this machine only
        if errors.LADDER.index(rung) < errors.LADDER.index(demanded):
            why = errors.weak_evidence(title, rung, demanded, facts.profile)
            return replace(row, verdict=Verdict.ERROR, reason=why)
    if limit.reference and not timed and (missing := _no_reference(limit.reference, facts)):
        return replace(row, verdict=missing[0], reason=missing[1])
    if limit.metric == "latency":
        return latency_row(row, limit, facts)
    if kind is None or kind.cls == "score":
        return score_row(row, limit, facts, rules)
    return _counted_row(row, limit, facts, noisy=kind.cls == "noisy")


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


def kind_of(metric: str) -> Kind | None:
    """What is known of a metric; None for a user's own score."""
    return METRICS.get(metric)


def title_of(limit: Limit) -> str:
    """A metric for people: "latency p95", "size of all files"."""
    kind = kind_of(limit.metric)
    return f"{kind.title if kind else limit.metric} {limit.statistic}".strip()


def written(slot: Slot) -> Row:
    """The row of a written budget before it is judged."""
    limit = slot.limit
    return Row(
        metric=limit.metric,
        statistic=limit.statistic,
        reference=limit.reference,
        limit=limit.text,
        bound=None if limit.reference else limit.amount,
        measured=None,
        verdict=Verdict.NOT_RUN,
        level=slot.level,
        place=slot.place,
        message=slot.message,
    )


def failed(row: Row, reason: str) -> Row:
    """The row as a FAIL for this reason."""
    return replace(row, verdict=Verdict.FAIL, reason=reason)


def why_missing(limit: Limit, facts: Facts) -> str:
    """Why a number could not be had, as measuring told it; "" where it said nothing."""
    return facts.missing.get(limit.key) or facts.missing.get(limit.metric, "")


def no_number(limit: Limit, facts: Facts, evidence: Rung | None = None) -> str:
    """The sentence for a number that is missing, with why and the evidence that was demanded."""
    title = "latency evidence" if limit.metric == "latency" else title_of(limit)
    demanded = f" (the budget demands evidence {evidence!r})" if evidence else ""
    return errors.no_number(title, facts.profile, why_missing(limit, facts)) + demanded


def percent_change(row: Row, reference: float) -> Metric | None:
    """The change of an exact number against its reference, in %."""
    measured = row.measured
    if measured is None or (change := change_percent(measured.value, reference)) is None:
        return None
    return Metric(change, "%", measured.rung, measured.n)


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
        rung = row.measured.rung if row.measured else "host"
        value, low, high = (100 * math.expm1(x) for x in (decision.estimate, decision.low95, decision.high95))
        change = Metric(value, "%", rung, decision.look, low, high)
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
        change=None if measured is None else Metric(0.0, "%", measured.rung, measured.n),
    )
    if limit.amount >= 0:
        return replace(row, verdict=Verdict.PASS, reason="same bytes")
    return failed(row, f"same bytes as {THE[limit.reference]}, so there is no gain; the limit demands one")


def _counted_row(row: Row, limit: Limit, facts: Facts, *, noisy: bool) -> Row:
    """An exact metric, or a noisy one with an interval of its own, against a bound."""
    measured, other = row.measured, None
    assert measured is not None
    guessed = measured.rung == "predicted"
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
    return _interval_row(row, limit, measured) if noisy else _exact_row(row, limit, measured, bound)


def _exact_row(row: Row, limit: Limit, measured: Metric, bound: Fraction) -> Row:
    told = ""
    if limit.reference and row.reference_value is not None:
        told = difference_text(measured.value, row.reference_value, measured.unit, THE[limit.reference])
    if not breaks(as_written(measured.value), bound, higher_is_better=row.higher_is_better):
        return replace(row, verdict=Verdict.PASS, reason=told)
    over = f"{quantity(measured.value, measured.unit)} is {over_text(measured.value, bound, measured.unit)}"
    return failed(row, f"{over}; {told}" if told else over)


def _interval_row(row: Row, limit: Limit, measured: Metric) -> Row:
    """Proven over: the whole interval is over the limit; proven under: none of it is."""
    low, high, unit = measured.low, measured.high, measured.unit
    if low is None or high is None:
        return replace(row, verdict=Verdict.INCONCLUSIVE, reason=errors.no_interval(title_of(limit)))
    allowed = quantity(limit.amount, unit)
    if low > limit.amount:
        return failed(row, f"at least {quantity(low, unit)} (95 %), over the limit of {allowed}")
    if high <= limit.amount:
        return replace(row, verdict=Verdict.PASS, reason=f"at most {quantity(high, unit)} (95 %)")
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
