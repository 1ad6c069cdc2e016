"""Files by content."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from typing import TYPE_CHECKING

from pytest_edgebench.identity.walk import pack, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file's content, read in pieces; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def content_digest(paths: Iterable[Path], of: Callable[[Path], bytes] = file_digest) -> str:
    """SHA-256 (hex) over names and contents of files, whatever their folder and order.

    Files of one name count with the folders in which they differ. A file that is missing, unreadable or has
    become a folder counts as missing.

    Args:
        of: what stands for a file's content; raises OSError.
    """
    paths = list(paths)
    parts = []
    for path, name in zip(paths, _told_apart(paths), strict=True):
        try:
            content = of(path)
        except OSError:
            content = b"missing"
        parts.append(pack("file", text(name), content))
    return pack("files", *sorted(parts)).hex()


def _told_apart(paths: Sequence[Path]) -> list[str]:
    """A name for each file; of several with one name, with the folders below what they have in common."""
    count = Counter(path.name for path in paths)
    names = []
    for path in paths:
        if count[path.name] == 1:
            names.append(path.name)
            continue
        same = [str(other.parent) for other in paths if other.name == path.name]
        names.append(os.path.relpath(path, os.path.commonpath(same)))
    return names
