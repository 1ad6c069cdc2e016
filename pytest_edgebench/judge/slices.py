"""Written budgets on slices: the worst of them or a named one, with one error rate over all.

A slice is judged by evidence, never by its number alone: of a hundred slices one is far off by chance.

- FAIL: the limit is missed on the slice's samples, and that is no chance. With "accuracy_mode" fixed-set, as
  for the mean, it is literal on the given samples: the slice must be shown to be worse than its reference.
  With "population" the limit must be shown to be missed. Either at the level alpha (1 %) divided by the
  comparisons of the session and by the number of slices (Bonferroni: slices may overlap), so that all of them
  together are wrong at most that often. An absolute limit needs no reference: it may be shown to be missed
  (half of the level), or the slice to have lost against the original (the other half; fixed-set only).
- PASS: on each slice asked for the limit is shown to be kept at 5 %. That needs no division: to pass wrongly,
  the very slice that breaks the limit must look good (an intersection-union test, Berger 1982).
- INCONCLUSIVE: neither; with how many samples are missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_edgebench.declare.slices import slice_of
from pytest_edgebench.judge import slice_errors as errors
from pytest_edgebench.judge.accuracy import ALPHA_PASS, Evidence, RightWrong, samples_needed
from pytest_edgebench.judge.draft import failed
from pytest_edgebench.judge.exact import as_written, bound_of
from pytest_edgebench.judge.formatting import quantity
from pytest_edgebench.judge.measurements import Against
from pytest_edgebench.judge.proportion import exact_high, exact_low, p_above, p_below, p_drop
from pytest_edgebench.judge.scores import change_of, scale_of, vacuous
from pytest_edgebench.judge.student import normal_quantile
from pytest_edgebench.record.run import Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.limit import Limit
    from pytest_edgebench.judge.measurements import Facts, OfSlice, Rules, ScoreInfo
    from pytest_edgebench.record.run import Metric

LEAST = 30
"""Samples below which a t interval or a bootstrap is not trusted; right and wrong are counted exactly."""
POWER = 0.84
"""z of 80 % power, for how many samples are needed."""
SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Found:
    """One slice judged.

    Attributes:
        over: by how much the limit is missed, in the score's unit; negative where it is kept.
        p: one-sided p-value of "the limit is kept", not yet adjusted; None where there is none.
        bound, reference: the limit and the reference's score on this slice.
        change: against the reference.
        needed: samples that would decide; None where no number would, or it is not known.
        shown: what was shown where it fails.
        why: why it was not judged; "" where it was.
    """

    name: str
    verdict: Verdict
    n: int
    over: float = 0.0
    p: float | None = None
    measured: Metric | None = None
    bound: float | None = None
    reference: float | None = None
    change: Metric | None = None
    needed: int | None = None
    shown: str = ""
    why: str = ""


def unasked(facts: Facts, rules: Rules) -> str:
    """A sentence on the slice that surely lost most against the original, where no budget asks; "" for none.

    A loss of more than a point (0.01 of a fraction, 1 % of another score), shown as for a budget.
    """
    score, theirs = facts.score, facts.parent.slices
    if score is None or facts.slices is None or theirs is None or facts.parent.same_bytes:
        return ""
    whole = (facts.parent.metrics or {}).get(score.name)
    size = 0.0 if whole is None else abs(whole.value)
    matters = 1.0 if score.unit == "%" else 0.01 if score.fraction else 0.01 * size
    level = rules.alpha / rules.comparisons / len(facts.slices)
    lost: list[tuple[float, str]] = []
    for name, mine in facts.slices.items():
        other = theirs.get(name)
        if mine.metric is None or other is None or other.metric is None or other.evidence is None:
            continue
        blank = Found(name, Verdict.INCONCLUSIVE, mine.n, other.evidence.drop - matters)
        if _relative(blank, other, matters, 0.0, level).verdict is Verdict.FAIL:
            change = change_of(mine.metric, other.metric.value, score, None)
            told = errors.lost(change, other.metric.value, score, "model")
            lost.append((other.evidence.drop, f"slice {name}, {mine.n:,} samples, {told}"))
    if not lost:
        return ""
    more = errors.and_more(len(lost) - 1)
    return f"{max(lost)[1]}{more}"


def slice_row(row: Row, limit: Limit, facts: Facts, rules: Rules) -> Row:
    """Judge a written budget on slices; the score and the reference are known to be there."""
    assert facts.score is not None
    known, name = facts.slices, slice_of(limit.statistic)
    if known is None:
        return replace(row, verdict=Verdict.ERROR, measured=None, reason=errors.no_slices(facts.model))
    if name is not None and name not in known:
        told = errors.unknown_slice(name, facts.model, known)
        return replace(row, verdict=Verdict.ERROR, measured=None, reason=told)
    level = rules.alpha / rules.comparisons / len(known)
    asked = known if name is None else {name: known[name]}
    literal = rules.accuracy_mode == "fixed-set"
    found = [_judged(each, asked[each], limit, facts, level, literal=literal) for each in asked]
    return _told(row, found, limit, facts)


def _judged(name: str, mine: OfSlice, limit: Limit, facts: Facts, level: float, *, literal: bool) -> Found:
    score = facts.score
    assert score is not None
    if mine.metric is None:
        return Found(name, Verdict.INCONCLUSIVE, mine.n, why=mine.why)
    value, higher = _exact(mine, score), not score.lower_is_better
    if not limit.reference:
        bound = bound_of(limit)
        over = float(bound - value if higher else value - bound)
        found = Found(name, Verdict.INCONCLUSIVE, mine.n, over, None, mine.metric, float(bound))
        theirs = (facts.parent.slices or {}).get(name) if literal else None
        lost = None if theirs is None else theirs.evidence
        found = _absolute(found, mine, float(bound), score, level if lost is None else level / 2)
        return found if lost is None else _also_lost(found, lost, level / 2)
    reference = facts.reference(limit.reference)
    theirs = (reference.slices or {}).get(name)
    if theirs is None or theirs.metric is None:
        why = theirs.why if theirs is not None else errors.reference_unknown(limit.reference)
        return Found(name, Verdict.INCONCLUSIVE, mine.n, measured=mine.metric, why=why)
    other = as_written(theirs.metric.value)
    bound = bound_of(limit, other, fraction=score.fraction)
    if told := vacuous(limit, score, value, other, bound):
        return Found(name, Verdict.ERROR, mine.n, measured=mine.metric, why=told)
    found = Found(
        name,
        Verdict.INCONCLUSIVE,
        mine.n,
        float(bound - value if higher else value - bound),
        None,
        mine.metric,
        float(bound),
        theirs.metric.value,
        change_of(mine.metric, theirs.metric.value, score, theirs.evidence),
    )
    allowed = float(other - bound if higher else bound - other)
    if reference.same_bytes:  # one file gives one answer, on any samples
        return replace(found, verdict=Verdict.PASS if allowed >= 0 else Verdict.FAIL, p=float(allowed >= 0))
    return _relative(found, theirs, allowed, min(0.0, allowed) if literal else allowed, level)


def _exact(mine: OfSlice, score: ScoreInfo) -> Fraction:
    assert mine.metric is not None
    if mine.right is not None:
        return Fraction(scale_of(score) * mine.right, mine.n)
    return as_written(mine.metric.value)


def _absolute(found: Found, mine: OfSlice, bound: float, score: ScoreInfo, level: float) -> Found:
    """The score of a slice against a number: binomial bounds, or the evidence of the score itself."""
    higher, scale = not score.lower_is_better, scale_of(score)
    if mine.right is None:
        if mine.own is None:
            return replace(found, why=errors.no_interval())
        allowed = -bound if higher else bound
        return _relative(found, Against(None, mine.own), allowed, allowed, level)
    share, limit = mine.right / mine.n, min(1.0, max(0.0, bound / scale))
    p = (p_below if higher else p_above)(mine.right, mine.n, limit)
    surely = (
        exact_low(mine.right, mine.n, ALPHA_PASS) >= limit - SLACK
        if higher
        else exact_high(mine.right, mine.n, ALPHA_PASS) <= limit + SLACK
    )
    spread = scale * math.sqrt(max(share * (1 - share), 1 / mine.n))
    return _decided(found, p, surely, spread, found.over, level)


def _relative(found: Found, theirs: Against, allowed: float, tested: float, level: float) -> Found:
    """A slice's drop against what is allowed; a FAIL needs the drop shown to be more than `tested`."""
    evidence = theirs.evidence
    if evidence is None:
        return replace(found, why=errors.no_interval())
    p = _p_over(evidence, tested)
    surely = evidence.high(ALPHA_PASS) <= allowed + SLACK * max(1.0, abs(allowed))
    told = replace(found, shown="" if tested == allowed else errors.LOSS)
    margin = evidence.drop - tested if found.over > 0 else found.over
    if not _trusts(evidence):
        return replace(told, p=1.0, needed=LEAST)
    return _decided(told, p, surely, evidence.spread, margin, level)


