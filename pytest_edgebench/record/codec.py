"""Result types to plain JSON values and back, led by their annotations.

A field that has its default value is left out. Results that many cases share (an artifact on several
profiles, the parent of several recipes) are written once, in a table, and referred to by their index.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Mapping
from enum import Enum
from numbers import Integral, Real
from typing import Any, Literal

from pytest_edgebench.errors import record as errors
from pytest_edgebench.record.run import ArtifactRecord, Observation

TABLES: Mapping[type, str] = {ArtifactRecord: "artifacts", Observation: "observations"}
NOT_FINITE = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}
"""JSON has no word for these; a score that overflowed must still be recorded."""


class Tables:
    """Shared results while a record is written: each distinct one gets the next index."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Any]] = {name: [] for name in TABLES.values()}
        self._index: dict[tuple[str, str], int] = {}

    def refer(self, name: str, entry: Any) -> int:
        key = (name, json.dumps(entry, sort_keys=True))
        if key not in self._index:
            self._index[key] = len(self.entries[name])
            self.entries[name].append(entry)
        return self._index[key]


def encode(value: Any, tables: Tables | None = None) -> Any:
    """A result as values that `json` writes.

    Args:
        value: a dataclass of `record.run`, or what its fields hold; numpy numbers become plain ones.
        tables: where shared results go; without it they are written in place.
    """
    # Exact types first: they are nearly all of a record's values, and the general questions below are slow.
    kind = type(value)
    if kind is float:
        return _number(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is tuple and value and all(type(item) is float for item in value):
        return [_number(item) for item in value]
    if kind is tuple or kind is list:
        return [encode(item, tables) for item in value]
    if kind is dict:
        return {str(key): encode(value[key], tables) for key in sorted(value)}
    if dataclasses.is_dataclass(kind):
        plain = {}
        for name, default in _defaults(kind):
            item = getattr(value, name)
            if default is _NONE or (item if default is _EMPTY else item != default):
                plain[name] = encode(item, tables)
        table = TABLES.get(kind)
        return plain if tables is None or table is None else tables.refer(table, plain)
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


def _number(value: float) -> float | int | str:
    if math.isfinite(value):
        # A count of bytes reads 64000, not 64000.0.
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
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
        if origin is Mapping:
            pairs = self._typed(value, dict, path, "an object")
            return {key: self.decode(args[1], item, f"{path}.{key}") for key, item in pairs.items()}
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(self._one_of([member.value for member in kind], value, path))
        if dataclasses.is_dataclass(kind):
            return self._shared(kind, value, path)
        return self._scalar(kind, value, path)

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
        given = self._typed(value, dict, path, "an object")
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
        return self._typed(value, kind, path, words[kind])

    def _typed(self, value: Any, kind: type, path: str, words: str) -> Any:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise errors.wrong_type(self.where, path or "the record", value, words)
        return value

    def _one_of(self, allowed: typing.Sequence[Any], value: Any, path: str) -> Any:
        if value not in allowed:
            raise errors.wrong_type(self.where, path, value, f"one of {', '.join(map(str, allowed))}")
        return value


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
