"""`eb.model` and `eb.recipe`: functions that become session-scoped pytest fixtures."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, overload

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.declare import errors
from pytest_edgebench.declare.made import note_model
from pytest_edgebench.declare.model import Model, Recipe

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
R = TypeVar("R", bound="Model | Recipe")
ATTRIBUTE = "_edgebench"


@dataclass(frozen=True, eq=False)
class Declaration:
    """What a decorator knows of a model or recipe function, without calling it.

    Attributes:
        parameters: names of the function's arguments that are fixtures, in order.
        models: patterns of a recipe for several models, whose first argument is then `placeholder`.
        profiles: patterns of the profiles a recipe is for; None for all.
        sweep: argument → values.
        place: ``file:line``.
        problem: why it cannot be used; "" when it can.
    """

    kind: Literal["model", "recipe"]
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    models: tuple[str, ...] | None
    profiles: tuple[str, ...] | None
    sweep: Mapping[str, tuple[Any, ...]]
    placeholder: str
    place: str
    problem: str = ""

    def points(self) -> dict[str, dict[str, Any]]:
        """Variant name → swept arguments; one nameless variant without a sweep."""
        combinations = itertools.product(*self.sweep.values())
        named = [dict(zip(self.sweep, values, strict=True)) for values in combinations]
        return {".".join(_point(name, value) for name, value in point.items()): point for point in named}


def _point(name: str, value: Any) -> str:
    """`ratio=0.3` is called ratio30, `bits=4` bits4, `mode="fast"` modefast."""
    if isinstance(value, float) and 0 < value < 1:
        value = round(100 * value, 6)
    text = f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    return name + "".join(sign if sign.isalnum() or sign in "._" else "_" for sign in text)


class Family:
    """The value of a recipe fixture that stands for several recipes: a sweep, or one for several models."""

    def __init__(self, build: Callable[[Model | None], dict[str, Recipe]]) -> None:
        self._build = functools.cache(build)

    def of(self, root: Model | None) -> dict[str, Recipe]:
        """Variant name → recipe, for this model; `root` matters only to a recipe for several models."""
        return self._build(root)


@overload
def model(fn: Callable[P, M], /) -> Callable[P, M]: ...
@overload
def model(*, name: str | None = None) -> Callable[[Callable[P, M]], Callable[P, M]]: ...
def model(fn: Callable[..., Any] | None = None, /, *, name: str | None = None) -> Any:
    """Declare the function as a model: a session-scoped pytest fixture that returns an `eb.Model`.

    Args:
        name: of the fixture; the function's own without it.
    """
    if fn is None:
        return functools.partial(_model, name=name)
    return _model(fn, name=name)


def _model(fn: Callable[..., Any], *, name: str | None) -> Any:
    if not inspect.isfunction(fn):
        return _misused("model", fn)
    declaration = _declaration("model", fn, models=None, profiles=None, sweep={})

    @functools.wraps(fn)
    def make(**fixtures: Any) -> Model:
        __tracebackhide__ = True
        value = fn(**fixtures)
        if not isinstance(value, Model):
            raise errors.model_returned(fn.__name__, value, declaration.place)
        path = Path(declaration.place.rpartition(":")[0])
        # A model made from another one keeps that one's folder: relative paths were written for it.
        folder = value.folder if value.place else path.parent
        return dataclasses.replace(value, name=name or fn.__name__, place=declaration.place, folder=folder)

    return _fixture(make, declaration, name)


@overload
def recipe(fn: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def recipe(
    *,
    name: str | None = None,
    models: str | Sequence[str] | None = None,
    profiles: str | Sequence[str] | None = None,
    sweep: Mapping[str, Sequence[Any]] | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def recipe(
    fn: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    models: str | Sequence[str] | None = None,
    profiles: str | Sequence[str] | None = None,
    sweep: Mapping[str, Sequence[Any]] | None = None,
) -> Any:
    """Declare the function as a recipe: a session-scoped pytest fixture that returns an `eb.Recipe`.

    The first argument that is a model or a recipe is what gets compressed; later ones are ingredients.

    Args:
        name: of the fixture; the function's own without it.
        models: names or patterns: one recipe for each visible model that matches; the function's first
            argument receives it.
        profiles: names or patterns of the hardware profiles it is for; all without it.
        sweep: argument → values: one variant for each combination.
    """
    options: dict[str, Any] = {"models": models, "profiles": profiles, "sweep": sweep}
    if fn is None:
        return functools.partial(_recipe, name=name, options=options)
    return _recipe(fn, name=name, options=options)


def _texts(name: str, option: str, given: Any) -> tuple[tuple[str, ...] | None, str]:
    """Patterns from what was given for `models` or `profiles`, and what is wrong with it."""
    if given is None:
        return None, ""
    texts = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Sequence) else ()
    if texts and all(isinstance(text, str) and text for text in texts):
        return texts, ""
    return ("*",), errors.recipe_patterns(name, option, given)


def _swept(name: str, given: Any) -> tuple[dict[str, tuple[Any, ...]], str]:
    """Values from what was given for `sweep`, and what is wrong with it."""
    if given is None:
        return {}, ""
    if not isinstance(given, Mapping):
        return {}, errors.sweep_not_mapping(name, given)
    wrong = [
        key for key, values in given.items() if isinstance(values, str) or not hasattr(values, "__iter__")
    ]
    if wrong:
        return {}, errors.sweep_not_values(name, wrong)
    return {str(key): tuple(values) for key, values in given.items()}, ""


def _recipe(fn: Callable[..., Any], *, name: str | None, options: dict[str, Any]) -> Any:
    if not inspect.isfunction(fn):
        return _misused("recipe", fn)
    models, wrong_models = _texts(fn.__name__, "models", options["models"])
    profiles, wrong_profiles = _texts(fn.__name__, "profiles", options["profiles"])
    sweep, wrong_sweep = _swept(fn.__name__, options["sweep"])
    declaration = _declaration("recipe", fn, models=models, profiles=profiles, sweep=sweep)
    if wrong := wrong_models or wrong_profiles or wrong_sweep:
        declaration = dataclasses.replace(declaration, problem=wrong)

    def build(
        sources: Mapping[str, Model | Recipe], first: str, fixtures: Mapping[str, Any]
    ) -> dict[str, Recipe]:
        __tracebackhide__ = True
        made = {}
        for (outer, source), (own, point) in itertools.product(sources.items(), declaration.points().items()):
            value = fn(**{**fixtures, first: source, **point})
            made[".".join(filter(None, (outer, own)))] = checked(value, source)
        return made

    def checked(value: Any, source: Model | Recipe) -> Recipe:
        __tracebackhide__ = True
        if not isinstance(value, Recipe):
            raise errors.recipe_returned(fn.__name__, value, declaration.place)
        root = source if isinstance(source, Model) else source.model
        if value.model is not root:
            raise errors.other_model(fn.__name__, value.model.name, root.name, declaration.place)
        return dataclasses.replace(value, place=declaration.place)

    @functools.wraps(fn)
    def make(**fixtures: Any) -> Recipe | Family:
        __tracebackhide__ = True
        if declaration.models is not None:
            return Family(lambda root: build({"": root} if root else {}, declaration.placeholder, fixtures))
        first = next((key for key in declaration.parameters if is_source(fixtures[key])), None)
        if first is None:
            raise errors.no_source(fn.__name__, declaration.place)
        source = fixtures[first]
        if isinstance(source, Family):
            return Family(lambda root: build(source.of(root), first, fixtures))
        if declaration.sweep:
            return Family(lambda _: build({"": source}, first, fixtures))
        return build({"": source}, first, fixtures)[""]

    return _fixture(make, declaration, name)


def is_source(value: object) -> bool:
    """Whether a fixture's value can be compressed."""
    return isinstance(value, Model | Recipe | Family)


