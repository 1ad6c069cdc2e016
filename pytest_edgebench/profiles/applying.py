"""Settings below pytest's root that hold for the tests it is told to run, wherever it was started from.

A settings file, or an accepted state, belongs to the tests in its folder and below. pytest may be told to run
a folder above, so the folders it will collect from are walked as it walks them.
"""

from __future__ import annotations

import fnmatch
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ENVIRONMENT = ("pyvenv.cfg", "conda-meta")
"""What pytest knows a virtual environment by, whose tests it does not collect."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How pytest walks: its root directory, what is a test file, and what is left out.

    Attributes:
        files: patterns of ``python_files``. folders: of ``norecursedirs``.
        ignored: absolute paths of ``--ignore``. globs: absolute patterns of ``--ignore-glob``.
    """

    root: Path
    files: tuple[str, ...]
    folders: tuple[str, ...] = ()
    ignored: tuple[Path, ...] = ()
    globs: tuple[str, ...] = ()

    def leaves_out(self, path: Path) -> bool:
        """Whether a path is not collected although what is around it is."""
        if path in self.ignored or any(fnmatch.fnmatch(str(path), glob) for glob in self.globs):
            return True
        if not path.is_dir():
            return False
        if any(_matches(path, pattern) for pattern in self.folders) or path.name == "__pycache__":
            return True
        return any((path / name).exists() for name in ENVIRONMENT)

    def is_test(self, path: Path) -> bool:
        return path.suffix == ".py" and any(_matches(path, pattern) for pattern in self.files)


def holders(places: Sequence[Path], walk: Walk, name: str, *, empty: bool = False) -> dict[Path, Path]:
    """Folders below the root that have a file and tests it holds for → one of these tests.

    A file of any kind counts, also a link to nothing: whoever reads it says what is wrong with it.

    Args:
        places: what pytest is told to run, absolute.
        name: of the file, from its folder.
        empty: whether a folder counts that has no tests any more; it stands for itself then.
    """
    found: dict[Path, Path] = {}
    for place in places:
        if not place.is_relative_to(walk.root) or not place.exists():
            continue
        around = [folder for folder in (place, *place.parents) if folder.is_relative_to(walk.root)]
        above = [folder for folder in around if folder.is_dir() and os.path.lexists(folder / name)]
        for folder in above:
            found.setdefault(folder, place)
        for test, having in _below(place, walk, name, [], set(), empty=empty):
            for folder in having:
                found.setdefault(folder, test)
    return found


def _below(
    folder: Path, walk: Walk, name: str, having: list[Path], seen: set[str], *, empty: bool
) -> Iterator[tuple[Path, list[Path]]]:
    """Tests below a folder with those folders around them that have the file; a test of each is enough."""
    real = os.path.realpath(folder)
    if real in seen or not folder.is_dir():
        return
    seen.add(real)
    if os.path.lexists(folder / name):
        having = [*having, folder]
        if empty:
            yield folder, having
    try:
        entries = sorted(folder.iterdir())
    except OSError:  # pytest says so when it collects
        return
    if having:
        test = next((e for e in entries if walk.is_test(e) and not walk.leaves_out(e)), None)
        if test is not None:
            yield test, having
    for entry in entries:
        if entry.is_dir() and not walk.leaves_out(entry):
            yield from _below(entry, walk, name, having, seen, empty=empty)


def _matches(path: Path, pattern: str) -> bool:
    """As pytest matches: the name, or for a pattern with a separator the end of the whole path."""
    if os.sep not in pattern:
        return fnmatch.fnmatch(path.name, pattern)
    return fnmatch.fnmatch(str(path), pattern if pattern.startswith(os.sep) else f"*{os.sep}{pattern}")
