"""Which models and recipes a test can see, found as pytest finds fixtures, without calling one.

pytest scans, widest first: plugins in the order they were registered, `conftest.py` files from the top folder
down, the module, its classes. A nearer definition hides a wider one of the same name and may use it. The
same is done here by public means; a test compares the outcome with pytest's own fixture manager.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.declare import errors
from pytest_edgebench.declare.recipe import ATTRIBUTE, Declaration, fixture_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_FIXTURE = type(pytest.fixture(lambda: None))


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One definition of a fixture.

    Attributes:
        function: what pytest calls.
        declaration: of a model or recipe; None for any other fixture.
        parametrised: it has pytest's `params=`.
        bound: the function's first argument is `self`.
        local: it stands in a `conftest.py` or a test module, not in a plugin.
    """

    name: str
    function: Callable[..., Any]
    declaration: Declaration | None
    parametrised: bool
    bound: bool
    local: bool

    @property
    def place(self) -> str:
        """``file:line``."""
        if self.declaration is not None:
            return self.declaration.place
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        return f"{code.co_filename}:{code.co_firstlineno}" if code else self.name

    def parameters(self) -> tuple[str, ...]:
        """Names of the fixtures it takes."""
        if self.declaration is not None:
            return self.declaration.parameters
        given = fixture_arguments(self.function)
        return given[1:] if self.bound else given


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one plugin, `conftest.py`, module or class defines, and what in it cannot be used."""

    found: tuple[Found, ...]
    problems: tuple[str, ...]


def _scan(holder: Any, local: bool) -> Scanned:
    """Fixtures among the attributes of a module, class or plugin object, in pytest's own order."""
    is_class = isinstance(holder, type)
    looked_at = holder if is_class or isinstance(holder, ModuleType) else type(holder)
    found, problems = [], []
    for attribute in dir(looked_at):
        try:
            value = getattr(looked_at, attribute, None)
        except Exception:  # noqa: BLE001 - an attribute that cannot be read is no fixture
            continue
        if type(value) is _FIXTURE:
            declaration = getattr(value, ATTRIBUTE, None)
            if declaration is not None and is_class:
                problems.append(_in_class(declaration))
                continue
            static = isinstance(inspect.getattr_static(looked_at, attribute, None), staticmethod)
            bound = not isinstance(looked_at, ModuleType) and not static
            found.append(_found(attribute, value, declaration, local=local, bound=bound))
        elif local and not is_class and isinstance(value, type) and value.__module__ == looked_at.__name__:
            # A plain class that pytest does not collect: what is in it would never be seen.
            problems += [_in_class(inner) for inner in map(_declared, vars(value).values()) if inner]
    return Scanned(tuple(found), tuple(problems))


def _declared(value: Any) -> Declaration | None:
    return getattr(value, ATTRIBUTE, None) if type(value) is _FIXTURE else None


def _in_class(declaration: Declaration) -> str:
    return f"{declaration.place}: {errors.in_class(declaration.kind, declaration.function.__name__)}"


def _found(attribute: str, value: Any, declaration: Declaration | None, *, local: bool, bound: bool) -> Found:
    # pytest has no public way to ask a fixture for its name= and params=.
    marker = getattr(value, "_fixture_function_marker", None)
    name = getattr(marker, "name", None) or attribute
    parametrised = getattr(marker, "params", None) is not None
    function = value.__wrapped__
    if isinstance(function, staticmethod):
        function, bound = function.__func__, False
    return Found(name, function, declaration, parametrised, bound, local)


@dataclass(frozen=True, slots=True)
class Traced:
    """A model or recipe followed through its arguments.

    Attributes:
        models: names of the models it can be made of; a model's own name for a model.
        variants: names of its variants; one nameless without a sweep.
        several: its fixture gives several recipes.
        closure: places of it and all fixtures it uses: what tells two declarations of one name apart.
        names: of all these fixtures.
        problems: why it cannot be used, each with ``file:line``.
    """

    models: tuple[str, ...]
    variants: tuple[str, ...]
    several: bool
    closure: tuple[str, ...]
    names: frozenset[str]
    problems: tuple[str, ...]


