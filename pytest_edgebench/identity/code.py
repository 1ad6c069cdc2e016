"""Identity of the user's functions, classes and modules: their text and everything it refers to."""

from __future__ import annotations

import builtins
import functools
import importlib.util
import inspect
import os
import re
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

from pytest_edgebench.base.deprecated import identity_class
from pytest_edgebench.identity import errors, library, source
from pytest_edgebench.identity.walk import Refusal, Walk, pack, text

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Mapping, Sequence

_MISSING = object()
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class made by a class statement, with its state in `vars`


def place(file: str, line: int = 0) -> str:
    """``file:line`` for messages, relative to the current folder where the file is below it."""
    relative = os.path.relpath(file) if file else ""
    shown = file if relative.startswith("..") else relative
    return f"{shown}:{line}" if line else shown


def function(walk: Walk, given: FunctionType) -> bytes:
    """A function or lambda.

    A library's wrapper (``functools.wraps``) stands for the function it wraps. A first-party wrapper is
    itself followed: what it wraps is in its closure, beside the decorator's own arguments.
    """
    fn, home = given, _module_name(given)
    if library.is_library(fn.__code__.co_filename, home):
        inner = getattr(fn, "__wrapped__", None)
        if inner is not None:
            return walk.of(inner)
        return pack("made", library.library(home, fn.__code__.co_qualname), *_closure(walk, fn))
    nodes = _function_nodes(fn)
    short = pack("function", *(source.facts(node).digest for node in nodes))
    label = "a lambda" if fn.__name__ == "<lambda>" else f"{fn.__qualname__}()"
    where = place(fn.__code__.co_filename, fn.__code__.co_firstlineno)
    return walk.code(fn, label, where, short, lambda: _describe_function(walk, fn, nodes, short))


def _module_name(fn: FunctionType) -> str:
    # Not fn.__module__, which functools.wraps copies from the wrapped function.
    return str(fn.__globals__.get("__name__", ""))


def _function_nodes(fn: FunctionType) -> list[source.Function | ast.Lambda]:
    parsed = source.read(fn.__code__.co_filename, fn.__globals__)
    nodes = source.function_nodes(parsed, fn.__code__) if parsed is not None else []
    if not nodes:
        raise Refusal(functools.partial(errors.no_source, f"{fn.__qualname__}()"))
    return nodes


def _describe_function(walk: Walk, fn: FunctionType, nodes: Sequence[ast.AST], short: bytes) -> bytes:
    parts = [short, *_defaults(walk, fn), *_closure(walk, fn, nodes)]
    used = source.global_names(fn.__code__)
    for node in nodes:
        found = source.facts(node)
        names = (used & found.names) | _mangled(found, used)
        parts += _globals(walk, names, fn.__globals__, found)
        parts += _imports(walk, found.imports, fn.__globals__)
        parts += _by_text(walk, found, fn)
    return pack("function", *parts)


def _by_text(walk: Walk, found: source.Facts, fn: FunctionType) -> list[bytes]:
    """What is looked up by a text: in the module's globals, which count as a whole, and in `sys.modules`."""
    parts: list[bytes] = []
    if found.by_text:
        home = library.Found(fn.__code__.co_filename, _module_name(fn), False)
        parts.append(_module_file(walk, home))
    for name in found.modules:
        named = library.find(name) if _DOTTED.fullmatch(name) else None
        if isinstance(named, library.Found):
            parts += [text(name), _module_file(walk, named)]
    return parts


def _mangled(found: source.Facts, used: frozenset[str]) -> set[str]:
    # Names mangled by a class ("__helper" is "_Net__helper" to the compiler).
    return {name for name in used if any(n.startswith("__") and name.endswith(n) for n in found.names)}


def _defaults(walk: Walk, fn: FunctionType) -> list[bytes]:
    parts = [
        walk.part(value, "default value {} of a parameter", i)
        for i, value in enumerate(fn.__defaults__ or ())
    ]
    for name, value in sorted((fn.__kwdefaults__ or {}).items()):
        parts += [text(name), walk.part(value, "default value of parameter `{}`", name)]
    return parts


