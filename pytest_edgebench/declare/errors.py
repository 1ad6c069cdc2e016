"""Messages of the room `declare`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DeclarationError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def model_returned(name: str, given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"model {name!r} returned {_kind(given)}, not an eb.Model",
        where=place,
        fix="return eb.Model(source, data=..., score=...)",
    )


def signature_of(signature: str, file: str) -> DeclarationError:
    what = f"signature={signature!r} is for .tflite files, and the source is {file or 'a torch model'}"
    return DeclarationError(what, fix="leave signature out")


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
            "declare one with @eb.model in this file or in a conftest.py next to or above it"
        )
    return (
        f"{place}: {test} takes `edge` and gets no case; visible recipes: {', '.join(recipes) or 'none'}; "
        "widen their profiles= or models="
    )


def raw_mark(where: str, mark: str, call: str) -> str:
    return f"{where}: pytest.mark.{mark} is written by hand; write @{call} instead"


def off_removes_nothing(place: str, shown: str) -> str:
    return (
        f"{place}: eb.budget({shown}) removes nothing: no wider budget sets the same; "
        "repeat that budget's limit in it, or delete it"
    )


def cases_match_nothing(place: str, shown: str, keys: Sequence[str]) -> str:
    return f"{place}: eb.cases({shown}) matches no case; cases: {_some(keys)}; fix its names"


def budget_matches_nothing(place: str, shown: str, keys: Sequence[str], *, original: bool = False) -> str:
    told = f"{place}: eb.budget({shown}) matches no case of this test; cases: {_some(keys)}"
    if original:
        return f'{told}; the model without any step is a case only with @eb.cases(recipes=["original", "*"])'
    return f"{told}; fix its names or delete it"


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
    return DeclarationError(f"unknown metric {metric!r}", where=place, fix=fix)


def metrics_not_mapping(given: Any, place: str) -> DeclarationError:
    return DeclarationError(
        f"metrics is {_kind(given)}, not a mapping", where=place, fix='write metrics={"my_score": "0.9"}'
    )


def metric_twice(metric: str, place: str) -> DeclarationError:
    return DeclarationError(
        f"{metric} has a limit of its own and one in metrics=", where=place, fix="put both texts in one list"
    )


def evidence_unknown(given: Any, known: Iterable[str], place: str) -> DeclarationError:
    shown = ", ".join(f'"{kind}"' for kind in known)
    return DeclarationError(f"evidence {given!r} does not exist", where=place, fix=f"write one of {shown}")


def message_not_text(given: Any, place: str) -> DeclarationError:
    what = f"message is {_kind(given)}, not text"
    return DeclarationError(what, where=place, fix="write a sentence in quotes")


def cases_positional(given: Sequence[Any], place: str) -> DeclarationError:
    shown = ", ".join(map(repr, given))
    fix = f"write eb.cases(profiles=[{shown}]), recipes= or models="
    return DeclarationError(f"eb.cases({shown}) does not say of what", where=place, fix=fix)


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


def never_judged(place: str, shown: str, tests: Sequence[str]) -> str:
    return f"{place}: eb.budget({shown}) was never judged: call edge.check() in {_some(tests)}"


def _kind(given: Any) -> str:
    name = type(given).__name__
    return "nothing" if given is None else f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _some(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "none"


def _error(metric: str, text: str, why: str, fix: str, place: str) -> DeclarationError:
    return DeclarationError(f'{metric}="{text}": {why}', where=place, fix=fix)


def not_understood(metric: str, text: str, example: str, place: str) -> DeclarationError:
    if not text.strip():
        why = "the limit is empty"
    elif not any(sign.isdigit() for sign in text):
        why = "there is no number in it"
    elif text.strip()[0] in "<>=≤≥":
        why = "a limit takes no comparison sign; whether more or less is better is known from the metric"
    else:
        why = "this is not a limit"
    fix = f'write a number with its unit, e.g. {metric}="{example}", or "model + 5 %", "baseline - 1 points"'
    return _error(metric, text, why, fix, place)


def unknown_unit(
    metric: str, text: str, unit: str, units: Iterable[str], example: str, place: str
) -> DeclarationError:
    known = [known for known in units if known]
    why = f"unit {unit!r} does not fit {metric}" if unit else "the number has no unit"
    same = [known for known in known if known.casefold() == unit.casefold()]
    if not known:
        fix = f'{metric} is a plain number; write {metric}="{example}"'
    elif unit and same:
        fix = f"did you mean {same[0]!r}?"
    else:
        fix = f"write one of: {', '.join(dict.fromkeys(known))}"
    return _error(metric, text, why, fix, place)


def not_finite(metric: str, text: str, place: str) -> DeclarationError:
    return _error(metric, text, "the number is not finite", "write a finite number, or drop the limit", place)


def negative(metric: str, text: str, place: str) -> DeclarationError:
    fix = 'write it without sign; for a distance from the original model write "model - ..."'
    return _error(metric, text, "the number is negative", fix, place)


ZERO, MANY_POINTS = "no model keeps a limit of 0", "no two models are 100 points apart"


def impossible(metric: str, text: str, why: str, example: str, place: str) -> DeclarationError:
    return _error(metric, text, why, f'write {metric}="{example}"', place)


def over_hundred(metric: str, text: str, place: str) -> DeclarationError:
    return _error(metric, text, "no model reaches more than 100 %", "write at most 100 %", place)


def nothing_left(metric: str, text: str, place: str, most: str = "100 %") -> DeclarationError:
    return _error(metric, text, "nothing would be left of the reference", f"write less than {most}", place)


def no_statistics(metric: str, text: str, statistic: str, place: str) -> DeclarationError:
    why = f"{metric} is one number, without a {statistic}"
    return _error(metric, text, why, f"drop {statistic!r}", place)


def unknown_statistic(
    metric: str, text: str, statistic: str, known: Iterable[str], place: str
) -> DeclarationError:
    fix = f"write one of: {', '.join(known)}"
    return _error(metric, text, f"statistic {statistic!r} does not exist", fix, place)


def relative_statistic(text: str, suggestion: str, place: str) -> DeclarationError:
    why = (
        "latency relative to another model is judged on pairs of calls, which have no statistic of their own"
    )
    return _error("latency", text, why, f'write latency="{suggestion}"', place)


def not_compared(metric: str, text: str, place: str) -> DeclarationError:
    why = f"{metric} is not compared with another model: single measurements of it differ too much"
    return _error(metric, text, why, "write an absolute limit, or a relative one on latency", place)


def itself_compared(metric: str, text: str, compared: str, example: str, place: str) -> DeclarationError:
    why = f"{metric} compares {compared}, not with another model"
    return _error(metric, text, why, f'write an absolute limit, e.g. {metric}="{example}"', place)


def percent_of_score(metric: str, text: str, suggestion: str, place: str) -> DeclarationError:
    why = "% of a score is ambiguous; a distance between scores is given in points"
    return impossible(metric, text, why, suggestion, place)


def points_of_no_score(metric: str, text: str, place: str) -> DeclarationError:
    return _error(metric, text, "points are for scores", "write % or the metric's own unit", place)


def same_slot(metric: str, first: str, second: str, place: str) -> DeclarationError:
    return DeclarationError(
        f'"{first}" and "{second}" both limit the same thing of {metric}', where=place, fix="delete one"
    )


def narrow(text: str, place: str) -> str:
    return (
        f'{place}: latency="{text}" is nearer to equal than 1 %; equal models may stay inconclusive: '
        "a limit is decided within half a point to one point, so leave 1 % or more"
    )
