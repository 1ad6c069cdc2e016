"""A number of an earlier run, as reports draw it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Past:
    """A judged number of an earlier run, from the history.

    Attributes:
        commit: with "+" where files were changed; "" outside a repository. started: ISO 8601, UTC.
        value, low, high: as in `Metric`, in the unit of the present run.
        failed: whether the limit was broken; None where it was inconclusive.
    """

    commit: str
    started: str
    value: float
    low: float | None = None
    high: float | None = None
    failed: bool | None = None
