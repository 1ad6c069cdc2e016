"""Wraps that tell which environment variables are read by the user's code, or for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.identity import frames, recorders

if TYPE_CHECKING:
    from collections.abc import Callable

# Of the process that runs the tests, of no meaning to a model; and where a home folder is.
_VOLATILE = ("PYTEST_", "EDGEBENCH_", "COLUMNS", "LINES", "HOME", "PWD", "OLDPWD", "SHLVL", "_")
# Folders with what models are made of and judged on.
_OF_DATA = ("EDGEBENCH_CIFAR10", "EDGEBENCH_DATA", "EDGEBENCH_ZOO")
# Of all variables at once those of a CI run do not count, which differ from run to run.
_OF_A_RUN = (
    "GITHUB_",
    "RUNNER_",
    "CI_",
    "GITLAB_",
    "SSH_",
    "XDG_",
    "TERM",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
)
_ASKS_FOR_USER = ("os", "_collections_abc", "posixpath", "string")


def reading(function: Callable[..., Any]) -> Callable[..., Any]:
    def __getitem__(self: Any, key: Any) -> Any:  # noqa: N807
        if recorders.active() and isinstance(key, str | bytes):
            with recorders.once() as first:
                if first:
                    _tell_variable(os.fsdecode(key))
        return function(self, key)

    return __getitem__


def _tell_variable(name: str) -> None:
    direct, frame = frames.callers()
    volatile = (name.startswith(_VOLATILE[:2]) and name not in _OF_DATA) or name in _VOLATILE
    if frame is None or volatile:
        return
    if frames.is_standard(direct) and _module(direct) not in _ASKS_FOR_USER:
        return  # tempfile asks for TMPDIR, subprocess for PATH
    own = frames.is_own(frame.f_code.co_filename) and not name.startswith(_OF_A_RUN)
    if not own and not _named_by_user(name, frame):
        return
    for recorder in recorders.active():
        recorder.read_variable(name)


def _module(file: str) -> str:
    return file.removeprefix("<frozen ").removesuffix(">") if file.startswith("<") else Path(file).stem


def _named_by_user(name: str, frame: Any) -> bool:
    """Whether a library asks for a variable that the user's code names."""
    while frame is not None and not frames.is_own(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return False
    given = {*frame.f_code.co_consts, *frame.f_code.co_names}
    return name in given or name.lower() in given


def iterating(function: Callable[..., Any]) -> Callable[..., Any]:
    def __iter__(self: Any) -> Any:  # noqa: N807
        names = list(function(self))
        if recorders.active():
            with recorders.once() as first:
                for name in names if first else ():
                    _tell_variable(os.fsdecode(name))
        return iter(names)

    return __iter__
