"""`digest`: the identity of whatever an artifact is made from.

Two values with one digest make the same artifact. Data counts by content; the user's code by its syntax
tree and everything it refers to; libraries by name and version. Names of modules, paths of files and the
order of sets never count, so that a digest holds in another process and another checkout.

Not followed: the network, and what only a run can tell; see `opened` for the files, folders, variables and
modules that a function reads while it runs.
"""

from __future__ import annotations

import functools
import io
import logging
import os
import re
import threading
import types
import typing
import weakref
from collections import deque
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from pathlib import Path, PurePath
from typing import Any

from pytest_edgebench.base.deprecated import identity_field
from pytest_edgebench.identity import arrays, code, datasets, errors, library
from pytest_edgebench.identity.files import file_digest
from pytest_edgebench.identity.walk import Code, Refusal, pack, text

if typing.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_REPR_MODULES = {"datetime", "decimal", "fractions", "uuid", "zoneinfo", "typing"}  # immutable, exact repr
_NAMESPACES = {"types.SimpleNamespace", "argparse.Namespace"}
# State of the machine or of the process, not of the model.
_STATELESS = (
    logging.Logger,
    weakref.ReferenceType,
    type(threading.Lock()),
    type(threading.RLock()),
    type(os.environ),
)


def digest(value: object, *, what: str = "the given value", where: str = "") -> str:
    """SHA-256 (hex) of a value and of all code and data it reaches.

    Args:
        value: plain data, paths (of a file: its content), enums, dataclasses, numpy and torch objects,
            functions, classes, modules, instances of the user's own classes.
        what: names the value in messages.
        where: ``file:line`` for messages about the value itself.

    Raises:
        DeclarationError: something reached has no identity: a generator, an open file, a library's object
            with state, code without source text, a torch module with hooks.
    """
    walk = _Walk()
    try:
        return walk.run(value).hex()
    except Refusal as refusal:
        raise refusal.message(walk.reached(refusal.trail, what), walk.where or where) from None
    except RecursionError:
        raise errors.too_deep(walk.reached([], what), walk.where or where) from None


class _Walk:
    """One traversal; see `walk.Walk`."""

    def __init__(self, short: bool = False) -> None:
        self._short = short
        self._memo: dict[int, tuple[object, bytes]] = {}  # holds the objects, so that ids stay theirs
        self._open: dict[int, int] = {}
        self._codes: list[Code] = []
        self._index: dict[int, int] = {}
        self._current: Code | None = None

    def run(self, value: object) -> bytes:
        parts = [self.of(value)]
        for item in self._codes:  # grows meanwhile
            self._current = item
            parts.append(item.describe())
        return pack("digest", *parts)

    def of(self, value: object) -> bytes:
        scalar = _SCALARS.get(type(value))
        if scalar is not None:
            return scalar(value)
        key = id(value)
        if key in self._memo:
            return self._memo[key][1]
        if key in self._open:
            return pack("cycle", str(len(self._open) - self._open[key]).encode())
        self._open[key] = len(self._open)
        try:
            found = _identify(self, value)
        finally:
            del self._open[key]
        self._memo[key] = (value, found)
        return found

    def part(self, value: object, label: str, *given: object) -> bytes:
        try:
            return self.of(value)
        except Refusal as refusal:
            refusal.trail.append(label.format(*given))
            raise

    def code(
        self, thing: object, label: str, where: str, short: bytes, describe: Callable[[], bytes]
    ) -> bytes:
        if self._short:
            return short
        if id(thing) not in self._index:
            self._index[id(thing)] = len(self._codes)
            self._codes.append(Code(thing, label, where, describe, self._current))
        return pack("code", str(self._index[id(thing)]).encode())

    @property
    def where(self) -> str:
        return self._current.where if self._current else ""

    def reached(self, trail: list[str], what: str) -> str:
        """In words, e.g. "item 0 of closure variable `x` of train(), used by make()"."""
        current = self._current
        words = " of ".join([*trail, current.label if current else what])
        while current is not None and current.parent is not None:
            current = current.parent
            words += f", used by {current.label}"
        return words


