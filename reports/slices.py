"""The section of the report on slices: each case's score on groups of its samples, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.record.slices import SliceRecord, SlicesRecord

PART = "Slices"
HEADS = ("case", "slice", "samples", "score, 95 % interval", "original", "change, 95 % interval")
MOST = 10
"""Slices of a case that are shown."""


def rows(run: Run) -> Iterator[tuple[str, ...]]:
    """The table; nothing where no model has slices."""
    cases = [(case.key, case.observation.slices) for case in run.cases if case.observation is not None]
    if any(found is not None for _, found in cases):
        yield HEADS
    for key, found in cases:
        if found is not None:
            yield from _case(key, found)


def _case(key: str, found: SlicesRecord) -> Iterator[tuple[str, ...]]:
    ordered = sorted(found.each, key=lambda each: (each.name != found.worst, _loss(each, found)))
    for each in ordered[:MOST]:
        name = f"{each.name} (worst)" if each.name == found.worst and len(ordered) > 1 else each.name
        yield key, name, f"{each.n:,} of {found.total:,}", *_numbers(each, found)
    if len(ordered) > MOST:
        yield key, f"and {len(ordered) - MOST:,} more", "", "", "", ""


def _loss(each: SliceRecord, found: SlicesRecord) -> float:
    """Smallest for the slice that lost most; without an original, for the worst score."""
    value = each.change if each.change is not None else each.value
    return 0.0 if value is None else -value if found.lower_is_better else value


def _numbers(each: SliceRecord, found: SlicesRecord) -> tuple[str, str, str]:
    if each.value is None:
        return each.why, "", ""
    score = numbers.number(each.value, found.unit) + _interval(each.low, each.high)
    original = "" if each.original is None else numbers.number(each.original, found.unit)
    if each.change is None:
        return score, original, ""
    ends = [_change(end, found.unit, "") for end in (each.change_low, each.change_high) if end is not None]
    change = _change(each.change, found.unit, "points" if found.unit == "%" else found.unit)
    return score, original, f"{change} [{', '.join(ends)}]" if len(ends) == 2 else change


def _change(value: float, unit: str, shown: str) -> str:
    """With two decimals for points; another score may be small."""
    return numbers.change(value, shown) if unit == "%" else f"{value:+.3g} {shown}".rstrip()


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f" [{numbers.significant(low)}, {numbers.significant(high)}]"
