"""Whether a tuple is inputs with their labels or the samples themselves, where inputs alone are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_edgebench.samples.numpy_files import is_path
from pytest_edgebench.samples.ragged import is_ragged


def is_pair(value: Any) -> bool:
    """Whether a tuple is inputs with their labels, rather than samples: then all parts would be alike."""
    if not isinstance(value, tuple) or len(value) not in (2, 3):
        return False
    inputs, labels = value[:2]
    if isinstance(inputs, Mapping) or (is_path(inputs) and is_path(labels)):
        return True
    if is_path(inputs) or isinstance(inputs, int | float):
        return is_path(inputs) and hasattr(labels, "__len__")
    if is_path(labels):
        return True
    if not hasattr(inputs, "__len__") or not hasattr(labels, "__len__") or len(inputs) != len(labels):
        return False
    shapes = [getattr(part, "shape", None) for part in (inputs, labels)]
    if None not in shapes and not is_ragged(inputs):
        return shapes[0] != shapes[1]
    return len(inputs) > 0 and _depth(inputs) != _depth(labels)


def _depth(value: Any) -> int:
    """How many axes it would have as an array."""
    depth = 0
    while isinstance(value, list | tuple) or is_ragged(value):
        if not len(value):
            return depth + 1
        value, depth = value[0], depth + 1
    return depth + int(getattr(value, "ndim", 0))
