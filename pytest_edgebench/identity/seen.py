"""What a user's function asked of the machine, as a plain list, and its state now as part of a key."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from pytest_edgebench.identity.code import SourceFile
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.identity.walk import pack, text

if TYPE_CHECKING:
    from collections.abc import Callable

_UNLISTED = {"__pycache__"}
_LARGE, _MANY = 1 << 20, 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """Names only: what they stand for is looked at whenever a key is made.

    Attributes:
        files: opened and read. code: files of the user's code that were imported or run.
        lookups: looked for, and there or not. folders: listed. environment: names of variables read.
        values: "DIGEST NAME PATH" of plain values that modules of the user had; the digest counts only where
            the module is not loaded.
    """

    files: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    lookups: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    @classmethod
    def of_json(cls, value: Any) -> Self:
        """From `to_json`, or from the list of files that was kept before there was more.

        Raises:
            ValueError: it is neither.
        """
        given = {"files": value} if isinstance(value, list) else value
        names = {field.name for field in fields(cls)}
        if not isinstance(given, dict) or not given.keys() <= names:
            raise ValueError("not a list of what was read")
        if not all(isinstance(v, list) and all(isinstance(n, str) for n in v) for v in given.values()):
            raise ValueError("not a list of what was read")
        if not all(len(entry.split(" ", 2)) == 3 for entry in given.get("values", ())):
            raise ValueError("not a list of what was read")
        return cls(**{name: tuple(items) for name, items in given.items()})

    def to_json(self) -> Any:
        found = {field.name: list(getattr(self, field.name)) for field in fields(self)}
        found = {name: items for name, items in found.items() if items}
        return found.get("files", []) if found.keys() <= {"files"} else found

    def merged(self, older: Seen) -> Seen:
        """All that either lists: what was asked once may be asked again in another state of the machine."""
        both = {f.name: {*getattr(self, f.name), *getattr(older, f.name)} for f in fields(self)}
        newest = {entry.split(" ", 1)[1]: entry for entry in (*older.values, *self.values)}
        both["values"] = set(newest.values())
        return Seen(**{name: tuple(sorted(items)) for name, items in both.items()})

    def renamed(self, name: Callable[[str], str]) -> Seen:
        """The same with other names for paths."""
        paths = {field: getattr(self, field) for field in ("files", "code", "lookups", "folders")}
        values = (entry.split(" ", 2) for entry in self.values)
        return Seen(
            **{field: tuple(map(name, items)) for field, items in paths.items()},
            environment=self.environment,
            values=tuple(f"{known} {what} {name(path)}" for known, what, path in values),
        )

    def state(self, salt: str, listed: Seen) -> bytes | None:
        """SHA-256 over the present state of all but `files`; None where nothing else was asked.

        Args:
            salt: for the hashes of variables, whose values are kept nowhere.
            listed: the same under the names that count, which hold in another checkout.
        """
        parts = [
            *(_pair("code", n, _code(p)) for p, n in zip(self.code, listed.code, strict=True)),
            *(_pair("lookup", n, _kind(p)) for p, n in zip(self.lookups, listed.lookups, strict=True)),
            *(_pair("folder", n, _listing(p)) for p, n in zip(self.folders, listed.folders, strict=True)),
            *(_pair("variable", name, _variable(name, salt)) for name in self.environment),
            *(_pair("value", _named(n), _value(p)) for p, n in zip(self.values, listed.values, strict=True)),
        ]
        return pack("seen", *sorted(parts)) if parts else None


def value_digest(name: str, value: object) -> str | None:
    """Of a plain value with its name; None for what is code, or changes meanwhile."""
    numpy = sys.modules.get("numpy")
    array = numpy is not None and isinstance(value, numpy.ndarray) and value.nbytes < _LARGE
    if not array and not _plain(value, 4):
        return None
    return digest((name, value))


def _plain(value: object, depth: int) -> bool:
    if value is None or isinstance(value, bool | int | float | str | bytes | complex):
        return True
    if depth and isinstance(value, list | tuple | set | frozenset):
        return len(value) < _MANY and all(_plain(item, depth - 1) for item in value)
    if depth and isinstance(value, dict):
        return len(value) < _MANY and all(_plain(item, depth - 1) for pair in value.items() for item in pair)
    return False


def _named(entry: str) -> str:
    _, name, path = entry.split(" ", 2)
    return f"{os.path.basename(path)} {name}"  # noqa: PTH119


def _value(entry: str) -> bytes:
    known, name, path = entry.split(" ", 2)
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) == path and name in vars(module):
            return text(value_digest(name, vars(module)[name]) or known)
    return text(known)


def _pair(kind: str, name: str, value: bytes) -> bytes:
    # Of a file elsewhere the folder does not count: it is another one on another machine.
    shown = os.path.basename(name) if os.path.isabs(name) else name  # noqa: PTH117, PTH119
    return pack(kind, text(shown), value)


def _variable(name: str, salt: str) -> bytes:
    value = os.environ.get(name)
    return b"unset" if value is None else pack("value", text(salt), text(value))


def _kind(path: str) -> bytes:
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return b"missing"
    return f"file {found.st_size}".encode() if stat.S_ISREG(found.st_mode) else b"there"


def _listing(path: str) -> bytes:
    try:
        with os.scandir(path) as entries:
            names = sorted(
                f"{e.name}/" if e.is_dir() else e.name
                for e in entries
                if not e.name.startswith(".") and e.name not in _UNLISTED
            )
    except OSError:
        return b"missing"
    return pack("names", *map(text, names))


def _code(path: str) -> bytes:
    return text(digest(SourceFile(path))) if os.path.isfile(path) else b"missing"  # noqa: PTH113
