"""What moved in the file of a case that became worse, operator by operator."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerChange:
    """An operator of a file that changed, now and in the baseline's file.

    Attributes:
        name, op: of it; name is "" for the sum of what has no row of its own.
        macs, bytes: multiply-accumulates of a call and bytes of constants; None where it is gone.
        old_macs, old_bytes: of the baseline; None where it is new.
    """

    name: str
    op: str
    macs: int | None = None
    bytes: int | None = None
    old_macs: int | None = None
    old_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Layers:
    """A case's file and the baseline's, operator by operator.

    Attributes:
        first: the first operator, in the order in which they run, that is not as it was, in words.
        rows: the largest, largest first, then the sum of all others.
    """

    first: str
    rows: tuple[LayerChange, ...]