def _p_over(evidence: Evidence, over: float) -> float:
    """One-sided p-value of "the drop is at most `over`"."""
    if isinstance(evidence, RightWrong):
        return p_drop(evidence.worse, evidence.better, evidence.n, over / evidence.scale)
    return evidence.p_worse(over)


def _trusts(evidence: Evidence) -> bool:
    """Means and aggregates of few samples tell nothing."""
    return isinstance(evidence, RightWrong) or evidence.n >= LEAST


def _also_lost(found: Found, lost: Evidence, level: float) -> Found:
    """An absolute limit that is missed on the given samples fails, too, where a loss is shown."""
    p = _p_over(lost, 0.0) if _trusts(lost) else 1.0
    if found.verdict is Verdict.INCONCLUSIVE and not found.why and found.over > 0 and p < level:
        return replace(found, verdict=Verdict.FAIL, p=2 * p, shown=errors.LOSS, needed=None)
    return found if found.p is None else replace(found, p=min(1.0, 2 * min(found.p, p)))


def _decided(found: Found, p: float, surely: bool, spread: float, margin: float, level: float) -> Found:
    """The verdict on a slice; where it is open, about how many samples it takes.

    Args:
        surely: the limit is shown to be kept. margin: how far the number is from what has to be excluded.
    """
    if p < level and found.over > 0:
        return replace(found, verdict=Verdict.FAIL, p=p)
    if surely:
        return replace(found, verdict=Verdict.PASS, p=p)
    z = normal_quantile(level if found.over > 0 else ALPHA_PASS) + POWER
    needed = samples_needed(spread * z / (normal_quantile(0.05) + POWER), abs(margin))
    return replace(found, p=p, needed=None if needed is None else max(needed, found.n + 1))


