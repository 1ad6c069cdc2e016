"""Wraps that tell which modules of the user are imported, and what may be read from them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from pytest_edgebench.identity import frames, recorders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_edgebench.identity.readers import Readers


def statement(function: Callable[..., Any], readers: Readers) -> Callable[..., Any]:
    def imported(name: str, *args: Any, **kwargs: Any) -> Any:
        known = len(sys.modules)
        module = function(name, *args, **kwargs)
        if recorders.active():
            if len(sys.modules) != known:
                _loaded(readers)
            level = args[3] if len(args) > 3 else kwargs.get("level", 0)
            names = args[2] if len(args) > 2 else kwargs.get("fromlist")
            _tell_import(module, name, names, level)
        return module

    return imported


def by_name(function: Callable[..., Any], readers: Readers) -> Callable[..., Any]:
    def import_module(name: str, package: str | None = None) -> Any:
        module = function(name, package)
        if recorders.active():
            _loaded(readers)
            _tell_module(module, ())
        return module

    return import_module


def _loaded(readers: Readers) -> None:
    with recorders.once() as first:
        if first:
            readers.wrap()


def _tell_import(module: Any, name: str, names: Any, level: int) -> None:
    if names or level:
        _tell_module(module, names or ())
        if names and hasattr(module, "__path__"):
            for each in names:
                _tell_module(sys.modules.get(f"{module.__name__}.{each}"), ())
        return
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        _tell_module(sys.modules.get(".".join(parts[:end])), ())


def _tell_module(module: Any, names: Iterable[str]) -> None:
    """Tell a module of the user, and the values that the function which imports it may read from it."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py") or not frames.is_own(file):
        return
    with recorders.once() as first:
        if not first:
            return
        _, frame = frames.callers()
        read = {*names, *(frame.f_code.co_names if frame is not None else ())}
        for recorder in recorders.active():
            recorder.imported(os.path.abspath(file))  # noqa: PTH100
            if frame is None or frame.f_code.co_name == "<module>":
                continue  # what a module makes of another is in its own values
            for name in sorted(read & vars(module).keys()):
                recorder.value(file, name, vars(module)[name])
