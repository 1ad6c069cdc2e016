"""All cases a test could have: models × their recipes and variants × profiles; and those it asks for."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgebench.declare import errors
from pytest_edgebench.declare.limit import Planned
from pytest_edgebench.declare.model import ORIGINAL, Case
from pytest_edgebench.declare.precedence import EXACT, NO, Layered, Precedence, fit, recipe_names
from pytest_edgebench.declare.trace import trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_edgebench.declare.budget import Budget, CasesSelection
    from pytest_edgebench.declare.discover import Visible
    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.declare.recipe import Declaration
    from pytest_edgebench.profiles.profile import Profile


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One possible case.

    Attributes:
        model, recipe: names of the fixtures; recipe is "" for the model itself.
        place: ``file:line`` of the recipe (of the model for "original").
        identity: places of all it is made of: tells two declarations of one key apart.
        on_request: the model itself where it has recipes: a case only for who asks.
    """

    case: Case
    profile: Profile
    model: str
    recipe: str
    place: str
    identity: tuple[str, ...]
    on_request: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    """What is visible from one place, multiplied out.

    Attributes:
        names: axis ("model", "recipe", "profile") → all names a pattern may mean.
        problems: of declarations, each with ``file:line``.
    """

    cells: tuple[Cell, ...]
    names: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...]


def build(visible: Visible, profiles: Mapping[str, Profile]) -> Matrix:
    """Multiply visible models, recipes and profiles out.

    What cannot be used is told in `problems` and has no cells.
    """
    problems = dict.fromkeys(visible.problems)
    models: dict[str, Declaration] = {}
    identities: dict[str, tuple[str, ...]] = {}
    recipes: dict[str, list[Cell]] = {}
    names: dict[str, None] = {}
    usable = {}
    for found, declaration in visible.declared():
        traced = trace(visible, found, declaration)
        problems |= dict.fromkeys(traced.problems)
        if found.name == ORIGINAL:
            problems[errors.reserved_name(declaration.kind, found.name, declaration.place)] = None
        elif not traced.problems:
            usable[found] = traced
            if declaration.kind == "model":
                models[found.name] = declaration
                identities[found.name] = traced.closure
    for found, declaration in visible.declared():
        if found not in usable or declaration.kind != "recipe":
            continue
        chosen, wrong = _for_profiles(found.name, declaration, profiles)
        problems |= dict.fromkeys(wrong)
        names |= dict.fromkeys([found.name])
        for model in usable[found].models:
            # A recipe for several models is told apart by the model too, which is not among its arguments.
            identity = (*usable[found].closure, *identities.get(model, ()))
            for variant in usable[found].variants:
                names |= dict.fromkeys([f"{found.name}.{variant}"] if variant else [])
                for profile in chosen:
                    case = Case(model, found.name, variant, profile.name)
                    cell = Cell(case, profile, model, found.name, declaration.place, identity)
                    recipes.setdefault(model, []).append(cell)
    cells = []
    for model, declaration in models.items():
        cells += recipes.get(model, [])
        for profile in profiles.values():
            case = Case(model, ORIGINAL, "", profile.name)
            on_request = model in recipes
            cells.append(Cell(case, profile, model, "", declaration.place, identities[model], on_request))
    axes = {"model": tuple(models), "recipe": (*names, ORIGINAL), "profile": tuple(profiles)}
    return Matrix(tuple(cells), axes, tuple(problems))


def _for_profiles(
    name: str, declaration: Declaration, profiles: Mapping[str, Profile]
) -> tuple[list[Profile], list[str]]:
    if declaration.profiles is None:
        return list(profiles.values()), []
    chosen = [profile for profile in profiles.values() if fit(declaration.profiles, (profile.name,))]
    wrong = unmatched(declaration.profiles, profiles)
    return chosen, [errors.unknown_profile(declaration.place, pattern, profiles) for pattern in wrong]