def _number(value: Any) -> bytes:
    if isinstance(value, float) and not value.is_integer():
        return b"n" + value.hex().encode()
    return b"n" + hex(int(value)).encode()  # 1 and 1.0 are one number


def _string(walk: _Walk, value: str) -> bytes:
    # os.path.join(os.path.dirname(__file__), ...) must not tie the key to this checkout.
    return walk.of(Path(value)) if value.startswith("/") and os.path.exists(value) else b"s" + text(value)  # noqa: PTH110


_SCALARS: Mapping[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"0",
    bool: lambda value: b"b1" if value else b"b0",
    int: _number,
    float: _number,
    bytes: lambda value: b"y" + value,
    complex: lambda value: b"c" + repr(value).encode(),
    type(...): lambda _: b"...",
    object: lambda _: b"sentinel",
}


def _identify(walk: _Walk, value: Any) -> bytes:
    """Everything but scalars; the order matters: the more special first."""
    if type(value) is str:
        return _string(walk, value)
    if isinstance(value, Enum):
        return pack("enum", walk.of(type(value)), text(str(value.name)), walk.part(value.value, "its value"))
    if isinstance(value, PurePath):
        return _path(Path(value))
    found = arrays.known(walk, value)
    if found is None:
        found = _code(walk, value)
    if found is None and is_dataclass(value):
        found = _dataclass(walk, value)
    if found is None:
        found = _container(walk, value)
    return found if found is not None else _object(walk, value)


def _path(path: Path) -> bytes:
    try:
        return pack("file", file_digest(path)) if path.is_file() else pack("path", text(path.name))
    except OSError as error:
        message = functools.partial(errors.unreadable, str(path), error.strerror or str(error))
        raise Refusal(message) from None


def _code(walk: _Walk, value: Any) -> bytes | None:
    if isinstance(value, types.FunctionType):
        return code.function(walk, value)
    if isinstance(value, type):
        return code.class_object(walk, value)
    if isinstance(value, types.ModuleType):
        return code.module_object(walk, value)
    if isinstance(value, code.SourceFile):
        return code.source_file(walk, value)
    if isinstance(value, types.MethodType):
        bound = walk.part(value.__self__, "the object of method {}()", value.__func__.__qualname__)
        return pack("method", bound, walk.of(value.__func__))
    if isinstance(value, functools.partial):
        inside = (value.func, value.args, value.keywords)
        return pack("partial", *(walk.part(item, "a partial") for item in inside))
    if isinstance(
        value, types.MethodDescriptorType | types.WrapperDescriptorType | types.ClassMethodDescriptorType
    ):
        return pack("descriptor", walk.of(value.__objclass__), text(value.__name__))
    if isinstance(value, types.BuiltinFunctionType | types.MethodWrapperType):
        owner: object = value.__self__
        if owner is None or isinstance(owner, types.ModuleType):
            return _compiled(value, str(getattr(value, "__module__", None) or getattr(owner, "__name__", "")))
        return pack(
            "method", walk.part(owner, "the object of method {}()", value.__name__), text(value.__name__)
        )
    return None


def _compiled(value: Any, module: str) -> bytes:
    if not library.version(module.partition(".")[0]):
        raise Refusal(functools.partial(errors.no_source, f"{value.__qualname__}()"))
    return library.library(module, value.__qualname__)


def added(field: Field[Any], value: object) -> bool:
    """Whether a field came after others had used its class, and is not set: the keys of those stay so."""
    return bool(field.metadata.get("later") and value == field.default)


def _dataclass(walk: _Walk, value: Any) -> bytes:
    parts = [walk.of(type(value))]
    for field in fields(value):
        if field.compare:  # what does not count for equality does not count here
            item = getattr(value, field.name, None)
            if added(field, item):
                continue
            parts += [
                text(identity_field(type(value), field.name)),
                walk.part(item, "field `{}` of {}", field.name, type(value).__qualname__),
            ]
    return pack("dataclass", *parts)


