"""Arrays from ``.npy`` and ``.npz`` files, each header checked before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base import npy_header
from pytest_edgebench.base.errors import DataError
from pytest_edgebench.samples import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.data import Array


def is_path(value: Any) -> bool:
    """Whether a value stands for an array by the path of its file."""
    return isinstance(value, Path) or (isinstance(value, str) and value.endswith(".npy"))


def column(path: Path, where: str) -> Array:
    """The array of an ``.npy``, mapped into memory.

    Raises:
        DataError: no such file, or none that can be read.
    """
    import numpy as np

    exists(path, where)
    try:
        with path.open("rb") as file:
            npy_header.checked(file, path.stat().st_size)
        found: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:
        raise errors.bad_file(path, error, where) from error
    return found


def members(path: Path, names: Sequence[str], where: str) -> dict[str, Array]:
    """Those of the named arrays that an ``.npz`` holds.

    Raises:
        DataError: no such file, none that can be read, or an array that cannot.
    """
    import zipfile

    import numpy as np

    exists(path, where)
    found: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in names:
                try:
                    info = archive.getinfo(f"{name}.npy")
                except KeyError:
                    continue
                try:
                    with archive.open(info) as file:
                        npy_header.checked(file, info.file_size)
                    with archive.open(info) as file:
                        found[name] = np.lib.format.read_array(file, allow_pickle=False)
                except Exception as error:
                    raise errors.bad_member(path, name, error, where) from error
    except DataError:
        raise
    except Exception as error:
        raise errors.bad_file(path, error, where) from error
    return found


def exists(path: Path, where: str) -> None:
    """Make sure that there is such a file.

    Raises:
        DataError: there is none.
    """
    try:
        there = path.is_file()
    except (OSError, ValueError):  # a name that cannot be one: too long, or with a NUL
        there = False
    if not there:
        raise errors.no_file(path, where)