def _closure(walk: Walk, fn: FunctionType, nodes: Sequence[ast.AST] = ()) -> list[bytes]:
    parts: list[bytes] = []
    for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # assigned later, or never
            value = _MISSING
        parts += [text(name), *_use(walk, value, name, _chains(nodes, name), "closure variable `{}`")]
    return parts


def _chains(nodes: Sequence[ast.AST], name: str) -> set[tuple[str, ...]]:
    return {chain for node in nodes for chain in source.facts(node).chains.get(name, ())}


def _globals(
    walk: Walk, names: Iterable[str], scope: Mapping[str, object], found: source.Facts
) -> list[bytes]:
    parts: list[bytes] = []
    for name in sorted(names):
        # Module dunders such as __file__ and __name__ differ between machines and ways of importing.
        if name in scope and not (name.startswith("__") and name.endswith("__")):
            parts += [text(name), *_use(walk, scope[name], name, found.chains.get(name, ()), "global `{}`")]
        elif name not in scope and not hasattr(builtins, name):
            parts += [text(name), b"missing"]
    return parts


def _use(walk: Walk, value: object, name: str, chains: Iterable[tuple[str, ...]], label: str) -> list[bytes]:
    if value is _MISSING:
        return [b"missing"]
    if isinstance(value, ModuleType):
        return _module_use(walk, value, name, chains)
    return [walk.part(value, label, name)]


def _module_use(walk: Walk, module: ModuleType, name: str, chains: Iterable[tuple[str, ...]]) -> list[bytes]:
    """A module and, of a first-party one, the present values of the attributes read from it."""
    parts = [module_object(walk, module)]
    if library.is_library_module(module):
        return parts
    below: dict[str, set[tuple[str, ...]]] = {}
    for first, *rest in filter(None, chains):
        below.setdefault(first, set()).add(tuple(rest))
    for first, rests in sorted(below.items()):
        value = vars(module).get(first, _MISSING)
        if not (first.startswith("__") and first.endswith("__")):
            parts += [text(first), *_use(walk, value, f"{name}.{first}", rests, "`{}`")]
    return parts


def module_object(walk: Walk, module: ModuleType) -> bytes:
    """A module: a library's by version, a first-party one by its file."""
    if library.is_library_module(module):
        return library.library(module.__name__)
    file = library.module_file(module)
    if not file:  # a folder without __init__: what is used of it follows by attribute
        return b"namespace"
    return _module_file(walk, library.Found(file, module.__name__, hasattr(module, "__path__")))


def _module_file(walk: Walk, found: library.Found) -> bytes:
    parsed = source.read(found.file) if found.file.endswith(".py") else None
    if parsed is None:  # an extension module
        short = walk.of(Path(found.file))
        return pack("module", short)
    facts = source.facts(parsed.tree)
    scope = {
        "__name__": found.name,
        "__package__": found.name if found.package else found.name.rpartition(".")[0],
    }
    return walk.code(
        sys.intern(os.path.realpath(found.file)),
        f"module {found.name}",
        place(found.file),
        facts.digest,
        lambda: pack("module", facts.digest, *_imports(walk, facts.imports, scope)),
    )


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the user's code, imported or run by its path."""

    path: str


def source_file(walk: Walk, given: SourceFile) -> bytes:
    """What it says and what it imports."""
    path = Path(given.path)
    package = path.name == "__init__.py"
    parts = [] if package else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.append(folder.name)
        folder = folder.parent
    return _module_file(walk, library.Found(given.path, ".".join(reversed(parts)), package))


def _imports(walk: Walk, imports: Iterable[source.Import], scope: Mapping[str, object]) -> list[bytes]:
    """What import statements inside code bring in: found and read, but not imported."""
    parts: list[bytes] = []
    for statement in imports:
        name = statement.module
        if statement.level:
            package = str(scope.get("__package__") or "")
            try:
                name = importlib.util.resolve_name("." * statement.level + name, package)
            except ImportError:  # no parent package: the import would fail as well
                parts.append(b"missing")
                continue
        found = library.find(name)
        parts.append(_found(walk, found))
        if not isinstance(found, bytes):
            inner = (library.find(f"{name}.{sub}") for sub in statement.names if sub != "*")
            parts += [_found(walk, module) for module in inner if module is not None]
    return parts


