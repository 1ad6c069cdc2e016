"""Who asked: the user's code, a library for it, or Python itself."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_edgebench.identity.library import in_library_folder

if TYPE_CHECKING:
    from types import FrameType

_HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")  # noqa: PTH100, PTH118, PTH120
_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(_HERE)), "")  # noqa: PTH118, PTH120
_SITE = ("/site-packages/", "/dist-packages/")


@lru_cache(maxsize=1)
def _standard() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    given = {paths["stdlib"], paths["platstdlib"]}
    folders = given | {os.path.realpath(folder) for folder in given}
    return tuple(sorted(f"{folder}/" for folder in folders))


@lru_cache(maxsize=4096)
def is_standard(file: str) -> bool:
    """Whether code is of Python's own library."""
    return file.startswith("<frozen") or (file.startswith(_standard()) and not any(s in file for s in _SITE))


@lru_cache(maxsize=4096)
def is_own(file: str) -> bool:
    """Whether code is the user's: no library, and not of this package but for its suites."""
    if file.startswith("<frozen") or in_library_folder(file):
        return False
    return not file.startswith(_PACKAGE) or "/suites/" in file


def callers() -> tuple[str, FrameType | None]:
    """The file that asked directly, and the first frame that is not of Python's own library."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    direct = frame.f_code.co_filename if frame is not None else ""
    while frame is not None and is_standard(frame.f_code.co_filename):
        frame = frame.f_back
    return direct, frame


def asked_by_user() -> bool:
    """Whether the user's code asked, be it through Python's own library; not what an import looks for."""
    direct, frame = callers()
    if direct.startswith("<frozen importlib") or frame is None:
        return False
    return is_own(frame.f_code.co_filename)
