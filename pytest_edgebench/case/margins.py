"""The margins of a case's decisions beside the original's, where outputs are class scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.measure.host_comparison import of_classes

if TYPE_CHECKING:
    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.score import Score
    from pytest_edgebench.measure.observer import Scored
    from pytest_edgebench.record.margins import Margins

MOST_VALUES = 5_000_000
"""Outputs that are looked at, of all samples together."""


def margins(score: Score, mine: Scored, original: Scored | None) -> Margins | None:
    """What the record keeps; None where outputs are not class scores, or labels not classes."""
    from pytest_edgebench.judge.agreement import in_units_of
    from pytest_edgebench.judge.margins import margins_of, summary

    found = _classes(score, mine)
    if found is None:
        return None
    scores, labels = found
    theirs = None if original is None else _classes(score, original)
    if theirs is None or theirs[0].shape != scores.shape:
        return summary(margins_of(scores, labels), None)
    (scores,) = in_units_of([theirs[0]], [scores], classes=True)
    return summary(margins_of(scores, labels), margins_of(theirs[0], labels))


def _classes(score: Score, scored: Scored) -> tuple[Array, Array] | None:
    """Scores (N, C) of at least two classes and the labels' numbers (N,); of large outputs, some."""
    from pytest_edgebench.samples.scores import as_classes, judged

    if not of_classes(score):
        return None
    rows = _rows(scored)
    try:
        scores, labels = as_classes(
            judged(score, _some(scored.outputs, rows), scored.fed), scored.labels[rows]
        )
    except DataError:
        return None
    return (scores, labels) if scores.shape[1] > 1 else None


def _rows(scored: Scored) -> Array:
    """Numbers of the samples that are looked at: all, or evenly so many that memory stays bounded."""
    import numpy as np

    count = len(scored.labels)
    one = max(1, sum(array.size for array in scored.outputs) // max(1, count))
    most = min(count, max(1, MOST_VALUES // one))
    return np.arange(count) if most == count else np.linspace(0, count - 1, most).astype(np.intp)


def _some(outputs: tuple[Array, ...], rows: Array) -> tuple[Array, ...]:
    return tuple(array if len(rows) == len(array) else array[rows] for array in outputs)
