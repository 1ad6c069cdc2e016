"""How an auto-encoder finds what is not normal: by how far its output is from its input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def with_inputs(inputs: Array, anomalous: Array) -> tuple[Array, Array]:
    """Inputs (n, m), and labels (n, 1 + m) for the score: 1 for an anomaly, else 0, and then the input."""
    import numpy as np

    return inputs, np.concatenate([anomalous[:, None].astype(inputs.dtype), inputs], axis=1)


def errors(outputs: Array, labels: Array) -> Array:
    """Mean squared distance (n,) of outputs (n, m) from the inputs in labels (n, 1 + m)."""
    import numpy as np

    return np.asarray(((outputs - labels[:, 1:]) ** 2).mean(axis=1))


def _auc(outputs: Any, labels: Array) -> float:
    return eb.auc.fn(errors(outputs, labels)[:, None], labels[:, 0])


def _on_rows(outputs: Any, labels: Array) -> Callable[[Array], float]:
    found, flags = errors(outputs, labels)[:, None], labels[:, 0]
    return lambda rows: eb.auc.fn(found[rows], flags[rows])


RECONSTRUCTION_AUC = eb.Score(_auc, name="auc", unit="fraction", on_rows=_on_rows)
"""Area under the ROC curve of the distance: 0.5 by chance, 1 where every anomaly is further off."""
