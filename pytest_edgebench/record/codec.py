"""Result types to plain JSON values and back, led by their annotations.

A field that has its default value is left out. Results that many cases share (an artifact on several
profiles, the parent of several recipes) are written once, in a table, and referred to by their index.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import math
import re
import types
import typing
from array import array
from collections.abc import Mapping, Sequence
from enum import Enum
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal

from pytest_edgebench.record import errors
from pytest_edgebench.record.older import with_new_keys
from pytest_edgebench.record.run import ArtifactRecord, Observation

if TYPE_CHECKING:
    from collections.abc import Iterable

TABLES: Mapping[type, str] = {ArtifactRecord: "artifacts", Observation: "observations"}
NOT_FINITE = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}
"""JSON has no word for these; a score that overflowed must still be recorded."""
WHOLE = 2**53
"""Whole numbers from here on are not all floats."""
DIGITS, LIST_DIGITS = 5, 4
"""Significant digits of short numbers: enough for a table, and for a figure."""
LONGEST = 30
"""Numbers of a short list; of a longer one every second, third, ... and the last are kept."""
_AS_THEY_ARE = frozenset({str, int, bool, type(None)})
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Tables:
    """Shared results while a record is written: each distinct one gets the next index.

    Attributes:
        short: numbers get `DIGITS`, those in lists `LIST_DIGITS`, long lists are thinned.
    """

    def __init__(self, short: bool = False) -> None:
        self.short = short
        self._index: dict[str, dict[bytes, int]] = {name: {} for name in TABLES.values()}
        # By identity, too: what many cases share is most often one object. The run keeps all of them alive.
        self._known: dict[int, int] = {}

    def add(self, value: Any) -> str:
        """The text of a shared result that is new; "" where it, or an equal one, has been added before."""
        if id(value) in self._known:
            return ""
        text, index = compact(_fields(value, self)), self._index[TABLES[type(value)]]
        digest = hashlib.sha256(text.encode()).digest()
        new = digest not in index
        self._known[id(value)] = index.setdefault(digest, len(index))
        return text if new else ""

    def refer(self, value: Any) -> int:
        """The index of a shared result in its table, which has been added."""
        return self._known[id(value)]


def encode(value: Any, tables: Tables | None = None) -> Any:
    """A result as values that `json` writes.

    Args:
        value: a dataclass of `record.run`, or what its fields hold; numpy numbers become plain ones.
        tables: where shared results go; without it they are written in place.
    """
    # Exact types first: they are nearly all of a record's values, and the general questions below are slow.
    kind = type(value)
    short = tables is not None and tables.short
    if kind is float:
        return _number(_rounded(value, DIGITS) if short else value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is array or (kind is tuple and set(map(type, value)) == {float}):
        if short:
            return [_number(_rounded(item, LIST_DIGITS)) for item in _thinned(value)]
        return [_number(item) for item in value]
    if kind is tuple or kind is list:
        return [encode(item, tables) for item in value]
    if kind is dict:
        return {str(key): encode(value[key], tables) for key in sorted(value)}
    if dataclasses.is_dataclass(kind):
        return _fields(value, tables) if tables is None or kind not in TABLES else tables.refer(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): encode(value[key], tables) for key in sorted(value)}
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return _number(float(value))
    raise TypeError(f"a run record holds no {kind.__name__}")


def _fields(value: Any, tables: Tables | None) -> dict[str, Any]:
    plain = {}
    for name, default in _defaults(value.__class__):
        item = getattr(value, name)
        if default is _NONE or (item if default is _EMPTY else item != default):
            plain[name] = item if type(item) in _AS_THEY_ARE else encode(item, tables)
    return plain


def compact(value: Any) -> str:
    """Plain values as JSON text on one line, in which nothing stands that a file cannot hold."""
    text = _JSON.encode(value)
    # A file name that is no UTF-8 reaches Python as lone surrogates, which no file can hold as they are.
    return text if text.isascii() else _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _thinned(values: Sequence[float]) -> Sequence[float]:
    """At most `LONGEST` of some numbers, the last among them: of quantiles, the largest."""
    step = -(-len(values) // LONGEST)
    return values if step == 1 else values[(len(values) - 1) % step :: step]


def _rounded(value: float, digits: int) -> float:
    return value if value.is_integer() else float(f"{value:.{digits}g}")


def _number(value: float) -> float | int | str:
    if math.isfinite(value):
        # A count of bytes reads 64000, not 64000.0.
        return int(value) if value.is_integer() and -WHOLE < value < WHOLE else value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


_NONE, _EMPTY = object(), object()


@functools.cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    """Fields with their default; `_NONE` for those without, `_EMPTY` for those that start as an empty one."""
    found: list[tuple[str, Any]] = []
    for field in dataclasses.fields(kind):
        made = field.default_factory is not dataclasses.MISSING
        without = _EMPTY if made else _NONE
        found.append((field.name, without if field.default is dataclasses.MISSING else field.default))
    return tuple(found)


class Decoder:
    """Builds results from JSON values and says exactly where one does not fit.

    Attributes:
        where: file the record came from, for messages.
        tables: name → decoded shared results; filled by the caller before cases are decoded.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.tables: dict[str, list[Any]] = {}

    def decode(self, kind: Any, value: Any, path: str) -> Any:
        """The result of type `kind` that `value` stands for.

        Args:
            kind: a dataclass, or an annotation of one of its fields.
            value: as `json.loads` gave it.
            path: of the value in the record, e.g. ``cases[3].checks[0]``.

        Raises:
            RecordError: a missing or unknown key, or a value of another type.
        """
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Union or origin is types.UnionType:
            if value is None and type(None) in args:
                return None
            return self.decode(next(arg for arg in args if arg is not type(None)), value, path)
        if origin is Literal:
            return self._one_of(args, value, path)
        if origin is tuple:
            items = self._typed(value, list, path, "a list")
            return tuple(self.decode(args[0], item, f"{path}[{i}]") for i, item in enumerate(items))
        if origin is Sequence:
            items = self._typed(value, list, path, "a list")
            return self.numbers(self._scalar(float, item, f"{path}[{i}]") for i, item in enumerate(items))
        if origin is Mapping:
            pairs = self._typed(value, dict, path, "an object")
            return {self.text(k): self.decode(args[1], v, f"{path}.{k}") for k, v in pairs.items()}
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(self._one_of([member.value for member in kind], value, path))
        if dataclasses.is_dataclass(kind):
            return self._shared(kind, value, path)
        return self._scalar(kind, value, path)

    def text(self, value: str) -> str:
        """A string of the record."""
        return value

    def numbers(self, values: Iterable[float]) -> Sequence[float]:
        """A list of numbers of the record."""
        return tuple(values)

    def _shared(self, kind: Any, value: Any, path: str) -> Any:
        table = TABLES.get(kind)
        if table in self.tables:
            index = self._typed(value, int, path, f"a number of an entry in {table!r}")
            if not 0 <= index < len(self.tables[table]):
                raise errors.no_entry(self.where, path, index, table)
            return self.tables[table][index]
        return self.build(kind, value, path)

    def build(self, kind: Any, value: Any, path: str) -> Any:
        """A dataclass from an object; keys left out take the field's default."""
        given = with_new_keys(kind, self._typed(value, dict, path, "an object"))
        hints = _hints(kind)
        for key in given:
            if key not in hints:
                raise errors.unknown_key(self.where, path, key, hints)
        fields: dict[str, Any] = {}
        for field in dataclasses.fields(kind):
            if field.name in given:
                below = f"{path}.{field.name}" if path else field.name
                fields[field.name] = self.decode(hints[field.name], given[field.name], below)
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                raise errors.missing_key(self.where, path or "the record", field.name)
        return kind(**fields)

    def _scalar(self, kind: Any, value: Any, path: str) -> Any:
        if kind is float:
            if isinstance(value, str) and value in NOT_FINITE:
                return NOT_FINITE[value]
            if isinstance(value, int | float) and not isinstance(value, bool):
                with contextlib.suppress(OverflowError):
                    return float(value)
            raise errors.wrong_type(self.where, path, value, "a number")
        words = {str: "text", int: "a whole number", bool: "true or false"}
        found = self._typed(value, kind, path, words[kind])
        return self.text(found) if kind is str else found

    def _typed(self, value: Any, kind: type, path: str, words: str) -> Any:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise errors.wrong_type(self.where, path or "the record", value, words)
        return value

    def _one_of(self, allowed: typing.Sequence[Any], value: Any, path: str) -> Any:
        if value not in allowed:
            raise errors.wrong_type(self.where, path, value, f"one of {', '.join(map(str, allowed))}")
        return allowed[allowed.index(value)]


class SharingDecoder(Decoder):
    """Builds equal artifacts and observations once: one object for all profiles or recipes that have it.

    Equal strings are one, too: those of ten thousand cases are mostly the same few, and each document that is
    read brings its own. Lists of numbers take a quarter of what tuples do.
    """

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self._known: dict[tuple[type, bytes], Any] = {}
        self._texts: dict[str, str] = {}

    def text(self, value: str) -> str:
        """One object for each string."""
        return self._texts.setdefault(value, value)

    def numbers(self, values: Iterable[float]) -> Sequence[float]:
        """An array; an empty tuple, the default of such fields, where there are none."""
        return array("d", values) or ()

    def build(self, kind: Any, value: Any, path: str) -> Any:
        if kind not in TABLES:
            return super().build(kind, value, path)
        key = kind, hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()
        if key not in self._known:
            self._known[key] = super().build(kind, value, path)
        return self._known[key]


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
