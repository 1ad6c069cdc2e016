"""The size of an update: a binary patch from one artifact to another, applied and compared.

The patch is bsdiff's (Percival 2003), by the library bsdiff4, which compresses it; what a device downloads in
another format is of a like size.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts import errors
from pytest_edgebench.base.distributions import version

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.artifacts.cache import Cache

LIBRARY = "bsdiff4"
MOST_BYTES = 256 << 20
"""Of the files of an artifact: bsdiff sorts the old file in memory, some twenty times its size."""


def installed() -> bool:
    """Whether patches can be made."""
    return importlib.util.find_spec(LIBRARY) is not None


def title() -> str:
    """The library with its version."""
    return f"{LIBRARY} {version(LIBRARY)}"


def patch_bytes(old: Path, old_files: tuple[str, ...], new: Path, new_files: tuple[str, ...]) -> int:
    """Bytes of the patches of all files: the model file to the model file, a side file to that of its name.

    A file that is as it was needs none, one of a new name a patch from nothing.

    Args:
        old, new: the model files. old_files, new_files: names of all files in their folders.

    Raises:
        MeasureError: a patch that does not give the new file.
    """
    total = 0
    for name in new_files:
        before = old if name == new.name else old.parent / name if name in old_files else None
        total += _patch(
            b"" if before is None else before.read_bytes(), (new.parent / name).read_bytes(), name
        )
    return total


def cached(cache: Cache, old: Path, old_files: tuple[str, ...], new: Path, new_files: tuple[str, ...]) -> int:
    """`patch_bytes`, kept across sessions by the content of all files."""
    key = f"{_content(old, old_files)}-{_content(new, new_files)}-{version(LIBRARY)}"
    known = cache.memo_get("update", key)
    if not isinstance(known, int):
        known = patch_bytes(old, old_files, new, new_files)
        cache.memo_put("update", key, known)
    return known


def size(path: Path, files: tuple[str, ...]) -> int:
    """Bytes of all files of an artifact."""
    return sum((path.parent / name).stat().st_size for name in files)


def _patch(before: bytes, after: bytes, name: str) -> int:
    if before == after:
        return 0
    bsdiff4: Any = importlib.import_module(LIBRARY)
    patch: bytes = bsdiff4.diff(before, after)
    if bsdiff4.patch(before, patch) != after:
        raise errors.patch_differs(name, title())
    return len(patch)


def _content(path: Path, files: tuple[str, ...]) -> str:
    """SHA-256 (hex) of an artifact's files, the model file first."""
    found = hashlib.sha256()
    for name in sorted(files, key=lambda each: (each != path.name, each)):
        content = (path.parent / name).read_bytes()
        found.update(f"{'' if name == path.name else name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()
