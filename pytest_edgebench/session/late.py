"""Budgets that reach a test after its cases were made: from hooks of a conftest.py, and while the test runs.

pytest parametrises a test before anybody else can add marks to it. What is demanded of a case is therefore
settled once more where marks have come since: after all plugins have seen the collected tests, and at each
`edge.check()`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from pytest_edgebench.base.names import BUDGET_MARK, EDGE
from pytest_edgebench.declare import matrix
from pytest_edgebench.declare.budget import Budget
from pytest_edgebench.declare.items import case_of
from pytest_edgebench.declare.precedence import Layered, Precedence
from pytest_edgebench.session import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pytest

    from pytest_edgebench.declare.grammar import Understood
    from pytest_edgebench.declare.marks import Gathered
    from pytest_edgebench.declare.matrix import Matrix
    from pytest_edgebench.profiles.profile import Profile


class Reader(Protocol):
    """Reads what stands on tests; `pytest_edgebench.session.collection.Collection`."""

    profiles: Mapping[str, Profile]

    def gathered(self, item: pytest.Item, /) -> Gathered: ...
    def matrix_of(self, item: pytest.Item, /) -> Matrix: ...
    def understood(self, budget: Budget, /) -> Understood: ...
    def match(self, budgets: Iterable[Budget], /) -> None: ...


class Late:
    """Which budgets of each test were known when its cases were made, and what came since.

    Args:
        collection: reads marks and understands budgets.
    """

    def __init__(self, collection: Reader) -> None:
        self._collection = collection
        self._known: dict[str, frozenset[Budget]] = {}
        self._adopted: dict[str, frozenset[Budget]] = {}

    def know(self, definition: pytest.Item, gathered: Gathered) -> None:
        """The cases of a test are made with these budgets."""
        self._known[_test(definition)] = frozenset(budget for budget, _ in gathered.budgets)

    def of(self, item: pytest.Item) -> list[Budget]:
        """Budgets on an item, or on what it is part of, that came after its cases were made."""
        known = self._known.get(_test(item), frozenset())
        return [budget for budget in budgets_on(item) if budget not in known]

    def adopt(self, item: pytest.Item) -> list[str]:
        """Settle once more what is demanded of an item's case, where budgets came; problems with them."""
        came, planned = self.of(item), case_of(item)
        if not came or planned is None or self._adopted.get(item.nodeid) == frozenset(came):
            return []
        self._adopted[item.nodeid] = frozenset(came)
        ours = self._collection
        seen, gathered = ours.matrix_of(item), ours.gathered(item)
        problems: dict[str, None] = {}
        layered: dict[Budget, Layered] = {}
        for budget, layer in gathered.budgets:
            understood = ours.understood(budget)
            wrong = [*understood.problems, *matrix.unknown_names(seen, budget)] if budget in came else []
            problems |= dict.fromkeys(wrong)
            layered.setdefault(budget, Layered(budget, () if wrong else understood.limits, layer))
        precedence = Precedence(list(layered.values()))
        slots, off = matrix.settle(precedence, planned.case, ours.profiles[planned.case.profile])
        ours.match(precedence.matched())
        item.callspec.params[EDGE] = replace(planned, slots=slots, off=off)  # type: ignore[attr-defined]
        return [*problems, *precedence.ties()]


def budgets_on(item: pytest.Item) -> list[Budget]:
    """Budgets on an item and on what it is part of, each once, nearest first."""
    marks = item.iter_markers(BUDGET_MARK)
    return list(dict.fromkeys(given for mark in marks for given in mark.args if isinstance(given, Budget)))


def added(late: Late, item: pytest.Item, made: Iterable[Budget]) -> dict[str, tuple[str, bool]]:
    """Budgets that were made or added while a test ran: place → what to say where none is judged there.

    The second of a pair says whether it stands on the test. One of level "off" demands nothing.
    """
    on = late.of(item)
    test = getattr(item, "originalname", item.name)
    told: dict[str, tuple[str, bool]] = {}
    for budget in dict.fromkeys([*on, *made]):
        if budget.level == "off" and case_of(item) is not None:
            continue
        if budget in on and case_of(item) is None:
            words = errors.unread_mark(budget.place, budget.call, test)
        elif budget in on:
            words = errors.added_unjudged(budget.place, budget.call, test)
        else:
            words = errors.made_in_test(budget.place, budget.call, test)
        told[budget.place] = (words, budget in on)
    return told


def _test(item: pytest.Item) -> str:
    """A test function by its node id without parameters; the same for its definition and all its items."""
    parent = item.parent.nodeid if item.parent is not None else ""
    return f"{parent}::{getattr(item, 'originalname', None) or item.name}"
