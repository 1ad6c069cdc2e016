"""What a record holds of a case's score on slices of its samples."""

from __future__ import annotations

from dataclasses import dataclass

WORST = "worst slice"
"""The statistic of a limit on the worst of all slices."""


@dataclass(frozen=True, slots=True)
class SliceRecord:
    """The score on one slice; all numbers in the score's unit.

    Attributes:
        name: of the slice. n: samples in it.
        value: the score; None where it has none on these samples. why: it has none; else "".
        low, high: its 95 % interval; None where it is not known.
        right: how many of its samples are right, of a score that is such a share.
        original: the original's score on the same samples; None where it is not known.
        change, change_low, change_high: of the score against the original's, with its 95 % interval; in
            points for a score in %.
        worse, better: samples that only the original has right, and only the case, of such a score.
    """

    name: str
    n: int
    value: float | None
    low: float | None = None
    high: float | None = None
    why: str = ""
    right: int | None = None
    original: float | None = None
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    worse: int | None = None
    better: int | None = None


@dataclass(frozen=True, slots=True)
class SlicesRecord:
    """All slices of a case.

    Attributes:
        score: its name. unit: of its numbers, "%" or "". lower_is_better: its direction.
        key: SHA-256 of the slices' names and samples: the same slices have the same.
        total: labelled samples, of which a slice may hold some and others.
        each: in the model's order.
        worst: the slice that lost most against the original in what its interval shows surely, or where there
            is no original, that with the worst score; "" for none.
    """

    score: str
    unit: str
    lower_is_better: bool
    key: str
    total: int
    each: tuple[SliceRecord, ...]
    worst: str = ""
