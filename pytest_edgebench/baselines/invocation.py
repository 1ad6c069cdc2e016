"""`Invocation`: how pytest was started, as plain values; a git ref's baseline is built in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Invocation:
    """How pytest was started.

    Attributes:
        root: its root folder. start: the folder it was started in. ini: its ini file.
        cut: of ``--confcutdir``. arguments: paths, node ids or packages to collect.
        overrides: of ``-o``. import_mode, keyword, marks: of ``--import-mode``, ``-k`` and ``-m``.
        profiles: of ``--edgebench-profile``. packages: whether ``--pyargs`` was given.
        parallel: whether pytest-xdist is there.
    """

    root: Path
    start: Path
    ini: Path | None
    cut: Path | None
    arguments: tuple[str, ...]
    overrides: tuple[str, ...]
    import_mode: str
    keyword: str
    marks: str
    profiles: tuple[str, ...]
    packages: bool
    parallel: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of what takes long.

    Attributes:
        step: called about once a second. wipe: called at the end.
    """

    step: Callable[[], None]
    wipe: Callable[[], None]
