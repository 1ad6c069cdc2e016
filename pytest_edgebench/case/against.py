"""How the outputs of a case differ from those of another file, sample by sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.samples.scores import judged

if TYPE_CHECKING:
    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.declare.score import Score
    from pytest_edgebench.judge.bootstrap import Bootstrap, Scorer
    from pytest_edgebench.measure.observer import Scored

LARGE = 4_000_000
"""Bytes of outputs from which a score is asked for single samples first."""
PROBES, ROUNDING = 5, 1e-6


def changed(model: Model, mine: Scored, theirs: Scored) -> int | None:
    """Samples whose largest output is another one, where right and wrong is what is scored."""
    score = as_score(model.score)
    ours, others = (_first(judged(score, each.outputs, each.fed)) for each in (mine, theirs))
    if not score.correctness or ours.shape != others.shape or ours.dtype.hasobject:
        return None
    flat = (len(ours), -1)
    return int((ours.reshape(flat).argmax(1) != others.reshape(flat).argmax(1)).sum())


def _first(outputs: Any) -> Array:
    found: Array = outputs[0] if isinstance(outputs, tuple) else outputs
    return found


def bootstrap(model: Model, mine: Scored, theirs: Scored) -> Bootstrap | None:
    """How the drop of an aggregate varies over the samples; None where there are per-sample values."""
    if theirs.samples is not None and mine.samples is not None:
        return None
    from pytest_edgebench.judge.bootstrap import paired

    score = as_score(model.score)
    sign = -1.0 if score.lower_is_better else 1.0
    before, after = scorer(score, theirs), scorer(score, mine)
    return paired(lambda chosen: sign * (before(chosen) - after(chosen)), len(mine.labels))


def by_outputs(score: Score, scored: Scored) -> Scorer:
    """The score of chosen samples, from their outputs each time it is asked."""
    if score.on_rows is not None:
        return score.on_rows(judged(score, scored.outputs, scored.fed), scored.labels)

    def value(chosen: Any) -> float:
        outputs = tuple(array[chosen] for array in scored.outputs)
        return float(score.fn(judged(score, outputs, scored.fed), scored.labels[chosen]))

    return value


def scorer(score: Score, scored: Scored) -> Scorer:
    """The score of chosen samples.

    One that is the mean of what it gives for single samples is drawn from these where outputs are large:
    thousands of draws of them would take minutes.
    """
    value = by_outputs(score, scored)
    if score.on_rows is not None or sum(array.nbytes for array in scored.outputs) < LARGE:
        return value
    singles = _singles(value, len(scored.labels))
    return value if singles is None else lambda chosen: float(singles[chosen].mean())


def _singles(value: Scorer, n: int) -> Array | None:
    """What a score gives for each sample; None where it is not the mean of that."""
    import numpy as np

    try:
        singles = np.array([value(np.array([i])) for i in range(n)])
        if not np.isfinite(singles).all():
            return None
        draws = np.random.default_rng(0).integers(0, n, (PROBES, n))
        same = all(_close(singles[draw].mean(), value(draw), float(np.abs(singles).max())) for draw in draws)
    except (DataError, ValueError, ZeroDivisionError):  # e.g. an AUC of one sample
        return None
    return singles if same else None


def _close(one: float, other: float, scale: float) -> bool:
    """But for how the sum of float32 is rounded."""
    return abs(one - other) <= ROUNDING * scale
