"""What a recipe is made from: its models, its variants, and all that can change it."""

from __future__ import annotations

import fnmatch
import itertools
from typing import TYPE_CHECKING

from pytest_edgebench.declare import errors
from pytest_edgebench.declare.discover import Traced

if TYPE_CHECKING:
    from pytest_edgebench.declare.discover import Found, Visible
    from pytest_edgebench.declare.recipe import Declaration


def trace(visible: Visible, found: Found, declaration: Declaration, within: tuple[str, ...] = ()) -> Traced:
    """Follow a model or recipe through its arguments, as pytest would resolve them.

    Args:
        within: names of the fixtures being made, outermost first.
    """
    kept = visible.traces.get(found)
    # What a name means changes only inside a fixture of that name, so a trace is good elsewhere too.
    if kept is not None and kept.names.isdisjoint(within):
        return kept
    traced = _trace(visible, found, declaration, within)
    if traced.names.isdisjoint(within):
        visible.traces[found] = traced
    return traced


def _trace(visible: Visible, found: Found, declaration: Declaration, within: tuple[str, ...]) -> Traced:
    name, place = found.name, declaration.place
    inner = (*within, name)
    problems = [f"{place}: {declaration.problem}"] if declaration.problem else []
    if found.parametrised:
        problems.append(errors.fixture_params(declaration.kind, name, place, name, place))
    used: dict[str, tuple[Declaration, Traced]] = {}
    closure, names = [place], set(declaration.parameters)
    for parameter in declaration.parameters:
        below = visible.resolve(parameter, inner)
        if below is None:
            if parameter in inner:
                problems.append(f"{place}: {errors.cycle(name)}")
        elif below.declaration is not None:
            traced = trace(visible, below, below.declaration, inner)
            used[parameter] = (below.declaration, traced)
            closure += traced.closure
            names |= traced.names
            problems += traced.problems
        else:
            for plain in _plain(visible, parameter, below, inner):
                closure.append(plain.place)
                names.update(plain.parameters())
                if plain.parametrised:
                    problems.append(
                        errors.fixture_params(declaration.kind, name, place, plain.name, plain.place)
                    )
    models, variants, several, wrong = _source(visible, found, declaration, used, bool(problems))
    problems += wrong
    return Traced(
        models,
        variants,
        several,
        tuple(dict.fromkeys(closure)),
        frozenset(names),
        tuple(dict.fromkeys(problems)),
    )


def _source(
    visible: Visible,
    found: Found,
    declaration: Declaration,
    used: dict[str, tuple[Declaration, Traced]],
    broken: bool,
) -> tuple[tuple[str, ...], tuple[str, ...], bool, list[str]]:
    """Models, variants, whether several, problems."""
    name, place = found.name, declaration.place
    if declaration.kind == "model":
        return (name,), ("",), False, []
    points = tuple(declaration.points())
    problems: list[str] = []
    if declaration.models is not None:
        models, problems = _matching(visible, name, declaration.models, place)
        ingredients = list(used)
        variants, several = points, True
    elif not used:
        # Without a usable argument the reason is often told already.
        return (), (), False, [] if broken else [str(errors.no_source(declaration.function.__name__, place))]
    else:
        first, *ingredients = used
        source = used[first][1]
        models = source.models
        pairs = itertools.product(source.variants, points)
        variants = tuple(".".join(filter(None, pair)) for pair in pairs)
        several = source.several or bool(declaration.sweep)
    for ingredient in ingredients:
        if used[ingredient][1].several:
            problems.append(f"{place}: {errors.ingredient_family(name, ingredient)}")
    for model in models:
        nearest = visible.resolve(model)
        if nearest is None or nearest.declaration is None or nearest.declaration.kind != "model":
            problems.append(errors.hides_model(name, model, place))
    return models, variants, several, problems


def _plain(visible: Visible, name: str, found: Found, within: tuple[str, ...]) -> list[Found]:
    """An ordinary fixture and all fixtures it uses, each once."""
    seen: dict[Found, None] = {}
    stack = [(name, found, within)]
    while stack:
        called, at, inside = stack.pop()
        if at in seen:
            continue
        seen[at] = None
        inner = (*inside, called)
        for parameter in at.parameters():
            below = visible.resolve(parameter, inner)
            if below is not None:
                stack.append((parameter, below, inner))
    return list(seen)


def _matching(
    visible: Visible, name: str, patterns: tuple[str, ...], place: str
) -> tuple[tuple[str, ...], list[str]]:
    """Visible models that match, and a problem for each pattern that matches none."""
    models = [found.name for found, declared in visible.declared() if declared.kind == "model"]
    problems = [
        f"{place}: {errors.unknown_pattern('model', f'recipe {name!r}', pattern, models)}"
        for pattern in patterns
        if pattern != "*" and not fnmatch.filter(models, pattern)
    ]
    matching = [model for model in models if any(fnmatch.fnmatchcase(model, pattern) for pattern in patterns)]
    return tuple(matching), problems
