"""Which runtimes there are: the files of this room, and modules that other packages name as entry points.

Nothing of them is imported here: what is known of a runtime is the literal `RUNTIME` in its file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base import discovery
from pytest_edgebench.runtimes import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.declare.model import Format

ROOM, MARKER = "runtimes", "RUNTIME"
"""`ROOM` is also the group of entry points: each names a module like those of this room."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a runtime file says of itself in its `RUNTIME`, a mapping with these keys.

    Attributes:
        name: as profiles name it; of another package's the name of its entry point.
        file: that the worker loads; not a key.
        format: of the files it runs; None for any.
        distribution: that it comes with; "" for none.
        usual: it runs its format where a profile names no runtime, and is always in this environment.
    """

    name: str
    file: Path
    format: Format | None = None
    distribution: str = ""
    usual: bool = False


def of_file(file: Path, name: str = "") -> Runtime:
    """The runtime of a file, under its own name or the one it is registered by.

    Raises:
        MeasureError: it has no `RUNTIME`, or one with other keys.
    """
    try:
        given = discovery.constant(file, MARKER)
        return Runtime(**{**given, "name": name or given["name"], "file": file})
    except (KeyError, TypeError, ValueError, SyntaxError) as cause:
        raise errors.not_a_runtime(file, cause) from cause


@lru_cache(maxsize=1)
def own() -> Mapping[str, Runtime]:
    """Name → runtime of this package."""
    found = map(of_file, discovery.files(ROOM, MARKER).values())
    return {runtime.name: runtime for runtime in found}


def find(name: str) -> Runtime | None:
    """The runtime of a name, of this package or another; None where there is none.

    Raises:
        SettingsError, MeasureError: another package registers something that is none.
    """
    if name in own():
        return own()[name]
    point = discovery.entry_points(ROOM).get(name) if name else None
    return None if point is None else of_file(discovery.source(point, ROOM), name)


def usual(fmt: Format) -> str:
    """The runtime that runs a format where a profile names none."""
    return next(runtime.name for runtime in own().values() if runtime.usual and runtime.format == fmt)


def runtime_file(runtime: str, where: str = "") -> Path:
    """The file of a runtime, by the runtime's name or as the path of a ``.py`` file.

    Args:
        where: the settings key that names the runtime, for the message.

    Raises:
        MeasureError: no such runtime.
    """
    if runtime.endswith(".py") and Path(runtime).is_file():
        return Path(runtime).absolute()
    found = find(runtime)
    if found is None:
        raise errors.unknown_runtime(runtime, sorted(own()), where)
    return found.file
