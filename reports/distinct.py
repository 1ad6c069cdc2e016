"""Names shortened so that what tells them apart stays."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import columns, cut

if TYPE_CHECKING:
    from collections.abc import Sequence


def distinct(names: Sequence[str], size: int) -> list[str]:
    """Names of at most so many columns: what all have in common is cut first, at either end.

    Where what differs is still too long, its middle is cut, unless two names would then be equal: these keep
    their whole length, since a table that is too wide says more than one with equal names.
    """
    if all(columns(name) <= size for name in names):
        return list(names)
    head = _shared(names) if len(set(names)) > 1 else 0
    rest = [name[head:] for name in names]
    tail = _shared([name[::-1] for name in rest]) if len(set(names)) > 1 else 0
    found = []
    for name in names:
        middle = name[head : len(name) - tail]
        room = size - columns(middle) - (head > 0) - (tail > 0)
        ending = name[len(name) - tail :] if tail else ""
        start = name[:head]
        if room < 0:
            found.append(cut(middle, size))
            continue
        kept = min(len(ending), room // 2 if head else room)
        begun = min(len(start), room - kept)
        left = start if begun >= len(start) else start[:begun] + "…"
        right = ending if kept >= len(ending) else "…" + ending[len(ending) - kept :]
        found.append(f"{left}{middle}{right}")
    return found if len(set(found)) == len(set(names)) else list(names)


def _shared(names: Sequence[str]) -> int:
    """How many characters at their start some names have in common."""
    return sum(1 for _ in takewhile(lambda chars: len(set(chars)) == 1, zip(*names, strict=False)))
