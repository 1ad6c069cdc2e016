"""Scores: how a model's outputs are judged against labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError, DeclarationError
from pytest_edgebench.declare.score import Score
from pytest_edgebench.samples import errors
from pytest_edgebench.samples.ragged import is_ragged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pytest_edgebench.declare.data import Array


OURS = "pytest_edgebench.samples."
PIECE_BYTES = 16 << 20  # of outputs looked at at once


def judged(score: Score, outputs: tuple[Array, ...], fed: Collection[int] = ()) -> Any:
    """What a score gets of a model's outputs: one array, or all of several as a tuple.

    The scores of this package look at what is no state; a user's own gets all outputs, in the model's order.

    Args:
        fed: numbers of the outputs that feed a state.
    """
    if score.fn.__module__.startswith(OURS) and len(fed) < len(outputs):
        outputs = tuple(array for number, array in enumerate(outputs) if number not in fed)
    return outputs[0] if len(outputs) == 1 else outputs


def evaluate(
    score: Score, outputs: Any, labels: Array, where: str, declared: str = ""
) -> tuple[float, Array | None]:
    """The score's value in its unit, and the per-sample values (N,) where it has them.

    Args:
        where: ``file:line`` of what made the file. declared: of the model, where data and score are given.

    Raises:
        DataError: outputs that are not finite, a score that raises or returns no finite number.
    """
    import numpy as np

    if bad := sum(not_finite(rows) for rows in in_pieces(outputs)):
        raise errors.outputs_not_finite(bad, len(labels), where, original=where == declared)
    where = declared or where
    try:
        samples: Array | None = None
        if score.per_sample is not None and score.of_samples is not None:
            parts, at = [], 0
            for rows in in_pieces(outputs):
                count = len(rows[0] if isinstance(rows, tuple) else rows)
                parts.append(np.asarray(score.per_sample(rows, labels[at : at + count])))
                at += count
            samples = np.concatenate(parts)
            value: Any = score.of_samples(samples)
        else:
            samples = None if score.per_sample is None else np.asarray(score.per_sample(outputs, labels))
            value = score.fn(outputs, labels)
    except DataError as error:
        raise DataError(error.what, where=where, fix=error.fix) from None
    except Exception as error:
        raise errors.score_raised(score.name, error, where) from error
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise errors.score_not_a_number(score.name, value, where) from None
    if not np.isfinite(number):
        raise errors.score_not_a_number(score.name, value, where)
    return number, samples


def in_pieces(outputs: Any) -> Iterator[Any]:
    """Outputs of some samples at a time, about `PIECE_BYTES`: they may be mapped from files.

    Args:
        outputs: one array (N, ...), or a tuple of them.
    """
    arrays = outputs if isinstance(outputs, tuple) else (outputs,)
    count = len(arrays[0])
    one = sum(8 * array.size if is_ragged(array) else array.nbytes for array in arrays) // max(1, count)
    size = max(1, PIECE_BYTES // max(1, one))
    for start in range(0, count, size):
        rows = tuple(array[start : start + size] for array in arrays)
        yield rows if isinstance(outputs, tuple) else rows[0]


def not_finite(outputs: Any) -> int:
    """Samples with NaN or infinity in any of their outputs."""
    import numpy as np

    bad: Any = False
    for array in outputs if isinstance(outputs, tuple) else (outputs,):
        if is_ragged(array):
            bad |= np.array([s.dtype.kind == "f" and not np.isfinite(s).all() for s in array], bool)
        elif array.dtype.kind == "f":
            bad |= ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
    return int(np.sum(bad))


def _mean(samples: Array) -> float:
    return float(samples.mean())


def _percent(samples: Array) -> float:
    return 100.0 * float(samples.mean())


def as_classes(outputs: Any, labels: Array) -> tuple[Array, Array]:
    """Class scores (N, C) and integer labels (N,).

    Raises:
        DataError: several outputs, or labels that are not class numbers of them.
    """
    import numpy as np

    if isinstance(outputs, tuple):
        raise errors.outputs_shape(f"class scores need one output; the model has {len(outputs)}", "")
    if is_ragged(outputs):
        raise errors.outputs_shape("class scores need outputs of one shape; the samples' differ", "")
    outputs = outputs.reshape(len(outputs), -1)
    if outputs.shape[1] == 1:
        raise errors.one_class()
    if labels.dtype.kind not in "biuf":
        raise errors.outputs_shape("labels are texts or other values, not class numbers", "")
    if labels.ndim > 1:
        labels = labels.reshape(len(labels), -1)
        labels = labels[:, 0] if labels.shape[1] == 1 else labels.argmax(axis=1)
    if labels.dtype.kind not in "iub" and not (labels == np.floor(labels)).all():
        raise errors.outputs_shape("labels are fractions, not class numbers", "")
    if len(labels) and (labels.max() >= outputs.shape[1] or labels.min() < 0):
        raise errors.outputs_shape(
            f"labels go from {labels.min():g} to {labels.max():g}, "
            f"the model gives {outputs.shape[1]} classes",
            "",
        )
    return outputs, labels.astype(np.int64)


def _top1_samples(outputs: Any, labels: Array) -> Array:
    scores, classes = as_classes(outputs, labels)
    correct: Array = scores.argmax(axis=1) == classes
    return correct


def _top1(outputs: Any, labels: Array) -> float:
    return 100.0 * float(_top1_samples(outputs, labels).mean())


top1 = Score(
    _top1, per_sample=_top1_samples, name="accuracy", unit="%", correctness=True, of_samples=_percent
)
"""Share of samples whose largest output is the label's class, in %; the first maximum counts."""


