"""Messages about models, recipes, budgets and case selections."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_edgebench.errors import DeclarationError


def nearest(given: str, known: Iterable[str]) -> str:
    """"did you mean" for a name, or the names there are."""
    known = sorted(set(known))
    close = difflib.get_close_matches(given, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there is: {', '.join(known)}" if known else "there is none"


def model_returned(name: str, given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"model {name!r} returned {_kind(given)}, not an eb.Model",
        where=place,
        fix="return eb.Model(source, data=..., score=...)",
    )


def recipe_returned(name: str, given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"recipe {name!r} returned {_kind(given)}, not a recipe",
        where=place,
        fix='return what a step gives, e.g. return eb.quantize(model, "static-int8")',
    )


def other_model(name: str, given: str, expected: str, place: str) -> DeclarationError:
    return DeclarationError(
        f"recipe {name!r} compresses {given!r}, but its first argument comes from {expected!r}",
        where=place,
        fix="put the model that gets compressed first; later arguments are ingredients",
    )


def no_source(name: str, place: str) -> DeclarationError:
    return DeclarationError(
        f"recipe {name!r} takes no model and no recipe",
        where=place,
        fix=f"name a model as its first argument: def {name}(your_model): ..., or say models=[...]",
    )


def not_a_function(kind: str, given: Any) -> DeclarationError:
    return DeclarationError(f"@eb.{kind} decorates a function, not {_kind(given)}", fix=f"write @eb.{kind} above a def")


def generator(kind: str, name: str) -> str:
    return f"{kind} {name!r} is a generator; write `return` for `yield` (a {kind} has nothing to clean up)"


def coroutine(kind: str, name: str) -> str:
    return f"{kind} {name!r} is async; write a plain def"


def sweep_unknown(name: str, missing: Sequence[str], arguments: Sequence[str]) -> str:
    return (
        f"recipe {name!r} sweeps {', '.join(missing)}, which it does not take; "
        f"add the argument: def {name}({', '.join([*arguments, *missing])})"
    )


def sweep_empty(name: str, empty: Sequence[str]) -> str:
    return f"recipe {name!r} sweeps {', '.join(empty)} over no values; give at least one"


def sweep_repeats(name: str, sweep: Mapping[str, Sequence[Any]]) -> str:
    shown = ", ".join(f"{key}={list(values)}" for key, values in sweep.items())
    return f"recipe {name!r}: two points of its sweep ({shown}) have the same name; drop one"


def no_placeholder(name: str) -> str:
    return f"recipe {name!r} has models=, but no argument to receive the model; write def {name}(model)"


def in_class(kind: str, name: str) -> str:
    return f"{kind} {name!r} is declared in a class; move it to the module or to conftest.py"


def ingredient_family(name: str, ingredient: str) -> str:
    return (
        f"recipe {name!r} uses {ingredient!r} as an ingredient, which stands for several recipes; "
        "only the first argument may"
    )


def cycle(name: str) -> str:
    return f"recipe {name!r} is made from itself"


def unknown_pattern(what: str, owner: str, pattern: str, known: Iterable[str]) -> str:
    return f"{owner} names {what} {pattern!r}, which matches none; {nearest(pattern, known)}"


def fixture_params(name: str) -> str:
    return f"recipe {name!r} depends on a parametrised fixture; say sweep= on the recipe for params= on the fixture"


def no_cases(test: str, models: Iterable[str], recipes: Iterable[str]) -> str:
    if not list(models):
        return (
            f"{test} takes `edge`, but no model is visible from here; "
            "declare one with @eb.model in this file or in a conftest.py beside or above it"
        )
    return f"{test} takes `edge` and gets no case; visible recipes: {', '.join(recipes) or 'none'}"


def cases_match_nothing(place: str, shown: str, keys: Sequence[str]) -> str:
    return f"{place}: eb.cases({shown}) matches no case; there is: {_some(keys)}"


def budget_matches_nothing(place: str, shown: str, keys: Sequence[str]) -> str:
    return f"{place}: eb.budget({shown}) matches no case; there is: {_some(keys)}"


def budget_wins_nowhere(place: str, shown: str, winners: Sequence[str]) -> str:
    return (
        f"{place}: eb.budget({shown}) is overruled in every case by {', '.join(winners)}; "
        "delete it, or name more of model, recipe and profile in it"
    )


def budget_tie(slot: str, case: str, first: str, second: str) -> str:
    return (
        f"{first} and {second} both set {slot} for {case} with equal right; "
        "delete one, or name more of model, recipe and profile in one"
    )


def budget_empty(place: str) -> DeclarationError:
    return DeclarationError("the budget has no limit", where=place, fix='write e.g. @eb.budget(size="64 kB")')


def limit_not_text(metric: str, given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"the limit of {metric} is {_kind(given)}, not text",
        where=place,
        fix=f'write a number with its unit in quotes, e.g. {metric}="4 ms", or a list of such texts',
    )


def level_unknown(given: Any, place: str) -> DeclarationError:
    return DeclarationError(f"level {given!r} does not exist", where=place, fix='write "error", "warn" or "off"')


def selector_not_text(what: str, given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"{what} is {_kind(given)}, not a name or pattern", where=place, fix='write names in quotes, e.g. "int8*"'
    )


def duplicate_key(key: str, first: str, second: str) -> str:
    return f"two different cases are called {key}: {first} and {second}; rename a model or a recipe"


def never_judged(place: str, shown: str, tests: Sequence[str]) -> str:
    return f"{place}: eb.budget({shown}) was never judged: call edge.check() in {_some(tests)}"


def _kind(given: Any) -> str:
    return "nothing" if given is None else f"a {type(given).__name__}"


def _some(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "none"
