"""Written budgets on a score: literal on the given set, or proven for the population."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from pytest_edgebench.judge import errors
from pytest_edgebench.judge.accuracy import (
    ALPHA_PASS,
    Differences,
    Evidence,
    RightWrong,
    differences,
    needed_text,
    right_wrong,
)
from pytest_edgebench.judge.draft import failed, title_of
from pytest_edgebench.judge.exact import as_written, bound_of, breaks
from pytest_edgebench.judge.formatting import quantity
from pytest_edgebench.judge.proportion import exact_high, exact_low, wilson
from pytest_edgebench.record.run import Metric, Row, Verdict

if TYPE_CHECKING:
    from pytest_edgebench.declare.limit import Limit
    from pytest_edgebench.declare.limit import Reference as ReferenceName
    from pytest_edgebench.judge.measurements import Facts, Rules, Samples, ScoreInfo

SLACK = Fraction(1, 10**9)
"""Share by which a score computed in floats may miss a bound through rounding alone."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """A score as a fraction, with the count it comes from (None for a plain number computed in floats)."""

    value: Fraction
    right: int | None
    n: int


def score_row(row: Row, limit: Limit, facts: Facts, rules: Rules) -> Row:
    """Judge a written budget on the model's score; name, number and reference are known to be there."""
    assert facts.score is not None
    assert row.measured is not None
    score = facts.score
    if limit.statistic:  # of several files: the samples told right and wrong by one of them say nothing
        facts = replace(facts, samples=None)
    if limit.reference:
        return _relative(row, limit, facts, rules, score, row.measured)
    return _absolute(row, limit, facts, rules, score, row.measured)


def compare(name: ReferenceName, facts: Facts) -> Evidence | str:
    """The evidence of a drop against a reference, or a sentence why there is none."""
    score, reference = facts.score, facts.reference(name)
    assert score is not None
    mine, theirs = facts.samples, reference.samples
    if mine is not None and theirs is not None:
        if len(mine) != len(theirs):
            return errors.other_samples(name, len(mine), len(theirs))
        if score.correctness:
            first, second = (mine, theirs) if score.lower_is_better else (theirs, mine)
            return right_wrong(first, second, scale_of(score))
        scale = scale_found(mine, facts.metrics[score.name].value)
        if scale is not None:
            return differences(theirs, mine, lower_is_better=score.lower_is_better, scale=scale)
    if reference.bootstrap is not None:
        return reference.bootstrap
    return errors.no_samples(name)


def change_of(measured: Metric, reference: float, score: ScoreInfo, evidence: Evidence | None) -> Metric:
    """The change of a score in its own unit ("points" for %), with its 95 % interval."""
    unit = "points" if score.unit == "%" else score.unit
    value = float(as_written(measured.value) - as_written(reference))
    if evidence is None:
        return Metric(value, unit, measured.evidence, measured.n)
    worse, better = evidence.high(0.025), evidence.low(0.025)
    low, high = (better, worse) if score.lower_is_better else (-worse, -better)
    return Metric(value, unit, measured.evidence, evidence.n, low + 0.0, high + 0.0)


def scale_of(score: ScoreInfo) -> int:
    """What a share of right samples is multiplied with: 100 for "%"."""
    return 100 if score.unit == "%" else 1


def exactly(metric: Metric, samples: Samples | None, score: ScoreInfo) -> Exactly:
    """The score as a fraction: right over n where it is such a share, so that no rounding decides."""
    n = len(samples) if samples is not None else metric.n
    if score.correctness and n:
        scale = scale_of(score)
        right = (
            int(np.asarray(samples, dtype=bool).sum())
            if samples is not None
            else round(metric.value * n / scale)
        )
        share = Fraction(scale * right, n)
        if abs(share - as_written(metric.value)) <= SLACK * scale:
            return Exactly(share, right, n)
    return Exactly(as_written(metric.value), None, n)


def _breaks(value: Exactly, bound: Fraction, *, higher: bool, floats: bool) -> bool:
    slack = SLACK * max(abs(bound), abs(value.value)) if floats else Fraction(0)
    return breaks(value.value, bound - slack if higher else bound + slack, higher_is_better=higher)