def top_k(k: int) -> Score:
    """Share of samples whose label is among the `k` largest outputs, in %; the metric is ``top<k>``."""

    def samples(outputs: Any, labels: Array) -> Array:
        import numpy as np

        scores, classes = as_classes(outputs, labels)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return np.asarray((best == classes[:, None]).any(axis=1))

    def top(outputs: Any, labels: Array) -> float:
        return 100.0 * float(samples(outputs, labels).mean())

    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise DeclarationError(f"top_k({k!r}) is not a number of classes", fix="write eb.top_k(5)")
    return Score(top, per_sample=samples, name=f"top{k}", unit="%", correctness=True, of_samples=_percent)


def _auc(outputs: Any, labels: Array) -> float:
    """Area under the ROC curve by the Mann-Whitney statistic with mid-ranks; one-vs-rest mean for C > 2."""
    import numpy as np

    if isinstance(outputs, tuple):
        raise errors.outputs_shape(f"AUC needs one output; the model has {len(outputs)}", "")
    if is_ragged(outputs):
        raise errors.outputs_shape("AUC needs outputs of one shape; the samples' differ", "")
    scores = outputs.reshape(len(outputs), -1)
    if scores.shape[1] == 1:
        return _binary_auc(scores[:, 0], labels.reshape(len(labels)) > 0)
    scores, classes = as_classes(outputs, labels)
    if scores.shape[1] == 2:
        return _binary_auc(scores[:, 1], classes == 1)
    return float(np.mean([_binary_auc(scores[:, c], classes == c) for c in np.unique(classes)]))


def _binary_auc(scores: Array, positive: Array) -> float:
    import numpy as np

    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        raise errors.outputs_shape("AUC needs samples of both classes", "")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2  # mid-rank of each group of ties, from 1
    rank_sum = float(middle[inverse][positive].sum())
    return (rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


def _f1(outputs: Any, labels: Array) -> float:
    """Macro F1: the mean over the label's classes of 2 TP / (2 TP + FP + FN)."""
    import numpy as np

    scores, classes = as_classes(outputs, labels)
    predicted = scores.argmax(axis=1)
    values = []
    for c in np.unique(classes):
        hits = int(((predicted == c) & (classes == c)).sum())
        values.append(2 * hits / (int((predicted == c).sum()) + int((classes == c).sum())))
    return float(np.mean(values))


def _mae_samples(outputs: Any, labels: Array) -> Array:
    import numpy as np

    if isinstance(outputs, tuple) or is_ragged(outputs) or outputs.size != labels.size:
        raise errors.outputs_shape("the mean absolute error needs one output of the labels' shape", "")
    gap = np.abs(outputs.reshape(labels.shape).astype(np.float64) - labels)
    return np.asarray(gap.reshape(len(gap), -1).mean(axis=1))


def _mae(outputs: Any, labels: Array) -> float:
    return float(_mae_samples(outputs, labels).mean())


auc = Score(_auc, name="auc", unit="fraction")
"""Area under the ROC curve, 0 to 1; mean of one-vs-rest for more than two classes."""
f1 = Score(_f1, name="f1", unit="fraction")
"""Macro-averaged F1, 0 to 1."""
mae = Score(_mae, lower_is_better=True, per_sample=_mae_samples, name="mae", of_samples=_mean)
"""Mean absolute error in the labels' unit; lower is better."""
