"""A case's score on each slice of its model's samples, and its references' on the same samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.case.against import by_outputs, scorer
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.declare.slices import is_slice
from pytest_edgebench.record.run import Metric
from pytest_edgebench.samples.slice_errors import no_slice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.declare.score import Score
    from pytest_edgebench.judge.bootstrap import Bootstrap, Scorer
    from pytest_edgebench.judge.measurements import Against, OfSlice, ScoreInfo
    from pytest_edgebench.measure.observer import Scored
    from pytest_edgebench.record.slices import SliceRecord, SlicesRecord

    Slices = Mapping[str, Array] | None

DRAWS, FEW_DRAWS = 2000, 200
"""Of a bootstrap of a score without per-sample values: under a budget on slices, and for the report alone."""


class Named(dict[str, "SliceRecord"]):
    """Slice → its score; asked for another name, it says which there are."""

    def __init__(self, each: Mapping[str, SliceRecord], place: str) -> None:
        super().__init__(each)
        self._place = place

    def __missing__(self, name: str) -> SliceRecord:
        raise no_slice(name, tuple(self), self._place)


def score_info(score: Score) -> ScoreInfo:
    """What the judge must know of a score."""
    from pytest_edgebench.judge.measurements import ScoreInfo

    return ScoreInfo(score.name, score.written_unit, score.lower_is_better, score.correctness, score.fraction)


def own(model: Model, rows: Slices, scored: Scored, draws: int) -> Mapping[str, OfSlice] | None:
    """A file's score on each slice; None where its model has none.

    Args:
        rows: slice → numbers of its samples. draws: of a bootstrap, see `draws`.
    """
    if rows is None:
        return None
    from pytest_edgebench.judge.measurements import OfSlice
    from pytest_edgebench.judge.slice_facts import of_slice

    score, found = as_score(model.score), {}
    info, value, sign = score_info(score), _scorer(score, scored), 1.0 if score.lower_is_better else -1.0
    values = _values(score, scored)
    drawable = value if values is not None else scorer(score, scored)
    for name, at in rows.items():
        metric, why = _metric(score, scored, value, at)
        if metric is None:
            found[name] = OfSlice(len(at), None, why)
            continue
        samples = None if values is None else values[at]
        drawn = None if samples is not None else _bootstrap(lambda a: sign * drawable(a), at, draws)
        found[name] = of_slice(metric, info, samples, drawn)
    return found


def against(
    model: Model, rows: Slices, mine: Scored, theirs: Scored, draws: int
) -> Mapping[str, Against] | None:
    """A reference's score on each slice; None where the model has none, or the samples are others.

    Args:
        rows, draws: as `own`. mine, theirs: outputs of the case and of the reference, with their scores.
    """
    if rows is None or len(mine.labels) != len(theirs.labels):
        return None
    from pytest_edgebench.judge import slice_facts
    from pytest_edgebench.judge.measurements import Against

    score, found = as_score(model.score), {}
    info, sign = score_info(score), -1.0 if score.lower_is_better else 1.0
    value, values = _scorer(score, theirs), (_values(score, mine), _values(score, theirs))
    single = all(each is not None for each in values)
    before, after = (value, value) if single else (scorer(score, theirs), scorer(score, mine))
    for name, at in rows.items():
        metric, why = _metric(score, theirs, value, at)
        if metric is None:
            found[name] = Against(None, why=why)
            continue
        drawn = None if single else _bootstrap(lambda a: sign * (before(a) - after(a)), at, draws)
        ours, others = (None if each is None else each[at] for each in values)
        found[name] = slice_facts.against(metric, info, ours, others, drawn)
    return found


def record(
    model: Model,
    rows: Slices,
    mine: Mapping[str, OfSlice] | None,
    theirs: Mapping[str, Against] | None,
    total: int,
) -> SlicesRecord | None:
    """What the record keeps of the slices; None where the model has none.

    Args:
        mine, theirs: what `own` gave, and `against` of the original. total: labelled samples.
    """
    if mine is None or rows is None:
        return None
    from pytest_edgebench.identity.digest import digest
    from pytest_edgebench.judge.slice_facts import recorded, worst
    from pytest_edgebench.record.slices import SlicesRecord

    info, known = score_info(as_score(model.score)), theirs or {}
    each = tuple(recorded(name, found, known.get(name), info) for name, found in mine.items())
    return SlicesRecord(
        info.name,
        info.unit,
        info.lower_is_better,
        digest(("slices", list(rows.items()))),
        total,
        each,
        worst(each, lower_is_better=info.lower_is_better),
    )


def _values(score: Score, scored: Scored) -> Array | None:
    """Per-sample values of a score that is their mean, or a share of right ones; None for other scores."""
    from pytest_edgebench.judge.scores import scale_found

    if scored.samples is None or score.correctness:
        return scored.samples
    return scored.samples if scale_found(scored.samples, scored.metric.value) is not None else None


def _scorer(score: Score, scored: Scored) -> Scorer:
    """The score of chosen samples: by their values where it has such, which spares reading outputs again."""
    from pytest_edgebench.judge.scores import scale_found

    samples = scored.samples
    if samples is not None and score.of_samples is not None:
        of_samples: Callable[[Array], float] = score.of_samples
        return lambda at: float(of_samples(samples[at]))
    scale = None if samples is None else scale_found(samples, scored.metric.value)
    if samples is not None and scale is not None:
        return lambda at: scale * float(samples[at].mean())
    return by_outputs(score, scored)


def _metric(score: Score, scored: Scored, value: Scorer, at: Array) -> tuple[Metric | None, str]:
    """The score on some samples; or why it has none there, e.g. an AUC of one class."""
    import math

    try:
        found = value(at)
    except DataError as error:
        return None, error.what
    except Exception as error:  # noqa: BLE001 - the user's function, which all samples suit and these do not
        return None, f"{score.name} raised {type(error).__name__}: {error}"
    if not math.isfinite(found):
        return None, f"{score.name} is {found} on its samples"
    whole = scored.metric
    return Metric(found, whole.unit, whole.evidence, len(at), note=whole.note), ""


def _bootstrap(drop: Scorer, at: Array, draws: int) -> Bootstrap | None:
    from pytest_edgebench.judge.bootstrap import paired

    return paired(lambda chosen: drop(at[chosen]), len(at), draws=draws)


def draws(slots: Sequence[Slot]) -> int:
    """How many resampled sets a bootstrap of a slice takes: more where a budget rests on them."""
    return DRAWS if any(is_slice(slot.limit.statistic) for slot in slots) else FEW_DRAWS