def _absolute(row: Row, limit: Limit, facts: Facts, rules: Rules, score: ScoreInfo, measured: Metric) -> Row:
    bound, value = bound_of(limit), exactly(measured, facts.samples, score)
    row = replace(row, bound=float(bound))
    if rules.accuracy_mode == "population":
        return _absolute_population(row, bound, value, facts, rules, score, measured)
    higher = row.higher_is_better
    broken = _breaks(value, bound, higher=higher, floats=value.right is None)
    text, margin = _gap_text(value.value, bound, score), abs(float(value.value - bound))
    if value.right is not None:
        scale = scale_of(score)
        low, high = (scale * side for side in wilson(value.right, value.n))
        text += f"; 95 % interval {quantity(low, '')} to {quantity(high, score.unit)}"
        if low <= bound <= high:
            share = value.right / value.n
            limit_count = bound * value.n / scale
            kept = value.right - math.ceil(limit_count) if higher else math.floor(limit_count) - value.right
            turn = kept + 1 if kept >= 0 else -kept
            spread = scale * math.sqrt(max(share * (1 - share), 1 / value.n))
            text += f"; {_decided(turn, value.n)}; {needed_text(spread, margin)}"
        else:
            text = text if broken else ""
    return replace(row, verdict=Verdict.FAIL if broken else Verdict.PASS, reason=text)


def _relative(row: Row, limit: Limit, facts: Facts, rules: Rules, score: ScoreInfo, measured: Metric) -> Row:
    reference = facts.reference(limit.reference)
    known = reference.metrics or {}
    other = known.get(limit.key) or known.get(limit.metric)  # the model itself has no draws
    if other is None:
        return failed(row, errors.reference_lacks(title_of(limit), limit.reference, reference.why))
    found = compare(limit.reference, facts)
    evidence = None if isinstance(found, str) else found
    value = exactly(measured, facts.samples, score)
    theirs = exactly(other, reference.samples, score)
    bound = bound_of(limit, theirs.value, fraction=score.fraction)
    higher = row.higher_is_better
    if told := vacuous(limit, score, value.value, theirs.value, bound):
        return replace(row, verdict=Verdict.ERROR, reason=told)
    allowed = theirs.value - bound if higher else bound - theirs.value
    row = replace(
        row,
        bound=float(bound),
        reference_value=other.value,
        change=change_of(measured, other.value, score, evidence),
        p=None if evidence is None else evidence.p_worse(float(allowed)),
    )
    if rules.accuracy_mode == "population":
        if isinstance(found, str):
            return replace(row, verdict=Verdict.INCONCLUSIVE, reason=found)
        return _population(row, found, float(allowed), rules, score)
    floats = value.right is None or theirs.right is None
    broken = _breaks(value, bound, higher=higher, floats=floats)
    text = _gap_text(value.value, bound, score)
    if isinstance(found, str):
        text = f"{text}; {found}"
    else:
        text = f"{text}; {found.describe()}{_straddle(found, allowed)}"
    return replace(row, verdict=Verdict.FAIL if broken else Verdict.PASS, reason=text)


def vacuous(limit: Limit, score: ScoreInfo, value: Fraction, reference: Fraction, bound: Fraction) -> str:
    """Why a limit on a drop could not be broken by any value of the score; "" where it could.

    The range of a plain score is not known. Where both of its values lie between 0 and 1 and the limit does
    not, its author most likely counts points in hundredths, which makes the limit a hundred times too wide.
    """
    loose = limit.amount > 0 if score.lower_is_better else limit.amount < 0
    if not loose:
        return ""
    if score.unit == "%" or score.fraction:
        return errors.never_broken(score.name, limit.text) if abs(limit.amount) >= 100 else ""
    inside = 0 <= value <= 1 and 0 <= reference <= 1 and score.name != "mae"
    outside = bound >= 1 if score.lower_is_better else bound <= 0
    return errors.points_of_what(score.name, limit.text) if inside and outside else ""


def _straddle(evidence: Evidence, allowed: Fraction) -> str:
    """Where the 95 % interval of the drop holds the limit: how many samples decided, how many it takes."""
    limit = float(allowed)
    if not evidence.low(0.025) <= limit <= evidence.high(0.025):
        return ""
    turn = f"; {_decided(evidence.deciding(allowed), evidence.n)}" if isinstance(evidence, RightWrong) else ""
    return f"{turn}; {needed_text(evidence.spread, abs(evidence.drop - limit))}"


def _decided(turn: int, n: int) -> str:
    return f"decided by {turn:,} sample{'' if turn == 1 else 's'} of {n:,}"


