"""Budgets that were made and hold for no collected test: each is an error at its own line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.declare.items import case_of
from pytest_edgebench.declare.stands_on import stands_on
from pytest_edgebench.session import errors
from pytest_edgebench.session.late import budgets_on

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    import pytest

    from pytest_edgebench.declare.budget import Budget


@dataclass(frozen=True, slots=True)
class Unattached:
    """Budgets without a test.

    Attributes:
        problems: one for each.
        pending: place → what to say in the end of one whose value somebody kept: it may still be added to a
            test while that runs.
    """

    problems: tuple[str, ...] = ()
    pending: dict[str, str] = field(default_factory=dict)


def unattached(
    made: Iterable[Budget],
    items: Sequence[pytest.Item],
    settled: Collection[object],
    complete: Callable[[Path], bool],
) -> Unattached:
    """Find those that nothing will judge.

    Args:
        items: all collected ones, also those that were deselected.
        settled: budgets that hold for some case, or of which something was told.
        complete: whether every test was collected that a budget of a file may be on.
    """
    open_ = [budget for budget in dict.fromkeys(made) if budget not in settled]
    if not open_:
        return Unattached()
    on: dict[Budget, pytest.Item] = {}
    cases = False
    for item in items:
        cases = cases or case_of(item) is not None
        for budget in budgets_on(item):
            # A test with a case says more than one without, of which there may be many below a module's mark.
            if budget not in on or (case_of(on[budget]) is None and case_of(item) is not None):
                on[budget] = item
    problems: dict[str, None] = {}
    pending: dict[str, str] = {}
    for budget in open_:
        if budget.problems:
            problems |= dict.fromkeys(budget.problems)
        elif budget in on:
            text = _of_item(budget, on[budget])
            if complete(Path(budget.file)) or _unittest(on[budget]):
                problems[text] = None
        elif complete(Path(budget.file)):
            found = stands_on(budget.file, budget.line)
            text = errors.unattached(budget.place, budget.call, found)
            if found.way == "value" and cases:
                pending[budget.place] = text
            else:
                problems[text] = None
    return Unattached(tuple(problems), pending)


def _of_item(budget: Budget, item: pytest.Item) -> str:
    if case_of(item) is not None:
        return errors.budget_unused(budget.place, budget.shown)
    if _unittest(item):
        return errors.on_unittest(budget.place, budget.call, getattr(item.cls, "__name__", item.name))  # type: ignore[attr-defined]
    return errors.unread_mark(budget.place, budget.call, item.name)


def _unittest(item: pytest.Item) -> bool:
    import sys

    unittest = sys.modules.get("unittest")
    cls = getattr(item, "cls", None)
    return unittest is not None and isinstance(cls, type) and issubclass(cls, unittest.TestCase)