def _declaration(
    kind: Literal["model", "recipe"],
    fn: Callable[..., Any],
    *,
    models: tuple[str, ...] | None,
    profiles: tuple[str, ...] | None,
    sweep: Mapping[str, tuple[Any, ...]],
) -> Declaration:
    arguments = list(inspect.signature(fn).parameters)
    line = fn.__code__.co_firstlineno
    place = f"{fn.__code__.co_filename}:{line}"
    note_model(place)
    problem = ""
    if inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        problem = errors.generator(kind, fn.__name__)
    elif inspect.iscoroutinefunction(fn):
        problem = errors.coroutine(kind, fn.__name__)
    elif hasattr(fn, "pytestmark"):
        problem = errors.mark_on_fixture(kind, fn.__name__, [mark.name for mark in _marks(fn)])
    elif unnamed := positional_only(fn):
        problem = errors.positional_only(kind, fn.__name__, unnamed)
    elif missing := [key for key in sweep if key not in arguments]:
        problem = errors.sweep_unknown(fn.__name__, missing, arguments)
    elif empty := [key for key, values in sweep.items() if not values]:
        problem = errors.sweep_empty(fn.__name__, empty)
    fixtures = [name for name in fixture_arguments(fn) if name not in sweep]
    placeholder = ""
    if models is not None:
        if not fixtures:
            problem = problem or errors.no_placeholder(fn.__name__)
        placeholder = fixtures.pop(0) if fixtures else ""
    made = Declaration(kind, fn, tuple(fixtures), models, profiles, sweep, placeholder, place, problem)
    names = list(made.points())
    expected = 1
    for values in sweep.values():
        expected *= len(values)
    if not problem and len(names) != expected:
        return dataclasses.replace(made, problem=errors.sweep_repeats(fn.__name__, sweep))
    return made


