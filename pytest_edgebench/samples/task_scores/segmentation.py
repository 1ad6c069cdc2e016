"""Maps of classes against maps of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.task_scores.by_rows import by_rows, of_sums

if TYPE_CHECKING:
    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.score import Score


def mean_iou(classes: int, ignore: int | None = None) -> Score:
    """Intersection over union, the mean over the classes that are in labels or predictions; 0 to 1.

    Outputs are class numbers (N, ...), or class scores with one axis more, second or last; labels are class
    numbers (N, ...).

    Args:
        ignore: label of pixels that do not count, e.g. 255.
    """

    def parts(outputs: Any, labels: Array) -> Array:
        import numpy as np

        if isinstance(outputs, tuple):
            raise errors.outputs_shape(f"mean_iou needs one output; the model has {len(outputs)}", "")
        predicted = _classes(outputs, labels, classes)
        counts = np.ones(labels.shape, bool) if ignore is None else labels != ignore
        found = np.empty((len(labels), 2, classes))
        for number in range(len(labels)):
            mine, theirs = predicted[number][counts[number]], labels[number][counts[number]].astype(np.int64)
            if theirs.min(initial=0) < 0 or theirs.max(initial=0) >= classes:
                raise errors.outputs_shape(
                    f"labels of sample {number:,} go from {theirs.min()} to {theirs.max()}, "
                    f"with {classes} classes",
                    "",
                )
            both = np.bincount(mine[mine == theirs], minlength=classes)
            found[number, 0] = both
            found[number, 1] = np.bincount(mine, minlength=classes)[:classes] - both
            found[number, 1] += np.bincount(theirs, minlength=classes)
        return found.reshape(len(labels), -1)

    def score(sums: Array) -> float:
        both, either = sums.reshape(2, classes)
        if not either.any():
            raise errors.outputs_shape("no pixel counts", "")
        return float((both[either > 0] / either[either > 0]).mean())

    return by_rows("mean_iou", of_sums(parts, score), unit="fraction")


def _classes(outputs: Array, labels: Array, classes: int) -> Array:
    """Class numbers in the labels' shape."""
    import numpy as np

    if outputs.shape == labels.shape:
        predicted = np.rint(outputs).astype(np.int64)
        if predicted.min(initial=0) < 0 or predicted.max(initial=0) >= classes:
            raise errors.outputs_shape(
                f"the model's classes go from {predicted.min()} to {predicted.max()}, with {classes} classes",
                "",
            )
        return predicted
    for axis in (1, -1):
        if outputs.ndim == labels.ndim + 1 and outputs.shape[axis] == classes:
            best = outputs.argmax(axis=axis)
            if best.shape == labels.shape:
                return np.asarray(best)
    raise errors.outputs_shape(
        f"outputs {outputs.shape} are neither class numbers nor scores of {classes} classes "
        f"for labels {labels.shape}",
        "",
    )
