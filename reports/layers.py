"""A case's file and the baseline's, operator by operator, as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers

if TYPE_CHECKING:
    from pytest_edgebench.record.layers import LayerChange, Layers

SAME_NUMBERS = "="
"""In place of a number of the baseline that is that of now."""


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One operator; `moved` where a number of it is not as it was."""

    name: str
    bytes: tuple[str, str]
    macs: tuple[str, str]
    moved: bool


@dataclass(frozen=True, slots=True)
class LayersView:
    """`first`: the first operator that moved, in words."""

    first: str
    rows: tuple[LayerRow, ...]


def layers_view(found: Layers) -> LayersView:
    """The largest layers with what they were."""
    return LayersView(found.first, tuple(_row(row) for row in found.rows))


def _row(row: LayerChange) -> LayerRow:
    pairs = (row.old_bytes, row.bytes), (row.old_macs, row.macs)
    name = f"{row.op} {row.name}".rstrip()
    return LayerRow(name, _pair(*pairs[0], "B"), _pair(*pairs[1], ""), any(old != new for old, new in pairs))


def _pair(old: int | None, new: int | None, unit: str) -> tuple[str, str]:
    """What it was and what it is: an operator that is gone or new has one of them."""
    if old == new:
        return SAME_NUMBERS, _number(new, unit)
    return _number(old, unit), _number(new, unit)


def _number(value: int | None, unit: str) -> str:
    return "–" if value is None else numbers.number(value, unit)