def _container(walk: _Walk, value: Any) -> bytes | None:
    parts: list[bytes] = []
    for base in (list, tuple, deque):
        if isinstance(value, base):
            parts = [walk.part(item, "item {}", i) for i, item in enumerate(value)]
            return _container_of(walk, base, value, parts)
    if isinstance(value, set | frozenset):
        ordered = sorted(value, key=_Walk(short=True).of)  # iteration order changes with every process
        return _container_of(walk, set, value, [walk.part(item, "a member") for item in ordered])
    if isinstance(value, dict | types.MappingProxyType):
        for key, item in value.items():  # in order: it may be an order of layers or inputs
            parts += [walk.part(key, "a key"), walk.part(item, "item {!r}", key)]
        parts.append(walk.of(getattr(value, "default_factory", None)))
        return _container_of(walk, dict, value, parts)
    if isinstance(value, str):
        return pack("subclass", walk.of(type(value)), walk.of(str.__str__(value)))
    if isinstance(value, int | float):
        return pack("subclass", walk.of(type(value)), _number(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return b"y" + bytes(value)
    if isinstance(value, range | slice):
        return pack(type(value).__name__, walk.of(value.start), walk.of(value.stop), walk.of(value.step))
    return None


def _container_of(walk: _Walk, base: type, value: object, parts: list[bytes]) -> bytes:
    if type(value) not in (base, frozenset, types.MappingProxyType):
        parts = [*parts, walk.of(type(value)), *_state(walk, value)]
    return pack(base.__name__, *parts)


def _object(walk: _Walk, value: Any) -> bytes:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(value, _STATELESS):
        return pack("stateless", text(name))
    found = datasets.known(walk, value)
    if found is not None:
        return found
    if isinstance(value, re.Pattern):
        return pack("pattern", walk.of(value.pattern), walk.of(value.flags))
    if typing.get_origin(value) is not None:
        return pack("alias", walk.of(typing.get_origin(value)), walk.of(typing.get_args(value)))
    if kind.__module__ in _REPR_MODULES:
        return pack("repr", text(name), text(repr(value)))
    if kind.__module__ == "operator":  # itemgetter and its like
        return pack("operator", walk.of(value.__reduce__()))
    if hasattr(kind, "__next__") or isinstance(value, io.IOBase | types.CoroutineType):
        raise Refusal(functools.partial(errors.no_identity, _describe(value)))
    if name in _NAMESPACES or _is_own(kind):
        return pack("object", walk.of(kind), *_state(walk, value))
    if callable(value):
        wrapped = getattr(value, "__wrapped__", None)
        if callable(wrapped):  # functools.cache, a fixture, a compiled function
            return walk.of(wrapped)
        home = getattr(value, "__module__", None)
        if "__qualname__" in dir(value) and isinstance(home, str):
            return _compiled(value, home)
    raise Refusal(functools.partial(errors.no_identity, _describe(value)))


def _is_own(kind: type) -> bool:
    if code.is_library_class(kind):
        return False
    return all(base is object or base.__flags__ & code.HEAP_TYPE for base in kind.__mro__)


def _state(walk: _Walk, value: object) -> list[bytes]:
    """Instance attributes, also those in slots; none for a library's subclass of a container."""
    kind = type(value)
    if code.is_library_class(kind) and f"{kind.__module__}.{kind.__qualname__}" not in _NAMESPACES:
        return []
    state = dict(getattr(value, "__dict__", {}))
    for cls in kind.__mro__:
        slots = vars(cls).get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, slot) and slot not in ("__dict__", "__weakref__"):
                state[slot] = getattr(value, slot)
    parts: list[bytes] = []
    for name, item in sorted(state.items()):
        parts += [text(name), walk.part(item, "attribute `{}` of a {} object", name, kind.__qualname__)]
    return parts


def _describe(value: Any) -> str:
    if isinstance(value, types.GeneratorType):
        return f"the generator {value.__qualname__}()"
    if isinstance(value, io.IOBase):
        name = getattr(value, "name", "")
        return (
            f"the open file {name!r}" if isinstance(name, str) and name else f"a {type(value).__qualname__}"
        )
    kind = "the iterator" if hasattr(type(value), "__next__") else "an object of class"
    return f"{kind} {type(value).__qualname__}"