def _population(row: Row, evidence: Evidence, allowed: float, rules: Rules, score: ScoreInfo) -> Row:
    """FAIL if the drop is proven over the limit (1 % over all comparisons), PASS if proven under it (5 %)."""
    least = evidence.low(rules.alpha / rules.comparisons)
    most = evidence.high(ALPHA_PASS)
    unit = "points" if score.unit == "%" else score.unit
    if least > allowed:
        reason = f"proven: the drop is at least {quantity(least, unit)}, {quantity(allowed, unit)} is allowed"
        return failed(row, f"{reason}; {evidence.describe()}")
    if most <= allowed:
        reason = f"proven: the drop is at most {quantity(most, unit)}, {quantity(allowed, unit)} is allowed"
        return replace(row, verdict=Verdict.PASS, reason=f"{reason}; {evidence.describe()}")
    needed = needed_text(evidence.spread, abs(evidence.drop - allowed))
    between = f"the drop is between {quantity(least, unit)} and {quantity(most, unit)}"
    reason = f"{between}, {quantity(allowed, unit)} is allowed; {evidence.describe()}; {needed}"
    return replace(row, verdict=Verdict.INCONCLUSIVE, reason=reason)


def _absolute_population(
    row: Row, bound: Fraction, value: Exactly, facts: Facts, rules: Rules, score: ScoreInfo, measured: Metric
) -> Row:
    """The score of the population against a bound: binomial bounds, a t interval, or the metric's own."""
    limit, alpha = float(bound), rules.alpha / rules.comparisons
    higher = row.higher_is_better
    scale = scale_of(score)
    if value.right is not None:
        n, share = value.n, value.right / value.n
        if higher:
            worst, best = exact_low(value.right, n, ALPHA_PASS), exact_high(value.right, n, alpha)
        else:
            worst, best = exact_high(value.right, n, ALPHA_PASS), exact_low(value.right, n, alpha)
        worst, best = scale * worst, scale * best
        spread = scale * math.sqrt(max(share * (1 - share), 1 / n))
    elif facts.samples is not None and (found := scale_found(facts.samples, measured.value)) is not None:
        nothing = np.zeros(len(facts.samples))
        mean: Differences = differences(nothing, facts.samples, lower_is_better=True, scale=found)
        worst, best = (
            (mean.low(ALPHA_PASS), mean.high(alpha)) if higher else (mean.high(ALPHA_PASS), mean.low(alpha))
        )
        spread = mean.spread
    elif measured.low is not None and measured.high is not None:
        worst, best = (measured.low, measured.high) if higher else (measured.high, measured.low)
        half = (measured.high - measured.low) / (2 * 1.96)
        spread = half * math.sqrt(value.n)
    else:
        return replace(row, verdict=Verdict.INCONCLUSIVE, reason=errors.no_interval(row.metric))
    if best < limit if higher else best > limit:
        return failed(row, f"proven: {_side(not higher)} {quantity(best, score.unit)}; {value.n:,} samples")
    if worst >= limit if higher else worst <= limit:
        reason = f"proven: {_side(higher)} {quantity(worst, score.unit)}; {value.n:,} samples"
        return replace(row, verdict=Verdict.PASS, reason=reason)
    low, high = sorted((worst, best))
    needed = needed_text(spread, abs(float(value.value) - limit))
    between = f"between {quantity(low, score.unit)} and {quantity(high, score.unit)}"
    reason = f"{between} on {value.n:,} samples; {needed}"
    return replace(row, verdict=Verdict.INCONCLUSIVE, reason=reason)


def _side(least: bool) -> str:
    return "at least" if least else "at most"


def _gap_text(value: Fraction, bound: Fraction, score: ScoreInfo) -> str:
    """ "89.5 % is 0.500 points under the limit of 90 %"."""
    gap = float(abs(value - bound))
    unit = "points" if score.unit == "%" else score.unit
    side = "over" if value > bound else "under"
    shown, limit = quantity(float(value), score.unit), quantity(float(bound), score.unit)
    return (
        f"{shown} is {quantity(gap, unit)} {side} the limit of {limit}" if gap else f"{shown} is at the limit"
    )


def scale_found(samples: Samples, value: float) -> float | None:
    """What the mean of per-sample values is multiplied with to give the score; None where it is no mean."""
    mean = float(np.asarray(samples, dtype=np.float64).mean()) if len(samples) else math.nan
    return next((s for s in (1.0, 100.0) if math.isclose(s * mean, value, rel_tol=1e-6, abs_tol=1e-9)), None)
