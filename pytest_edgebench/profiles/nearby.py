"""Settings that lie with the tests, such as an installed suite's, for a project that has none of its own."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.profiles import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_edgebench.profiles.document import Document


def document_of_tests(
    arguments: Sequence[str], *, packages: bool, start: Path, root: Path
) -> Document | None:
    """The ``edgebench.toml`` nearest to the tests that pytest is told to run; None where there is none.

    It lies in the folder of the tests or one around it: up to `root`, or for tests outside of it up to the
    outermost package.

    Args:
        arguments: pytest's: paths, or names of packages, either with a test's ``::name``.
        packages: whether names of packages are meant, as by ``--pyargs``.
        start: the folder that relative paths start from.
        root: pytest's root directory.

    Raises:
        SettingsError: the tests lie with different files, or the file is wrong.
    """
    from pytest_edgebench.profiles.document import FILE, read

    found: dict[Path, str] = {}
    for argument in arguments:
        name = argument.partition("::")[0].partition("[")[0]
        place = (_package(name) if packages else None) or start / name
        for folder in _upwards(place, root):
            if os.path.lexists(folder / FILE):
                found.setdefault(folder, argument)
                break
    if len(found) > 1:
        raise errors.settings_apart([(str(folder / FILE), argument) for folder, argument in found.items()])
    return next((read(folder) for folder in found), None)


def _package(name: str) -> Path | None:
    """The folder of a package or the file of a module; None for what is neither, as pytest treats it."""
    try:
        spec = importlib.util.find_spec(name)
    except (AttributeError, ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin) if spec.origin else None


def _upwards(place: Path, root: Path) -> Iterator[Path]:
    for folder in (place, *place.parents):
        if folder.is_dir():
            if not folder.is_relative_to(root) and not (folder / "__init__.py").is_file() and folder != place:
                return
            yield folder
            if folder == root:
                return
