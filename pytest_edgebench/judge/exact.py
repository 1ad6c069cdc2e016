"""Exact and near-exact metrics: integers compared with bounds worked out in fractions, never in floats.

100 bytes + 5 % is 105, so 105 passes; in floats 100 * 1.1 is 110.00000000000001. A budget's number is
taken as it was written: the shortest decimal text of its float.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_edgebench.judge.formatting import percent, quantity

if TYPE_CHECKING:
    from pytest_edgebench.declare.limit import Limit


def as_written(value: float) -> Fraction:
    """The number whose shortest decimal text the float has: 0.1 gives 1/10."""
    return Fraction(repr(float(value)))


def bound_of(limit: Limit, reference: Fraction | None = None, *, fraction: bool = False) -> Fraction:
    """A limit as a number in the metric's unit.

    Args:
        limit: absolute, or relative to `reference` in "%" of it, in points or in the metric's unit.
        reference: the reference's value; not needed for absolute limits.
        fraction: of a number from 0 to 1, of which a point is a hundredth.
    """
    amount = as_written(limit.amount)
    if fraction and limit.unit == "points":
        amount /= 100
    if not limit.reference:
        return amount
    if reference is None:
        raise ValueError(f"{limit.text!r} needs the reference's value")
    return reference * (1 + amount / 100) if limit.unit == "%" else reference + amount


def breaks(value: Fraction, bound: Fraction, *, higher_is_better: bool = False) -> bool:
    """Whether a value is on the wrong side of a bound; on it is on the right side."""
    return value < bound if higher_is_better else value > bound


def change_percent(value: float, reference: float) -> float | None:
    """The change against a reference in %; None where the reference is zero and the value is not."""
    if value == reference:
        return 0.0
    return float(100 * (as_written(value) / as_written(reference) - 1)) if reference else None


def difference_text(value: float, reference: float, unit: str, than: str) -> str:
    """ "1 B more than the baseline (+0.01 %)", "the same as the baseline"."""
    gap = as_written(value) - as_written(reference)
    if not gap:
        return f"the same as {than}"
    share = change_percent(value, reference)
    shown = "" if share is None or percent(share) == "0.0 %" else f" ({percent(share)})"
    return f"{quantity(abs(float(gap)), unit)} {'more' if gap > 0 else 'less'} than {than}{shown}"


def over_text(value: float, bound: Fraction, unit: str) -> str:
    """ "1.20 kB over the limit of 64.0 kB"; a fraction of a byte is rounded away from the limit."""
    gap = abs(as_written(value) - bound)
    side = "over" if as_written(value) > bound else "under"
    return f"{quantity(_shown(gap, unit), unit)} {side} the limit of {quantity(_shown(bound, unit), unit)}"


def _shown(value: Fraction, unit: str) -> float:
    """Bytes below 1,000 with a fraction (a percentage of bytes) keep three digits; whole ones stay whole."""
    return float(round(value)) if unit == "B" and value >= 1000 else float(value)
