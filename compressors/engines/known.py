"""Which engines there are: the files of this room, and modules that other packages name as entry points.

Nothing of them is imported here: what is known of an engine is the literal `ENGINE` in its file, so that a
recipe can be checked where its library is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base import discovery
from pytest_edgebench.base.distributions import version
from pytest_edgebench.compressors.engines import errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.compressors.engines.quantization import Scheme
    from pytest_edgebench.declare.model import Format

ROOM, MARKER = "compressors.engines", "ENGINE"
GROUP = "engines"


@dataclass(frozen=True, slots=True)
class Engine:
    """What an engine's file says of itself in its `ENGINE`, a mapping with these keys.

    Attributes:
        name: of the distribution that does the work, as ``engine=`` has it; of another package's the name of
            its entry point.
        file: not a key.
        format: of the files that it quantizes.
        schemes: those that it offers → the algorithms that it has for them, its default first; empty where
            there is no choice.
        takes: parameters of `Quantize` that it heeds, beside those that every engine does.
        calibrated: algorithms that read calibration data, beside the scheme "static-int8", which always does.
        libraries: other distributions whose version changes what it writes.
        extra: of this package, that installs it; "" where it always is.
        usual: it quantizes its format where a step names no engine.
    """

    name: str
    file: Path
    format: Format
    schemes: Mapping[Scheme, tuple[str, ...]]
    takes: tuple[str, ...] = ()
    calibrated: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    extra: str = ""
    usual: bool = field(default=False)

    @property
    def distributions(self) -> tuple[str, ...]:
        """Those whose version changes what it writes."""
        points = discovery.entry_points(GROUP)
        owner = self.name if self.name in own() else discovery.owner(points[self.name])
        return (owner, *self.libraries)

    def require(self) -> None:
        """Refuse to go on without its library.

        Raises:
            BuildError: it is not installed.
        """
        if self.name in own() and not version(self.name):
            raise errors.not_installed(self.name, self.extra)

    @property
    def module(self) -> Any:
        """What does the work, see `protocol.Tools`."""
        if self.name in own():
            return discovery.module(ROOM, MARKER, GROUP, self.file.stem)
        return discovery.loaded(discovery.entry_points(GROUP)[self.name], GROUP)


@lru_cache(maxsize=1)
def own() -> Mapping[str, Engine]:
    """Name → engine of this package."""
    found = map(_of_file, discovery.files(ROOM, MARKER).values())
    return {engine.name: engine for engine in found}


def find(name: str) -> Engine:
    """The engine of a name, of this package or another.

    Raises:
        DeclarationError: there is none. SettingsError: another package registers something that is none.
    """
    if name in own():
        return own()[name]
    others = discovery.entry_points(GROUP)
    if name not in others:
        raise errors.unknown_engine(name, [*own(), *others])
    return _of_file(discovery.source(others[name], GROUP), name)


def usual(fmt: Format) -> Engine:
    """The engine that quantizes a format where a step names none."""
    return next(engine for engine in own().values() if engine.usual and engine.format == fmt)


def _of_file(file: Path, name: str = "") -> Engine:
    given = discovery.constant(file, MARKER)
    try:
        return Engine(**{**given, "name": name or given["name"], "file": file})
    except (KeyError, TypeError) as cause:
        raise errors.not_an_engine(file, cause) from cause
