"""Find the user's own line in a traceback."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from pathlib import Path

from pytest_edgebench.base import errors

# Both folders of this package: they lie apart in a source checkout.
OURS = {str(Path(__file__).parents[1]), str(Path(errors.__file__).parents[1])}
LIBRARIES = (*OURS, *(path for path in sysconfig.get_paths().values() if path), sys.prefix, "<")


def user_line(cause: BaseException) -> str:
    """``file:line`` of the last frame that is neither in a library nor in this package; "" without one.

    Looked for in what was raised first, then in what was raised because of it.
    """
    chain = [cause]
    while (earlier := chain[-1].__cause__ or chain[-1].__context__) and earlier not in chain:
        chain.append(earlier)
    for error in reversed(chain):
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not _of_library(frame.filename)]
        if own:
            return f"{own[-1].filename}:{own[-1].lineno}"
    return ""


def _of_library(file: str) -> bool:
    # An environment may borrow the packages of another one.
    return file.startswith(LIBRARIES) or not {"site-packages", "dist-packages"}.isdisjoint(Path(file).parts)
