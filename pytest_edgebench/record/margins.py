"""What a record holds of the margins of a case's decisions, which shrink before a score falls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of margins over the samples.

    Attributes:
        value: of the samples. low, high: its 95 % interval; None where there are too few samples.
    """

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Margins:
    """Margins of class scores: the label's score less the largest other; below 0 the sample is wrong.

    In the unit of the outputs; a target's or a quantized file's are brought to that of the original's first.

    Attributes:
        n: samples. median, p5: of the case; 5 % of the samples have a margin below `p5`.
        original_median, original_p5: of the original on the same samples; None without one.
        change_median, change_p5: of the case against the original, on the same samples.
        flipped: samples whose margin has the other sign than the original's.
    """

    n: int
    median: Quantile
    p5: Quantile
    original_median: Quantile | None = None
    original_p5: Quantile | None = None
    change_median: Quantile | None = None
    change_p5: Quantile | None = None
    flipped: int = 0
