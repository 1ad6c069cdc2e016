"""Call a user's function so that it finds files beside the file that declares it."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

T = TypeVar("T")


def call_from(
    function: Callable[[], T],
    folder: Path,
    around: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
) -> T:
    """Call a function; where a relative path is missing that `folder` has, call it once more from there.

    Paths of a model are relative to the folder of its file; a function's are relative to the current folder,
    and pytest may be started anywhere.

    Args:
        around: made for each call, e.g. to set seeds.
    """
    try:
        with around():
            return function()
    except FileNotFoundError as error:
        name = error.filename
        if not isinstance(name, str) or os.path.isabs(name) or not (folder / name).exists():  # noqa: PTH117
            raise
    with contextlib.chdir(folder), around():
        return function()
