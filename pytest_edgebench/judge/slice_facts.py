"""Per-sample values and bootstraps of one slice as what `judge.slices` judges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pytest_edgebench.judge.accuracy import RightWrong, differences, right_wrong
from pytest_edgebench.judge.measurements import Against, OfSlice
from pytest_edgebench.judge.proportion import wilson
from pytest_edgebench.judge.scores import change_of, scale_found, scale_of
from pytest_edgebench.record.run import Metric
from pytest_edgebench.record.slices import SliceRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.judge.accuracy import Evidence
    from pytest_edgebench.judge.bootstrap import Bootstrap
    from pytest_edgebench.judge.measurements import Samples, ScoreInfo
    from pytest_edgebench.record.schema import Evidence as EvidenceKind


def of_slice(
    metric: Metric, score: ScoreInfo, samples: Samples | None, bootstrap: Bootstrap | None
) -> OfSlice:
    """A score on a slice with its 95 % interval.

    Args:
        metric: the score on the slice, without an interval.
        samples: (n,) its per-sample values; None without.
        bootstrap: of the score itself, of one without per-sample values; its drop is worse where it is more.
    """
    if samples is not None and score.correctness:
        scale, right = scale_of(score), int(np.asarray(samples, dtype=bool).sum())
        low, high = (scale * side for side in wilson(right, len(samples)))
        return OfSlice(metric.n, replace(metric, low=low, high=high), right=right)
    own: Evidence | None = bootstrap
    scale_there = None if samples is None else scale_found(samples, metric.value)
    if samples is not None and scale_there is not None:
        nothing = np.zeros(len(samples))
        own = differences(nothing, samples, lower_is_better=score.lower_is_better, scale=scale_there)
    if own is None or metric.n < 2:
        return OfSlice(metric.n, metric, own=own)
    worse, better = own.high(0.025), own.low(0.025)
    low, high = (better, worse) if score.lower_is_better else (-worse, -better)
    return OfSlice(metric.n, replace(metric, low=low + 0.0, high=high + 0.0), own=own)


def against(
    metric: Metric,
    score: ScoreInfo,
    mine: Samples | None,
    theirs: Samples | None,
    bootstrap: Bootstrap | None,
) -> Against:
    """A reference's score on a slice, and how far the case is from it.

    Args:
        metric: the reference's score there. mine, theirs: (n,) per-sample values of the slice's samples.
        bootstrap: of the drop, of a score without per-sample values.
    """
    if mine is None or theirs is None:
        return Against(metric, bootstrap)
    if score.correctness:
        first, second = (mine, theirs) if score.lower_is_better else (theirs, mine)
        return Against(metric, right_wrong(first, second, scale_of(score)))
    scale = scale_found(theirs, metric.value)
    if scale is None:
        return Against(metric, bootstrap)
    return Against(metric, differences(theirs, mine, lower_is_better=score.lower_is_better, scale=scale))


def recorded(name: str, mine: OfSlice, theirs: Against | None, score: ScoreInfo) -> SliceRecord:
    """What a record keeps of a slice: enough to judge right and wrong again."""
    metric = mine.metric
    if metric is None:
        return SliceRecord(name, mine.n, None, why=mine.why)
    found = SliceRecord(name, mine.n, metric.value, metric.low, metric.high, right=mine.right)
    if theirs is None or theirs.metric is None:
        return found
    evidence = theirs.evidence
    change = change_of(metric, theirs.metric.value, score, evidence if metric.n > 1 else None)
    found = replace(
        found,
        original=theirs.metric.value,
        change=change.value,
        change_low=change.low,
        change_high=change.high,
    )
    if not isinstance(evidence, RightWrong):
        return found
    return replace(found, worse=evidence.worse, better=evidence.better)


def judged_again(found: SliceRecord, score: ScoreInfo, evidence: EvidenceKind) -> tuple[OfSlice, Against]:
    """A slice of a record and the original's score on it, as they were judged."""
    if found.value is None:
        return OfSlice(found.n, None, found.why), Against(None, why=found.why)
    metric = Metric(found.value, score.unit, evidence, found.n, found.low, found.high)
    paired = None
    if found.worse is not None and found.better is not None:
        paired = RightWrong(found.worse, found.better, found.n, scale_of(score))
    other = None if found.original is None else replace(metric, value=found.original, low=None, high=None)
    return OfSlice(found.n, metric, right=found.right), Against(other, paired)


def worst(each: Sequence[SliceRecord], *, lower_is_better: bool) -> str:
    """The slice that surely lost most against the original, else the one with the worst score.

    "Surely" by the nearer end of the interval of its change: of a slice of three samples one may be lost by
    chance.
    """
    sign = 1.0 if lower_is_better else -1.0

    def lost(found: SliceRecord) -> float:
        assert found.change is not None
        ends = [sign * end for end in (found.change_low, found.change_high) if end is not None]
        return min(ends, default=sign * found.change)

    compared = [found for found in each if found.change is not None]
    if any(sign * (found.change or 0.0) > 0 for found in compared):
        return max(compared, key=lost).name
    scored = [found for found in each if found.value is not None]
    return max(scored, key=lambda found: sign * (found.value or 0.0)).name if scored else ""
