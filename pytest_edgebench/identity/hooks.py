"""Starts and stops to tell recorders what is asked: an audit hook, and wraps where there is no event."""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from pytest_edgebench.identity import audit, frames, imports, recorders, variables
from pytest_edgebench.identity.readers import Readers

if TYPE_CHECKING:
    from collections.abc import Callable

_ABLE = (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks)

_lock = threading.Lock()
_hooked = False
_undo: list[Callable[[], None]] = []


def start(recorder: recorders.Recorder) -> None:
    """Tell a recorder everything from now on."""
    global _hooked
    with _lock:
        if not _hooked:  # a hook cannot be removed again, so there is one, idle while nothing records
            sys.addaudithook(audit.hook)
            _hooked = True
        if not recorders.active():
            _wrap()
        recorders.replace((*recorders.active(), recorder))


def stop(recorder: recorders.Recorder) -> None:
    """No longer; with the last recorder the wraps go."""
    with _lock:
        recorders.replace(tuple(other for other in recorders.active() if other is not recorder))
        if not recorders.active():
            while _undo:
                _undo.pop()()


def _wrap() -> None:
    """Put wraps in place; `_undo` takes them away again."""
    for name in ("stat", "lstat", "access"):
        old, new = getattr(os, name), _lookup(getattr(os, name))
        _replace(os, name, new)
        for able in _ABLE:
            if old in able:  # `shutil` looks there for what it may ask of os.stat
                able.add(new)
                _undo.append(functools.partial(able.discard, new))
    environment: Any = type(os.environ)
    _replace(environment, "__getitem__", variables.reading(environment.__getitem__))
    _replace(environment, "__iter__", variables.iterating(environment.__iter__))
    readers = Readers(_touched)
    _undo.append(readers.restore)
    readers.wrap()
    _replace(builtins, "__import__", imports.statement(builtins.__import__, readers))
    _replace(importlib, "import_module", imports.by_name(importlib.import_module, readers))


def _replace(owner: Any, name: str, new: Any) -> None:
    old = getattr(owner, name)
    setattr(owner, name, new)

    def undo() -> None:
        if vars(owner).get(name) is new:  # somebody wrapped it once more, and may restore ours: it is idle
            setattr(owner, name, old)

    _undo.append(undo)


def _lookup(function: Callable[..., Any]) -> Callable[..., Any]:
    def lookup(path: Any, *args: Any, **kwargs: Any) -> Any:
        if recorders.active() and not isinstance(path, int) and kwargs.get("dir_fd") is None:
            with recorders.once() as first, contextlib.suppress(OSError, ValueError, TypeError):
                full = recorders.absolute(path) if first else None
                if full is not None:
                    by_user = frames.asked_by_user()
                    for recorder in recorders.active():
                        recorder.looked(full, by_user)
        return function(path, *args, **kwargs)

    lookup.__name__ = lookup.__qualname__ = function.__name__
    lookup.__doc__ = function.__doc__
    return lookup


def _touched(path: object) -> None:
    if recorders.active() and isinstance(path, str | bytes | os.PathLike):
        with recorders.once() as first, contextlib.suppress(OSError, ValueError):
            if first:
                recorders.touched(path)
