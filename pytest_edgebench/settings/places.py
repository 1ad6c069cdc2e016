"""Which settings file and which accepted state a session has: where the tests lie, never two of one kind."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.names import COMMITTED
from pytest_edgebench.profiles import errors as profiles_errors
from pytest_edgebench.profiles.applying import Walk, holders
from pytest_edgebench.profiles.document import FILE, read
from pytest_edgebench.profiles.load import settings_document, settings_folder
from pytest_edgebench.profiles.nearby import document_of_tests

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from pytest_edgebench.profiles.document import Document

ACCEPTED = f"{COMMITTED}/baseline.json"


@dataclass(frozen=True, slots=True)
class Places:
    """What holds for a session.

    Attributes:
        document: the settings file; None without one.
        root: folder of the accepted state.
        only: folder whose tests alone the settings file is meant for; None where it holds for all.
    """

    document: Document | None
    root: Path
    only: Path | None = None


def places(config: pytest.Config) -> Places:
    """Find the settings and the accepted state of the tests that pytest is told to run.

    Both lie beside pytest's ini file or in its root directory, or else in a folder of the tests.

    Raises:
        SettingsError: two of one kind apply; a file cannot be read.
    """
    beside = settings_folder(config.rootpath, config.inipath)
    own = settings_document(config.rootpath, config.inipath)
    walk, asked = _walk(config), _asked(config)
    found = holders(asked, walk, FILE)
    found.pop(beside, None)
    document, only = own, None
    if found:
        document, only = _one(own, found, FILE)
    elif own is None:
        document = document_of_tests(
            config.args, packages=bool(config.option.pyargs), start=config.invocation_params.dir,
            root=config.rootpath,
        )  # fmt: skip
    accepted = holders(asked, walk, ACCEPTED, empty=True)
    here = accepted.pop(beside, None)
    if accepted:
        folders = [*([beside] if here is not None else []), *accepted]
        if len(folders) > 1:
            raise profiles_errors.accepted_twice([str(folder / ACCEPTED) for folder in folders])
        return Places(document, folders[0], only)
    # Without an ini file the root directory depends on what pytest was told to run; the settings do not.
    named = config.inipath is not None and config.inipath.is_file()
    return Places(document, beside if named or only is None or here is not None else only, only)


def _one(own: Document | None, found: Mapping[Path, Path], name: str) -> tuple[Document | None, Path]:
    """The one file that applies.

    Raises:
        SettingsError: there is another one.
    """
    first, test = next(iter(found.items()))
    if own is not None:
        raise profiles_errors.settings_twice(str(own.path), str(first / name), str(test))
    for folder, of in list(found.items())[1:]:
        if folder.is_relative_to(first) or first.is_relative_to(folder):
            raise profiles_errors.settings_twice(str(first / name), str(folder / name), str(of))
    if len(found) > 1:
        raise profiles_errors.settings_apart([(str(folder / name), str(of)) for folder, of in found.items()])
    return read(first), first


def _walk(config: pytest.Config) -> Walk:
    option: Any = config.option
    start = config.invocation_params.dir
    return Walk(
        root=config.rootpath,
        files=tuple(config.getini("python_files")),
        folders=tuple(config.getini("norecursedirs")),
        ignored=tuple(_absolute(start, given) for given in getattr(option, "ignore", None) or ()),
        globs=tuple(str(_absolute(start, given)) for given in getattr(option, "ignore_glob", None) or ()),
    )


def _asked(config: pytest.Config) -> list[Path]:
    start = config.invocation_params.dir
    return [_absolute(start, argument.partition("::")[0]) for argument in config.args]


def _absolute(start: Path, given: str) -> Path:
    return Path(os.path.normpath(start / given))
