"""How like the expected outputs a model's outputs are, whatever they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def likeness(output: int) -> eb.Score:
    """1 - |outputs - expected| / |expected| of each sample (Euclidean norms, at least 0); 1 is the same.

    Args:
        output: number of the one that is compared.
    """

    def each(outputs: Any, labels: Array) -> Array:
        import numpy as np

        found = outputs[output] if isinstance(outputs, tuple) else outputs
        wanted = labels.reshape(len(labels), -1).astype(np.float64)
        gap = np.linalg.norm(found.reshape(wanted.shape).astype(np.float64) - wanted, axis=1)
        size = np.linalg.norm(wanted, axis=1)
        return np.asarray(1 - np.minimum(1, gap / np.maximum(size, np.finfo(np.float32).eps)))

    def mean(outputs: Any, labels: Array) -> float:
        return float(each(outputs, labels).mean())

    return eb.Score(mean, per_sample=each, name="likeness", unit="fraction")
