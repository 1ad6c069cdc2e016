"""Labels: an array where they fit into one, else one plain value a sample (boxes, texts, trees)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.data import Array


def as_labels(values: Any) -> Array:
    """Labels of all samples, (N, ...); of dtype object, (N,), where they do not fit into an array.

    Args:
        values: an array, or something with one label for each sample: numbers, texts, arrays, and lists,
            tuples and dicts of these.

    Raises:
        TypeError: one of them holds something else; the message names its type.
    """
    import numpy as np

    if not isinstance(values, list | tuple):
        found = np.asarray(values)
        if found.dtype != object or found.ndim == 0:
            return found
    # Looked at one by one before numpy may, which goes into whatever has a length and never comes back.
    try:
        plain = [_plain(value) for value in values]
    except RecursionError:
        raise TypeError("itself, or is nested too deeply") from None
    try:
        found = np.asarray(plain)
        if found.dtype != object:
            return found
    except ValueError:  # of different shapes
        pass
    labels = np.empty(len(plain), object)
    for number, value in enumerate(plain):
        labels[number] = value
    return labels


def joined(parts: Sequence[Any]) -> Array:
    """Labels of batches, one after the other; errors as `as_labels`."""
    import numpy as np

    if all(hasattr(part, "__array__") for part in parts):
        try:
            return np.concatenate([np.asarray(part) for part in parts])
        except ValueError:  # each batch of another shape
            pass
    return as_labels([label for part in parts for label in part])


def content(labels: Array) -> Any:
    """What stands for labels in a digest."""
    return labels.tolist() if labels.dtype == object else labels


def _plain(value: Any) -> Any:
    import numpy as np

    if value is None or isinstance(value, str | bytes | bool | int | float | np.generic):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.dtype != object:
            return array
    raise TypeError(type(value).__name__)
