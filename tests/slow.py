"""Parametrised tests that start whole sessions: which of their parameters every run tries.

The others are marked ``slow``, and `.ci/nightly` tries them.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

ROOT = Path(__file__).parents[1]
TRIED = {
    "tests/plugin/test_budgets_made.py::test_added_by_a_hook_or_a_fixture": 5,
}
"""Test → how many of its parameters, spread over all of them, every run tries."""


def chosen(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Those that every run leaves out."""
    found: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        test = item.nodeid.partition("[")[0]
        if test in TRIED:
            found[test].append(item)
    for test, group in found.items():
        # Each worker of xdist must choose the same, in whatever order it collected.
        ordered = sorted(group, key=lambda item: item.nodeid)
        wanted = TRIED[test]
        kept = {number * len(ordered) // wanted for number in range(wanted)}
        yield from (item for number, item in enumerate(ordered) if number not in kept)
