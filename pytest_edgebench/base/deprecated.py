"""Old public names: they work, and warn at the line of the user's file that has them."""

from __future__ import annotations

import functools
import re
import sys
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    AnyClass = TypeVar("AnyClass", bound=type)

PACKAGE = "pytest_edgebench"
SUITES = f"{PACKAGE}.suites"
NAMES = "identity_names"
"""Attribute of a class of ours: new name of a field, or "class" → the name that it has in cache keys."""


def deprecated(old: str, new: str) -> None:
    """Warn that `old` is now called `new`, at the nearest line outside this package."""
    warnings.warn(f"{old} is deprecated: write {new}", DeprecationWarning, stacklevel=_outside())


def deprecated_at(file: Path, where: str, old: str, new: str) -> None:
    """As `deprecated`, for a settings file.

    Args:
        where: ``file:line: key``.
    """
    line = re.search(r":([0-9]+):", where)
    message = f"{where}: {old} is deprecated: write {new}"
    warnings.warn_explicit(message, DeprecationWarning, str(file), int(line[1]) if line else 1)


def _outside() -> int:
    """`stacklevel`, seen from `deprecated`, of the first caller that is not ours; the suites are a user's."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _ours(str(frame.f_globals.get("__name__", ""))):
        level, frame = level + 1, frame.f_back
    return level


def _ours(module: str) -> bool:
    # `dataclasses.replace` and `functools` stand between a user's line and ours.
    if module in ("dataclasses", "functools"):
        return True
    return f"{module}.".startswith(f"{PACKAGE}.") and not f"{module}.".startswith(f"{SUITES}.")


def renamed(was: str = "", /, **fields: str) -> Callable[[AnyClass], AnyClass]:
    """A dataclass of which names changed: ``@renamed("Bottleneck", ratio="share")``.

    Old keywords and attributes work and warn; cache keys hold the old names, so that they stay as they are.

    Args:
        was: the class's name in cache keys; "" where it did not change.
        fields: old name → new name.
    """

    def decorate(cls: AnyClass) -> AnyClass:
        known = {new: old for old, new in fields.items()} | ({"class": was} if was else {})
        setattr(cls, NAMES, known)
        if fields:
            cls.__init__ = _accepting(cls.__init__, cls.__name__, fields)  # type: ignore[misc]
        for old, new in fields.items():
            setattr(cls, old, _alias(old, new))
        return cls

    return decorate


def _accepting(made: Callable[..., None], name: str, fields: Mapping[str, str]) -> Callable[..., None]:
    @functools.wraps(made)
    def init(self: Any, *args: Any, **given: Any) -> None:
        for old in [old for old in given if old in fields]:
            new = fields[old]
            if new in given:
                raise TypeError(f"{name}() got {new}= and {old}=, which is its old name; drop {old}=")
            deprecated(f"{name}({old}=)", f"{new}=")
            given[new] = given.pop(old)
        made(self, *args, **given)

    return init


def _alias(old: str, new: str) -> property:
    def get(self: Any) -> Any:
        deprecated(f"{type(self).__name__}.{old}", f".{new}")
        return getattr(self, new)

    return property(get, doc=f"Deprecated: `{new}`.")


def identity_class(cls: type) -> str:
    """The name of a class of ours in cache keys."""
    # Only its own: a user's subclass has a name of its own.
    return str(vars(cls).get(NAMES, {}).get("class", cls.__qualname__))


def identity_field(cls: type, name: str) -> str:
    """The name of a field in cache keys; that of a class of ours also in the user's classes below it."""
    return str(getattr(cls, NAMES, {}).get(name, name))
