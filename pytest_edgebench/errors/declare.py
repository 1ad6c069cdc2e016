"""Messages about models, recipes, budgets and case selections."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def nearest(given: str, known: Iterable[str]) -> str:
    """ "did you mean" for a name, or the names there are."""
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
    return DeclarationError(
        f"@eb.{kind} decorates a function, not {_kind(given)}", fix=f"write @eb.{kind} above a def"
    )


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


def sweep_not_mapping(name: str, given: Any) -> str:
    return (
        f"recipe {name!r}: sweep is {_kind(given)}; write argument to values: sweep={{'ratio': [0.3, 0.5]}}"
    )


def sweep_not_values(name: str, keys: Sequence[str]) -> str:
    shown = ", ".join(map(str, keys))
    return f"recipe {name!r} sweeps {shown} over no list; write e.g. sweep={{'ratio': [0.3, 0.5]}}"


def recipe_patterns(name: str, option: str, given: Any) -> str:
    return f"recipe {name!r}: {option}={given!r} holds no names; write names in quotes, or leave it out"


def positional_only(kind: str, name: str, arguments: Sequence[str]) -> str:
    return f"{kind} {name!r} takes {', '.join(arguments)} by position only; delete the / from its arguments"


def mark_on_fixture(kind: str, name: str, marks: Sequence[str]) -> str:
    shown = ", ".join("eb.budget" if mark == "edgebench_budget" else f"pytest.mark.{mark}" for mark in marks)
    return f"{kind} {name!r} carries a mark ({shown}), which means nothing there; put it above the test"


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
    return f"{owner} names the {what} {pattern!r}, which matches none; {nearest(pattern, known)}"


def hides_model(recipe: str, model: str, place: str) -> str:
    return f"{place}: recipe {recipe!r} is made of the model {model!r}, which is hidden from here; rename one"


def reserved_name(kind: str, name: str, place: str) -> str:
    return f"{place}: {kind} {name!r} has the name of the model without any step; rename it"


def fixture_params(kind: str, name: str, place: str, fixture: str, fixture_place: str) -> str:
    return (
        f"{place}: {kind} {name!r} depends on the parametrised fixture {fixture!r} ({fixture_place}); "
        "say sweep= on a recipe for params= on the fixture"
    )


def unknown_profile(place: str, pattern: str, known: Iterable[str]) -> str:
    told = f"{place}: profile {pattern!r} is not declared; {_sentence(nearest(pattern, known))}"
    if any(sign in pattern for sign in "*?["):
        return told
    return f"{told} Or declare it: [profiles.{pattern}] in edgebench.toml"


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


def no_cases(place: str, test: str, models: Iterable[str], recipes: Iterable[str]) -> str:
    if not list(models):
        return (
            f"{place}: {test} takes `edge`, but no model is visible from here; "
            "declare one with @eb.model in this file or in a conftest.py beside or above it"
        )
    return (
        f"{place}: {test} takes `edge` and gets no case; visible recipes: {', '.join(recipes) or 'none'}; "
        "widen their profiles= or models="
    )


def no_edge(place: str, call: str, test: str) -> str:
    return f"{place}: {call} is on {test}, which does not take `edge`; add the argument: def {test}(edge)"


def unread_mark(place: str, call: str, test: str) -> str:
    return (
        f"{place}: {call} reached {test} by pytest.param, a hook or a unittest.TestCase, "
        "where it is not read; put it above a test that takes `edge`, above its class, or in pytestmark"
    )


def raw_mark(where: str, mark: str, call: str) -> str:
    return f"{where}: pytest.mark.{mark} is written by hand; write @{call} instead"


def budget_unused(place: str, shown: str) -> str:
    return (
        f"{place}: eb.budget({shown}) holds for no case of any test below it; "
        "delete it, mend its names, or add a test that takes `edge`"
    )


def budget_pattern_unused(place: str, what: str, pattern: str) -> str:
    return f"{place}: eb.budget names the {what} {pattern!r}, which no test below it has; mend or delete it"


def off_removes_nothing(place: str, shown: str) -> str:
    return (
        f"{place}: eb.budget({shown}) removes nothing: no wider budget sets the same; "
        "repeat that budget's limit in it, or delete it"
    )


def cases_match_nothing(place: str, shown: str, keys: Sequence[str]) -> str:
    return f"{place}: eb.cases({shown}) matches no case; there is: {_some(keys)}; mend its names"


def budget_matches_nothing(place: str, shown: str, keys: Sequence[str], *, original: bool = False) -> str:
    told = f"{place}: eb.budget({shown}) matches no case of this test; there is: {_some(keys)}"
    if original:
        return f'{told}; the model without any step is a case only with @eb.cases(recipes=["original", "*"])'
    return f"{told}; mend its names or delete it"


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


def limit_none(metric: str, place: str) -> DeclarationError:
    return DeclarationError(
        f"{metric} has no limit", where=place, fix=f'write e.g. {metric}="4 ms", or leave it out'
    )


def unknown_metric(metric: str, known: Iterable[str], place: str) -> DeclarationError:
    if metric in ("profile", "profiles"):
        fix = 'name profiles first, without a key: @eb.budget("pi4", size="64 kB")'
    elif metric in ("model", "recipe"):
        fix = f"did you mean '{metric}s'?"
    else:
        own = f'For a score of your own write metrics={{"{metric}": ...}}'
        fix = f"{_sentence(nearest(metric, known))} {own}"
    return DeclarationError(f"there is no metric {metric!r}", where=place, fix=fix)


def metrics_not_mapping(given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"metrics is {_kind(given)}, not a mapping", where=place, fix='write metrics={"my_score": "0.9"}'
    )


def metric_twice(metric: str, place: str) -> DeclarationError:
    return DeclarationError(
        f"{metric} has a limit of its own and one in metrics=", where=place, fix="put both texts in one list"
    )


def evidence_unknown(given: Any, known: Iterable[str], place: str) -> DeclarationError:
    shown = ", ".join(f'"{rung}"' for rung in known)
    return DeclarationError(f"evidence {given!r} does not exist", where=place, fix=f"write one of {shown}")


def message_not_text(given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"message is {_kind(given)}, not text", where=place, fix="write a sentence in quotes"
    )


def cases_positional(given: Sequence[Any], place: str) -> DeclarationError:
    shown = ", ".join(map(repr, given))
    return DeclarationError(
        f"eb.cases({shown}) does not say of what",
        where=place,
        fix=f"write eb.cases(profiles=[{shown}]), recipes= or models=",
    )


def cases_unknown(name: str, known: Iterable[str], place: str) -> DeclarationError:
    return DeclarationError(f"eb.cases takes no {name!r}", where=place, fix=nearest(name, known))


def selector_empty(what: str, place: str) -> DeclarationError:
    return DeclarationError(
        f"{what} is an empty list", where=place, fix="name at least one, or leave it out for all"
    )


def limit_not_text(metric: str, given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"the limit of {metric} is {_kind(given)}, not text",
        where=place,
        fix=f'write a number with its unit in quotes, e.g. {metric}="4 ms", or a list of such texts',
    )


def level_unknown(given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"level {given!r} does not exist", where=place, fix='write "error", "warn" or "off"'
    )


def selector_not_text(what: str, given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"{what} is {_kind(given)}, not a name or pattern",
        where=place,
        fix='write names in quotes, e.g. "int8*"',
    )


def duplicate_key(key: str, first: str, second: str) -> str:
    return f"two different cases are called {key}: {first} and {second}; rename a model or a recipe"


def never_judged(place: str, shown: str, tests: Sequence[str]) -> str:
    return f"{place}: eb.budget({shown}) was never judged: call edge.check() in {_some(tests)}"


def _kind(given: Any) -> str:
    name = type(given).__name__
    return "nothing" if given is None else f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _some(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "none"
