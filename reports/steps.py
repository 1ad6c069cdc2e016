"""What each compression step did to the model, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.record.run import Counts, StepRecord

MOST_OPS = 8


@dataclass(frozen=True, slots=True)
class StepView:
    """A step and the counts it changed: (what, from → to)."""

    step: str
    stage: str
    changes: tuple[tuple[str, str], ...]


def step_views(steps: tuple[StepRecord, ...]) -> tuple[StepView, ...]:
    """The steps of an artifact in their order."""
    return tuple(
        StepView(step.step, step.stage, (*_changes(step.before, step.after), *_size(step.sizes)))
        for step in steps
    )


def _size(sizes: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    told = ", ".join(f"{numbers.number(size, 'B')} {name}" for name, size in sizes.items())
    return (("file", told),) if told else ()


def _changes(before: Counts | None, after: Counts | None) -> tuple[tuple[str, str], ...]:
    if after is None:
        return ()
    if before is None:
        dtypes = ", ".join(f"{dtype} {numbers.number(n, 'B')}" for dtype, n in after.weight_bytes.items())
        return (("gives", f"{numbers.plural(sum(after.ops.values()), 'op')}, weights {dtypes or 'none'}"),)
    found = [
        ("ops", _mapping(before.ops, after.ops, "")),
        ("weights", _mapping(before.weight_bytes, after.weight_bytes, "B")),
        ("parameters", _pair(before.parameters, after.parameters)),
        ("zeros", _zeros(before, after)),
        ("MACs", _pair(before.macs, after.macs)),
        ("float ops", _pair(before.float_ops, after.float_ops)),
    ]
    return tuple((name, text) for name, text in found if text)


def _mapping(before: Mapping[str, int], after: Mapping[str, int], unit: str) -> str:
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name, 0) != after.get(name, 0)]
    names.sort(key=lambda name: -abs(before.get(name, 0) - after.get(name, 0)))
    shown = [
        f"{name} {numbers.number(before.get(name, 0), unit)} → {numbers.number(after.get(name, 0), unit)}"
        for name in names[:MOST_OPS]
    ]
    hidden = len(names) - MOST_OPS
    return ", ".join(shown) + (f" and {hidden} more" if hidden > 0 else "")


def _pair(before: int, after: int) -> str:
    return "" if before == after else " → ".join(numbers.apart(before, after, ""))


def _zeros(before: Counts, after: Counts) -> str:
    if before.zeros == after.zeros:
        return ""
    shares = [
        f"{numbers.significant(100 * counts.zeros / counts.parameters)} %" if counts.parameters else "0 %"
        for counts in (before, after)
    ]
    return " → ".join(shares)
