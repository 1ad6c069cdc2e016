"""The budgets and case selections that stand on a test and above it, each with its layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.names import BUDGET_MARK, CASES_MARK
from pytest_edgebench.declare import errors
from pytest_edgebench.declare.budget import Budget, CasesSelection
from pytest_edgebench.declare.discover import conftests
from pytest_edgebench.declare.precedence import CLASS, FOLDER, FUNCTION, MODULE, Layer

if TYPE_CHECKING:
    from pathlib import Path

_CALLS = {BUDGET_MARK: "eb.budget(...)", CASES_MARK: "eb.cases(...)"}


@dataclass(frozen=True, slots=True)
class Gathered:
    """Budgets and selections with their layers, nearest first; and marks that are not ours in their name."""

    budgets: tuple[tuple[Budget, Layer], ...]
    selections: tuple[tuple[CasesSelection, Layer], ...]
    problems: tuple[str, ...]

    def nearest_selections(self) -> list[CasesSelection]:
        """Those of the nearest layer that has any: a test's replace its class's."""
        if not self.selections:
            return []
        nearest = max(layer for _, layer in self.selections)
        return [selection for selection, layer in self.selections if layer == nearest]

    def own(self) -> list[Budget | CasesSelection]:
        """Those that stand on the test function itself."""
        pairs: list[tuple[Budget | CasesSelection, Layer]] = [*self.budgets, *self.selections]
        return [given for given, layer in pairs if layer[0] == FUNCTION]


Folders = list[tuple[pytest.Mark, Layer, str]]
"""Marks of folders with their layer and the path of the file they stand in."""


def gather(definition: pytest.Item, folders: Folders) -> Gathered:
    """Read the marks of a test function, its classes and its module, and add those of the folders above."""
    budgets: list[tuple[Budget, Layer]] = []
    selections: list[tuple[CasesSelection, Layer]] = []
    problems: list[str] = []
    found = [
        (mark, _layer(node, mark), node.nodeid)
        for name in _CALLS
        for node, mark in definition.iter_markers_with_node(name)
    ]
    for mark, layer, where in found + folders:
        for given in mark.args or (None,):
            if isinstance(given, Budget):
                budgets.append((given, layer))
            elif isinstance(given, CasesSelection):
                selections.append((given, layer))
            else:
                problems.append(errors.raw_mark(where, mark.name, _CALLS[mark.name]))
    return Gathered(tuple(budgets), tuple(selections), tuple(problems))


def folder_marks(config: pytest.Config, path: Path) -> Folders:
    """Our marks in the `pytestmark` of each `conftest.py` that is valid for a file; pytest ignores them."""
    return [
        (mark, (FOLDER, len(folder.parts), 0), str(folder / "conftest.py"))
        for folder, module in conftests(config, path)
        for mark in module_marks(module)
    ]


def module_marks(module: Any) -> list[pytest.Mark]:
    """Our marks in a module's `pytestmark`."""
    marks = _unpacked(getattr(module, "pytestmark", ()))
    return [mark for mark in marks if isinstance(mark, pytest.Mark) and mark.name in _CALLS]


def _layer(node: Any, mark: pytest.Mark) -> Layer:
    if isinstance(node, pytest.Module):
        return (MODULE, 0, 0)
    if isinstance(node, pytest.Class):
        # The nearer class wins: an inner one over the outer, a derived one over its base.
        marked = [mark in _unpacked(vars(cls).get("pytestmark")) for cls in node.obj.__mro__]
        base = marked.index(True) if True in marked else 0
        return (CLASS, len(node.listchain()), -base)
    if isinstance(node, pytest.Item):
        return (FUNCTION, 0, 0)
    return (FOLDER, _depth(node.path), 0)


def _depth(folder: Path) -> int:
    return len((folder.parent if folder.suffix else folder).parts)


def _unpacked(marks: Any) -> list[Any]:
    listed = marks if isinstance(marks, list | tuple) else (marks,)
    return [getattr(mark, "mark", mark) for mark in listed]
