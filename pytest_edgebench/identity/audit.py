"""What Python itself tells of: an audit hook for files, folders, and processes."""

from __future__ import annotations

import contextlib
import os
import shlex
from typing import TYPE_CHECKING, Any

from pytest_edgebench.identity import frames, recorders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_READ_CODE = ("linecache.py", "inspect.py", "tokenize.py", "traceback.py", "/_pytest/assertion/rewrite.py")


def hook(event: str, args: tuple[Any, ...]) -> None:
    # Runs for every audited event of the process: leave early, never raise.
    if not recorders.active() or event not in _EVENTS:
        return
    with recorders.once() as first, contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
        if first:
            _EVENTS[event](*args)


def _opened(path: object, _: object, flags: object, *more: object) -> None:
    full = recorders.absolute(path)
    if full is None or not isinstance(flags, int):
        return
    if flags & (os.O_CREAT | os.O_TRUNC) or flags & os.O_ACCMODE == os.O_WRONLY:
        _tell_made(full)
    if flags & os.O_ACCMODE == os.O_WRONLY or flags & (os.O_TRUNC | os.O_DIRECTORY):
        return
    direct, _frame = frames.callers()
    by_user = frames.asked_by_user()
    # Not what shows a line of code in a message, or compiles one once more.
    runs = full.endswith((".py", ".pyc")) and not direct.endswith(_READ_CODE)
    for recorder in recorders.active():
        recorder.opened(full, by_user)
        if runs:
            recorder.imported(full)


def _tell_made(path: object) -> None:
    full = recorders.absolute(path)
    if full is not None and not os.path.exists(full):  # noqa: PTH110 - an audit event comes before the deed
        for recorder in recorders.active():
            recorder.made(full)


def _moved(_: object, target: object, *more: object) -> None:
    _tell_made(target)


def _listed(path: object = ".", *more: object) -> None:
    full = recorders.absolute("." if path is None else path)
    if full is not None and frames.asked_by_user():
        for recorder in recorders.active():
            recorder.listed(full)


def _started(executable: object, args: object, cwd: object = None, *more: object) -> None:
    words = [args] if isinstance(args, str | bytes | os.PathLike) else [executable, *_listable(args)]
    _named(words, cwd)


def _listable(args: object) -> Iterable[object]:
    return args if isinstance(args, list | tuple) else ()


def _shell(command: object, *more: object) -> None:
    _named([os.fsdecode(command)] if isinstance(command, str | bytes) else [], None)


def _named(words: Iterable[object], cwd: object) -> None:
    """Files among the words of a command, and in what a shell is given."""
    base = os.fsdecode(cwd) if isinstance(cwd, str | bytes | os.PathLike) else os.getcwd()  # noqa: PTH109
    texts = [os.fsdecode(word) for word in words if isinstance(word, str | bytes | os.PathLike)]
    for given in list(texts):
        if " " in given:
            with contextlib.suppress(ValueError):
                texts += shlex.split(given)
    for word in texts:
        for part in {word, word.partition("=")[2], word.lstrip("<>@")}:
            full = os.path.join(base, part)  # noqa: PTH118
            if part and len(part) < 4096 and os.path.isfile(full):  # noqa: PTH113
                recorders.touched(os.path.abspath(full))  # noqa: PTH100


_EVENTS: dict[str, Callable[..., None]] = {
    "open": _opened,
    "os.mkdir": lambda path, *_: _tell_made(path),
    "os.rename": _moved,
    "os.link": _moved,
    "os.symlink": _moved,
    "os.listdir": _listed,
    "os.scandir": _listed,
    "subprocess.Popen": _started,
    "os.posix_spawn": lambda path, args, *_: _started(path, args),
    "os.exec": lambda path, args, *_: _started(path, args),
    "os.system": _shell,
    "sqlite3.connect": lambda path, *_: recorders.touched(path),
    "ctypes.dlopen": lambda path, *_: recorders.touched(path),
}
