"""What this process declared: each budget from the moment it was made, and whether there is a model.

A mark is held by the function it stands on, and a function that another one of its name hides is gone by the
time tests are collected. A budget is therefore noted when it is made; whoever accounts for budgets takes them
from here. This is the one state of the package that no session holds: files are imported before there is one.
"""

from __future__ import annotations

from typing import Any

_budgets: list[Any] = []
_places: dict[str, None] = {}


def note(budget: Any) -> None:
    """A `Budget` was made."""
    _budgets.append(budget)
    _places[budget.place] = None


def note_model(place: str) -> None:
    """A model was declared."""
    _places[place] = None


def take() -> list[Any]:
    """The `Budget`s that were made since this was last asked, oldest first."""
    taken = _budgets[:]
    _budgets.clear()
    return taken


def waiting() -> bool:
    """Whether there is one that nobody has taken."""
    return bool(_budgets)


def places() -> list[str]:
    """Where models and budgets were declared up to now, each ``file:line``."""
    return list(_places)