def _marks(fn: Callable[..., Any]) -> list[Any]:
    marks = fn.pytestmark  # type: ignore[attr-defined]
    return list(marks) if isinstance(marks, list | tuple) else [marks]


def fixture_arguments(fn: Callable[..., Any]) -> tuple[str, ...]:
    """Arguments that pytest fills in: those that can be given by name and have no default."""
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return tuple(parameter.name for parameter in _required(fn) if parameter.kind in by_name)


def positional_only(fn: Callable[..., Any]) -> list[str]:
    """Arguments before a ``/`` that must be given, which pytest cannot do."""
    only = inspect.Parameter.POSITIONAL_ONLY
    return [parameter.name for parameter in _required(fn) if parameter.kind is only]


def _required(fn: Callable[..., Any]) -> list[inspect.Parameter]:
    parameters = inspect.signature(fn).parameters.values()
    return [parameter for parameter in parameters if parameter.default is inspect.Parameter.empty]


def _misused(kind: Literal["model", "recipe"], given: Any) -> Any:
    """A fixture that only carries the problem, told at collection: an exception here would be a traceback.

    For a class or another object above a ``def``; for a stray argument, as in ``@eb.recipe("int8")``,
    the decorator that makes such a fixture.
    """
    depth = 1
    while sys._getframe(depth).f_code.co_filename == __file__:
        depth += 1
    frame = sys._getframe(depth)
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    problem = str(errors.not_a_function(kind, given))

    def misused() -> None:
        raise DeclarationError(problem, where=place)

    misused.__name__ = getattr(given, "__name__", "misused")

    def fixture(_: Any) -> Any:
        return _fixture(misused, Declaration(kind, misused, (), None, None, {}, "", place, problem), None)

    return fixture(given) if callable(given) else fixture


def _fixture(make: Callable[..., Any], declaration: Declaration, name: str | None) -> Any:
    import pytest

    setattr(make, ATTRIBUTE, declaration)
    # pytest refuses marks on a fixture with a traceback; `Declaration.problem` tells of them at collection.
    vars(make).pop("pytestmark", None)
    # pytest reads the fixture's arguments from here: swept ones and the placeholder are not fixtures.
    make.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY) for key in declaration.parameters]
    )
    return pytest.fixture(scope="session", name=name)(make)
