"""Finds what grows by one file: in a room of this package, and in other packages by entry point.

A room's files are listed, and the constants that describe them are read from their source, so that a name
can be listed without importing what is behind it.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

PACKAGE = "pytest_edgebench"
_END = re.compile(r"^(?=[^\s)\]}])", re.MULTILINE)


@lru_cache(maxsize=256)
def constant(path: Path, name: str) -> Any:
    """The literal that a file assigns to a name at its top level; None where it assigns none.

    Nothing is imported; the file need not be importable here.
    """
    text = path.read_text(encoding="utf-8")
    start = re.search(rf"^{name}\b[^=\n]*= *", text, re.MULTILINE)
    if start is None:
        return None
    end = _END.search(text, start.end() + 1)
    return ast.literal_eval(text[start.end() : end.start() if end else len(text)].strip())


@lru_cache(maxsize=32)
def files(room: str, marker: str) -> Mapping[str, Path]:
    """Module name → file of the files in a room that assign to a name at their top level.

    Args:
        room: e.g. "targets". marker: e.g. "KIND".
    """
    package = importlib.import_module(f"{PACKAGE}.{room}")
    pattern = re.compile(rf"^{marker}\b[^=\n]*=", re.MULTILINE)
    found = {}
    for folder in package.__path__:
        for path in sorted(Path(folder).glob("*.py")):
            if pattern.search(path.read_text(encoding="utf-8")):
                found[path.stem] = path
    return found


def entry_points(group: str) -> Mapping[str, EntryPoint]:
    """Name → entry point of ``pytest_edgebench.<group>``; looked for once for each `sys.path`.

    Raises:
        SettingsError: two packages register different things by one name.
    """
    return _entry_points(group, tuple(sys.path))


@lru_cache(maxsize=32)
def _entry_points(group: str, path: tuple[str, ...]) -> Mapping[str, EntryPoint]:
    from importlib import metadata  # slow to import, and most commands need it not

    found: dict[str, EntryPoint] = {}
    for point in metadata.entry_points(group=f"{PACKAGE}.{group}"):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise SettingsError(
                f"{group}: two packages register {point.name!r}: {owner(other)} and {owner(point)}",
                fix="uninstall one of them",
            )
    return found


def owner(point: EntryPoint) -> str:
    """The distribution that registers an entry point, for messages."""
    return point.dist.name if point.dist else point.value


def loaded(point: EntryPoint, group: str) -> Any:
    """What an entry point names.

    Raises:
        SettingsError: it cannot be imported.
    """
    try:
        return point.load()
    except Exception as cause:
        raise SettingsError(
            f"{point.name!r} of {owner(point)} ({PACKAGE}.{group}) cannot be imported: "
            f"{type(cause).__name__}: {cause}",
            fix=f"repair or uninstall {owner(point)}",
        ) from cause


def source(point: EntryPoint, group: str) -> Path:
    """The file of the module that an entry point names; the module itself is not imported.

    Raises:
        SettingsError: there is no such file.
    """
    try:
        spec = importlib.util.find_spec(point.module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.has_location or spec.origin is None:
        raise SettingsError(
            f"{point.name!r} of {owner(point)} ({PACKAGE}.{group}): module {point.module} not found",
            fix=f"repair or uninstall {owner(point)}",
        )
    return Path(spec.origin)


def module(room: str, marker: str, group: str, name: str) -> Any:
    """The module of a name: the file in a room that assigns to `marker`, or what an entry point names.

    None where there is neither.

    Raises:
        SettingsError: an entry point that cannot be used.
    """
    if name in files(room, marker):
        return importlib.import_module(f"{PACKAGE}.{room}.{name}")
    point = entry_points(group).get(name)
    return None if point is None else loaded(point, group)


def names(room: str, marker: str, group: str) -> list[str]:
    """All that `module` finds: those of the room, then those of other packages, each in order."""
    own = sorted(files(room, marker))
    return [*own, *(name for name in sorted(entry_points(group)) if name not in own)]
