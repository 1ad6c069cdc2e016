"""Who is told what a user's function asks of the machine."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Recorder(Protocol):
    """What is told; paths are absolute."""

    def opened(self, path: str, by_user: bool) -> None: ...
    def made(self, path: str) -> None: ...
    def looked(self, path: str, by_user: bool) -> None: ...
    def listed(self, path: str) -> None: ...
    def touched(self, path: str) -> None: ...
    def imported(self, path: str) -> None: ...
    def value(self, path: str, name: str, value: object) -> None: ...
    def read_variable(self, name: str) -> None: ...


_active: tuple[Recorder, ...] = ()
_inside = threading.local()


def active() -> tuple[Recorder, ...]:
    """The recorders that are to be told."""
    return _active


def replace(recorders: tuple[Recorder, ...]) -> None:
    """Tell these from now on."""
    global _active
    _active = recorders


@contextlib.contextmanager
def once() -> Iterator[bool]:
    """True unless this thread is telling already: what recorders and wraps ask themselves is not recorded."""
    if getattr(_inside, "busy", False):
        yield False
        return
    _inside.busy = True
    try:
        yield True
    finally:
        _inside.busy = False


def absolute(path: object) -> str | None:
    """None for what is no path, e.g. a descriptor: whoever opened it was seen."""
    if isinstance(path, os.PathLike):
        path = os.fspath(path)
    if not isinstance(path, str | bytes) or not path:
        return None
    return os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - now, as the current folder may change


def touched(path: object) -> None:
    """Tell a file that was named to a reader which Python does not see."""
    full = absolute(path)
    if full is not None:
        for recorder in _active:
            recorder.touched(full)
