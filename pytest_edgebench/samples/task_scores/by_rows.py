"""A score that is worked out for chosen samples from what was kept of each: its interval costs little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.declare.score import Score

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.score import ByRows


def by_rows(name: str, on_rows: ByRows, *, lower_is_better: bool = False, unit: str = "") -> Score:
    """A score whose value is that of all samples.

    Args:
        on_rows: ``(outputs, labels)`` → numbers of samples (m,) → the score on these.
    """

    def score(outputs: Any, labels: Array) -> float:
        import numpy as np

        return on_rows(outputs, labels)(np.arange(len(labels)))

    return Score(score, lower_is_better, name=name, unit=unit, on_rows=on_rows)


def of_sums(
    parts: Callable[[Any, Array], Array], value: Callable[[Array], float]
) -> Callable[[Any, Array], Callable[[Array], float]]:
    """What `by_rows` needs for a score that is a function of sums over the samples.

    Args:
        parts: ``(outputs, labels)`` → (N, P), what each sample adds to each sum. value: of the sums (P,).
    """

    def on_rows(outputs: Any, labels: Array) -> Callable[[Array], float]:
        kept = parts(outputs, labels)
        return lambda rows: float(value(kept[rows].sum(axis=0)))

    return on_rows