def _told(row: Row, found: Sequence[Found], limit: Limit, facts: Facts) -> Row:
    """The row of the slice that decides."""
    assert facts.score is not None
    count = len(facts.slices or {})
    unjudged = [each for each in found if each.why]
    wrong = [each for each in unjudged if each.verdict is Verdict.ERROR]
    broken = [each for each in found if each.verdict is Verdict.FAIL]
    scored = [each for each in found if each.measured is not None]
    open_ = [each for each in found if each.verdict is Verdict.INCONCLUSIVE and not each.why]
    if wrong:
        return replace(row, measured=wrong[0].measured, verdict=Verdict.ERROR, reason=wrong[0].why)
    if len(unjudged) == len(found):
        first = unjudged[0]
        return failed(
            replace(row, measured=first.measured), errors.none_judged(first.name, first.why, len(found))
        )
    one = max(broken or open_ or [each for each in scored if not each.why], key=lambda each: each.over)
    unit = "points" if facts.score.unit == "%" else facts.score.unit
    row = replace(
        row,
        measured=_measured(one, limit, facts),
        slice=one.name,
        bound=one.bound,
        reference_value=one.reference,
        change=one.change,
        p=None if one.p is None else min(1.0, one.p * count),
        verdict=Verdict.PASS,
    )
    if broken:
        return replace(row, verdict=Verdict.FAIL, reason=_broken(one, broken, unit, count))
    if open_ or unjudged:
        return replace(row, verdict=Verdict.INCONCLUSIVE, reason=_open(open_, unjudged, unit))
    return row


def _measured(one: Found, limit: Limit, facts: Facts) -> Metric:
    """The slice's score, with what a reader must know beside it: of how many samples, what it lost."""
    assert one.measured is not None
    assert facts.score is not None
    whole = facts.metrics[facts.score.name]
    parts = [f"slice {one.name}: {one.n:,} of {whole.n:,} samples"]
    if one.change is not None and one.reference is not None:
        parts.append(errors.lost(one.change, one.reference, facts.score, limit.reference))
    note = ", ".join(parts)
    return replace(one.measured, note=f"{note}; {one.measured.note}" if one.measured.note else note)


def _broken(one: Found, broken: Sequence[Found], unit: str, count: int) -> str:
    over = f"slice {one.name} misses the limit by {quantity(one.over, unit)} on {one.n:,} samples"
    proven = f"{one.shown}shown at 1 %{f' over all {count:,} slices' if count > 1 else ''}"
    others = sorted((each for each in broken if each is not one), key=lambda each: -each.over)
    return f"{over}, {proven}{errors.too([each.name for each in others])}"


def _open(open_: Sequence[Found], unjudged: Sequence[Found], unit: str) -> str:
    """Which slices are undecided, worst first, and how many samples each lacks."""
    ordered = sorted(open_, key=lambda each: -each.over)
    parts = [errors.undecided(each.name, each.n, each.over, unit, each.needed) for each in ordered]
    parts += [errors.unscored(each.name, each.why) for each in unjudged]
    most = errors.MOST_NAMED
    shown = parts[:most]
    if len(parts) > most:
        shown.append(f"and {len(parts) - most:,} more slices")
    return "; ".join(shown)
