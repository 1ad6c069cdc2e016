"""A broken budget as pytest's own representation of a failure, which terminal, JUnit and xdist know."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from _pytest._code.code import ReprExceptionInfo

    from pytest_edgebench.record.run import Row

MOST_LINES = 12
"""Of a budget that is written over several lines."""


def shown(key: str, rows: Sequence[Row], root: Path, accept: str, fallback: str) -> ReprExceptionInfo:
    """The failure of a test whose budgets are broken.

    Args:
        key: of the case. root: places are told from it. accept: see `reports.failure.section`.
        fallback: ``file:line`` for a failure without a place of its own.
    """
    from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

    from pytest_edgebench.reports import failure

    lines = [line.replace(f"{root}/", "") for line in failure.section(key, rows, _lines_at, accept)]
    place = failure.worst(rows).place or fallback
    file, _, line = place.replace(f"{root}/", "").rpartition(":")
    crash = ReprFileLocation(file, int(line) if line.isdigit() else 0, failure.message(rows))
    entry = ReprEntryNative([f"{line}\n" for line in lines])
    return ReprExceptionInfo(reprcrash=crash, reprtraceback=ReprTraceback([entry], None, "native"))


def _lines_at(place: str) -> list[str]:
    """Source from a place on."""
    file, _, line = place.rpartition(":")
    if not line.isdigit():
        return []
    first = int(line) - 1
    return [text.rstrip("\n") for text in linecache.getlines(file)[first : first + MOST_LINES]]
