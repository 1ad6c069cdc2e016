"""Two files operator by operator: the largest layers of both, and the first one that moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.record.layers import LayerChange, Layers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_edgebench.artifacts.inspect.tally import Layer

MOST = 20
"""Layers with a row of their own."""
SAME = "no operator: other weights in the same places"


def moved(old: Sequence[Layer], new: Sequence[Layer]) -> Layers:
    """What of a file is not as it was.

    Layers are paired by name and operator; of several that are called alike, the first with the first.
    """
    before, after = _named(old), _named(new)
    rows = _by_size(_change(before.get(key), after.get(key)) for key in dict.fromkeys([*after, *before]))
    if len(rows) > MOST:
        rows = [*rows[:MOST], _rest(rows[MOST:])]
    return Layers(_first(old, new), tuple(rows))


def _named(layers: Iterable[Layer]) -> dict[tuple[str, str], Layer]:
    found: dict[tuple[str, str], Layer] = {}
    for layer in layers:
        name, number = layer.name, 1
        while (name, layer.op) in found:
            number += 1
            name = f"{layer.name}@{number}"
        found[name, layer.op] = layer
    return found


def _change(old: Layer | None, new: Layer | None) -> LayerChange:
    one = new or old
    assert one is not None
    return LayerChange(
        one.name,
        one.op,
        None if new is None else new.macs,
        None if new is None else new.bytes,
        None if old is None else old.macs,
        None if old is None else old.bytes,
    )


def _first(old: Sequence[Layer], new: Sequence[Layer]) -> str:
    """The place where the two files part, in words."""
    for then, now in zip(old, new, strict=False):
        if then.op != now.op:
            return f"{_told(then)} → {_told(now)}"
        changes = [
            f"{what} {before:,} → {after:,}"
            for what, before, after in (("MACs", then.macs, now.macs), ("bytes", then.bytes, now.bytes))
            if before != after
        ]
        if changes:
            return f"{_told(now)}: {', '.join(changes)}"
    if len(old) != len(new):
        gone = len(new) < len(old)
        return f"{_told((old if gone else new)[min(len(old), len(new))])} is {'gone' if gone else 'new'}"
    return SAME


def _told(layer: Layer) -> str:
    return f"{layer.op} {layer.name}".rstrip()


def _by_size(rows: Iterable[LayerChange]) -> list[LayerChange]:
    """Largest share of all bytes or of all multiply-accumulates first."""
    found = list(rows)
    bytes_ = sum(_largest(row.bytes, row.old_bytes) for row in found) or 1
    macs = sum(_largest(row.macs, row.old_macs) for row in found) or 1

    def share(row: LayerChange) -> float:
        return max(_largest(row.bytes, row.old_bytes) / bytes_, _largest(row.macs, row.old_macs) / macs)

    return sorted(found, key=share, reverse=True)


def _largest(*found: int | None) -> int:
    return max(number or 0 for number in found)


def _rest(rows: Sequence[LayerChange]) -> LayerChange:
    return LayerChange(
        "",
        f"{len(rows):,} others",
        sum(row.macs or 0 for row in rows),
        sum(row.bytes or 0 for row in rows),
        sum(row.old_macs or 0 for row in rows),
        sum(row.old_bytes or 0 for row in rows),
    )
