"""The section of the report on margins: how far decisions are from another class, beside the original's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.record.margins import Margins, Quantile
    from pytest_edgebench.record.run import Run

PART = "Margins of decisions"
HEADS = ("case", "samples", "median, 95 % interval", "original", "5 % are below", "original", "change")


def rows(run: Run) -> Iterator[tuple[str, ...]]:
    """The table; nothing where no outputs are class scores."""
    found = [
        (case.key, case.observation.margins)
        for case in run.cases
        if case.observation is not None and case.observation.margins is not None
    ]
    if found:
        yield HEADS
    for key, each in found:
        quantiles = (each.median, each.original_median, each.p5, each.original_p5)
        yield key, f"{each.n:,}", *map(_quantile, quantiles), change(each)


def change(found: Margins) -> str:
    """``margin shrank by 9.6 % [8.1, 11.0]; 5th percentile ...``, of the median; "" without an original."""
    if found.change_median is None or found.change_p5 is None:
        return ""
    median = _moved(found.original_median, found.change_median)
    p5 = _moved(found.original_p5, found.change_p5)
    sides = f"{numbers.plural(found.flipped, 'sample')} on another side of 0"
    return f"margin {median}; 5th percentile {p5}; {sides}"


def _moved(before: Quantile | None, moved: Quantile) -> str:
    """``shrank by 9.6 % [8.1, 11.0]``; a share of a margin below 0, where samples are wrong, says nothing."""
    if moved.low is None or moved.high is None:
        return f"changed by {moved.value:+.3g}"
    if moved.low <= 0 <= moved.high:
        return f"unchanged {_ends(moved.low, moved.high)}"
    verb, sign = ("shrank", -1.0) if moved.high < 0 else ("grew", 1.0)
    share = before is not None and before.value > 0
    size = 100 / before.value if before is not None and share else 1.0
    low, high = sorted(sign * size * end for end in (moved.low, moved.high))
    value = f"{numbers.significant(sign * size * moved.value)}{' %' if share else ''}"
    return f"{verb} by {value} {_ends(low, high)}"


def _quantile(found: Quantile | None) -> str:
    if found is None:
        return ""
    shown = numbers.significant(found.value)
    return shown if found.low is None or found.high is None else f"{shown} {_ends(found.low, found.high)}"


def _ends(low: float, high: float) -> str:
    return f"[{numbers.significant(low)}, {numbers.significant(high)}]"