def unmatched(patterns: Sequence[str], names: Iterable[str]) -> list[str]:
    """Patterns that match none of the names; ``*`` may match nothing."""
    known = tuple(names)
    return [
        pattern
        for pattern in patterns
        if pattern != "*" and pattern not in known and not any(fnmatch.fnmatchcase(n, pattern) for n in known)
    ]


def select(matrix: Matrix, selections: Sequence[CasesSelection]) -> tuple[list[Cell], list[str]]:
    """The cells a test asks for with `eb.cases`, all ordinary ones without; and what is wrong in asking."""
    if not selections:
        return [cell for cell in matrix.cells if not cell.on_request], []
    chosen: dict[Cell, None] = {}
    problems = []
    for selection in selections:
        wrong = unknown_names(matrix, selection)
        matching = [cell for cell in matrix.cells if _asked(cell, selection)]
        if not matching and not wrong and not selection.problems:
            keys = [cell.case.key for cell in matrix.cells if not cell.on_request]
            wrong = [errors.cases_match_nothing(selection.place, selection.shown, keys)]
        problems += wrong
        chosen |= dict.fromkeys(matching)
    return [cell for cell in matrix.cells if cell in chosen], problems


def _asked(cell: Cell, selection: CasesSelection) -> bool:
    recipe = fit(selection.recipes, recipe_names(cell.case))
    if cell.on_request and recipe < EXACT:
        return False
    fits = (recipe, fit(selection.models, (cell.case.model,)), fit(selection.profiles, (cell.case.profile,)))
    return NO not in fits


def unknown_names(matrix: Matrix, given: Budget | CasesSelection) -> list[str]:
    """A problem for each pattern that means nothing visible."""
    owner = "eb.budget" if hasattr(given, "limits") else "eb.cases"
    told = [
        errors.unknown_profile(given.place, pattern, matrix.names["profile"])
        for pattern in unmatched(given.profiles, matrix.names["profile"])
    ]
    for axis, patterns in (("model", given.models), ("recipe", given.recipes)):
        told += [
            f"{given.place}: {errors.unknown_pattern(axis, owner, pattern, matrix.names[axis])}"
            for pattern in unmatched(patterns, matrix.names[axis])
        ]
    return told


def settle(
    precedence: Precedence, case: Case, profile: Profile
) -> tuple[tuple[Slot, ...], frozenset[tuple[str, str, str]]]:
    """What is demanded of a case, and the slots that are switched off."""
    every = precedence.slots(case, profile)
    off = frozenset(slot.limit.slot for slot in every if slot.level == "off")
    return tuple(slot for slot in every if slot.level != "off"), off


@dataclass(frozen=True, slots=True)
class Plan:
    """The cases of one test.

    Attributes:
        cells: of each planned case, in the same order.
        matched: budgets that hold for at least one.
    """

    planned: tuple[Planned, ...]
    cells: tuple[Cell, ...]
    problems: tuple[str, ...]
    matched: tuple[Budget, ...] = field(default=())


def plan(
    test: str, place: str, matrix: Matrix, selections: Sequence[CasesSelection], budgets: Sequence[Layered]
) -> Plan:
    """Choose a test's cases and settle what is demanded of each.

    Args:
        test: the function's name.
        place: its ``file:line``.
        budgets: all that stand on it or above it.
    """
    cells, problems = select(matrix, selections)
    if not cells and not problems and not matrix.problems:
        problems.append(errors.no_cases(place, test, matrix.names["model"], matrix.names["recipe"][:-1]))
    precedence = Precedence(budgets)
    planned = []
    shared: dict[tuple[Slot, ...], tuple[Slot, ...]] = {}
    for cell in cells:
        slots, off = settle(precedence, cell.case, cell.profile)
        slots = shared.setdefault(slots, slots)
        required = cell.profile.required
        planned.append(Planned(cell.case, cell.model, cell.recipe, required, slots, cell.place, off))
    if cells and not matrix.problems:
        originals = any(cell.on_request for cell in matrix.cells) and all(cell.recipe for cell in cells)
        problems += precedence.problems([cell.case.key for cell in cells], originals)
    return Plan(tuple(planned), tuple(cells), tuple(problems), tuple(precedence.matched()))