def _found(walk: Walk, found: library.Found | bytes | None) -> bytes:
    return _module_file(walk, found) if isinstance(found, library.Found) else found or b"missing"


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a class was written: its file, the globals there, the first lines of its methods.

    The globals are those its methods know. Without methods there are none, and the class is identified by
    its attributes alone: `sys.modules` may hold another conftest by the same name.
    """

    file: str
    scope: Mapping[str, object] | None
    lines: tuple[int, ...]
    library: bool


def _home(cls: type) -> _Home:
    methods = [inspect.unwrap(fn) for value in vars(cls).values() for fn in _functions(value)]
    own = [fn for fn in methods if not fn.__code__.co_filename.startswith("<")]
    named = [fn for fn in own if fn.__qualname__.startswith(f"{cls.__qualname__}.")]
    scopes = [fn.__globals__ for fn in methods if fn.__globals__.get("__name__") == cls.__module__]
    module = sys.modules.get(cls.__module__)
    if named:
        file, scope = named[0].__code__.co_filename, named[0].__globals__
    elif scopes:  # of generated methods, e.g. a dataclass's
        file, scope = str(scopes[0].get("__file__") or ""), scopes[0]
    else:
        file, scope = library.module_file(module) if module is not None else "", None
    if cls.__module__ == "builtins" and cls.__flags__ & HEAP_TYPE:  # made by `exec` without a module
        theirs = False
    elif file:
        theirs = library.is_library(file, cls.__module__)
    elif module is not None:
        theirs = library.is_library_module(module)
    else:
        theirs = library.version(cls.__module__.partition(".")[0]) != ""
    return _Home(file, scope, tuple(fn.__code__.co_firstlineno for fn in named), theirs)


def is_library_class(cls: type) -> bool:
    """Whether a class comes from a library rather than from the user's own files."""
    return _home(cls).library


def class_object(walk: Walk, cls: type) -> bytes:
    """A class: a library's by name and version, a first-party one by its text, bases and attributes."""
    home = _home(cls)
    if home.library:
        return library.library(cls.__module__, identity_class(cls))
    parsed = source.read(home.file) if home.scope is not None else None
    nodes = source.class_nodes(parsed, cls.__qualname__, home.lines) if parsed is not None else []
    short = pack("class", text(cls.__qualname__), *(source.facts(node).digest for node in nodes))
    where = place(home.file, nodes[0].lineno if nodes else 0)
    label = f"class {cls.__qualname__}"
    return walk.code(
        cls, label, where, short, lambda: _describe_class(walk, cls, nodes, home.scope or {}, short)
    )


def _describe_class(
    walk: Walk, cls: type, nodes: Sequence[ast.ClassDef], scope: Mapping[str, object], short: bytes
) -> bytes:
    parts = [short, *(walk.part(base, "base class {}", base.__name__) for base in cls.__bases__)]
    if type(cls) is not type:
        parts.append(walk.of(type(cls)))
    if issubclass(cls, Enum):
        parts += [walk.part(member.value, "member {}", name) for name, member in cls.__members__.items()]
    for node in nodes:
        names = source.class_level_names(node) - set(vars(cls))
        parts += _globals(walk, names & set(scope), scope, source.facts(node))
    for name, value in sorted(vars(cls).items()):
        inner = _functions(value)
        if inner:
            for fn in inner:
                # Generated from the fields: by dataclass, NamedTuple, attrs.
                generated = inspect.unwrap(fn).__code__.co_filename.startswith("<") and name.startswith("_")
                parts += [] if generated else [text(name), walk.part(fn, "method {}", name)]
        elif not name.startswith(("__", "_abc_")) and not issubclass(cls, Enum):
            is_descriptor = hasattr(type(value), "__get__")
            parts += [
                text(name),
                b"descriptor" if is_descriptor else walk.part(value, "class attribute `{}`", name),
            ]
    return pack("class", *parts)


def _functions(value: object) -> list[FunctionType]:
    """The functions behind an attribute of a class: methods, properties, cached properties."""
    if isinstance(value, FunctionType):
        return [value]
    if isinstance(value, property):
        return [fn for fn in (value.fget, value.fset, value.fdel) if isinstance(fn, FunctionType)]
    for name in ("__func__", "func", "__wrapped__"):
        inner = getattr(value, name, None) if not isinstance(value, type) else None
        if isinstance(inner, FunctionType):
            return [inner]
    return []