class Visible:
    """All fixtures that a node can see, by name.

    Attributes:
        problems: declarations that are in the wrong place, each with ``file:line``.
        traces: kept by `trace.trace`, which fills it.
    """

    def __init__(self, holders: tuple[Scanned, ...]) -> None:
        chains: dict[str, list[Found]] = {}
        for holder in holders:
            for found in holder.found:
                chains.setdefault(found.name, []).append(found)
        self._chains: Mapping[str, list[Found]] = chains
        self.problems = tuple(problem for holder in holders for problem in holder.problems)
        self.traces: dict[Found, Traced] = {}
        ranks = {id(found): rank for rank, holder in enumerate(holders) for found in holder.found}
        nearest = (chain[-1] for chain in chains.values())
        self._declared = sorted(
            ((found, found.declaration) for found in nearest if found.declaration is not None),
            key=lambda pair: (ranks[id(pair[0])], _line(pair[1].place)),
        )

    def chain(self, name: str) -> tuple[Found, ...]:
        """Definitions of a name, widest first; the last is the one a test gets."""
        return tuple(self._chains.get(name, ()))

    def names(self) -> Iterator[str]:
        """Names of all fixtures."""
        return iter(self._chains)

    def resolve(self, name: str, within: tuple[str, ...] = ()) -> Found | None:
        """The definition that is meant by a name.

        Args:
            within: names of the fixtures being made, outermost first; a fixture that uses its own name
                gets the one it hides.
        """
        chain = self._chains.get(name, ())
        depth = 1 + within.count(name)
        return chain[-depth] if depth <= len(chain) else None

    def declared(self) -> list[tuple[Found, Declaration]]:
        """Nearest models and recipes, widest place first, then by line."""
        return self._declared


def _line(place: str) -> int:
    return int(place.rpartition(":")[2])


class Discovery:
    """Finds what is visible, scanning each plugin, file and class once in a session."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._scans: dict[int, tuple[Any, Scanned]] = {}
        self._visible: dict[tuple[int, ...], Visible] = {}

    def visible(self, node: pytest.Item | pytest.Collector) -> Visible:
        """What a node, e.g. a test function, can see."""
        holders = list(self._plugins())
        holders += [(module, True) for _, module in conftests(self._config, node.path)]
        for part in node.listchain():
            if isinstance(part, pytest.Module | pytest.Class):
                holders.append((part.obj, True))
        key = tuple(id(holder) for holder, _ in holders)
        if key not in self._visible:
            self._visible[key] = Visible(tuple(self._scanned(holder, local) for holder, local in holders))
        return self._visible[key]

    def _plugins(self) -> Iterator[tuple[Any, bool]]:
        for name, plugin in self._config.pluginmanager.list_name_plugin():
            if plugin is not None and not _is_conftest(name):
                yield plugin, False

    def _scanned(self, holder: Any, local: bool) -> Scanned:
        # The holder is kept beside its scan, so that its id cannot be given to another object.
        if id(holder) not in self._scans:
            self._scans[id(holder)] = (holder, _scan(holder, local))
        return self._scans[id(holder)][1]


def _is_conftest(name: str) -> bool:
    return name.endswith("conftest.py")


def conftests(config: pytest.Config, path: Path) -> list[tuple[Path, ModuleType]]:
    """Folder and module of each `conftest.py` that is valid for a file, top folder first.

    As in pytest, the one of the root folder and those above it are valid everywhere.
    """
    root = config.rootpath
    above = {path, *path.parents}
    valid = []
    for name, plugin in config.pluginmanager.list_name_plugin():
        if not isinstance(plugin, ModuleType) or not _is_conftest(name):
            continue
        folder = Path(name).parent
        if folder in above or folder == root or not folder.is_relative_to(root):
            valid.append((folder, plugin))
    return sorted(valid, key=lambda pair: len(pair[0].parts))
