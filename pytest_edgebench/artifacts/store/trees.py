"""Files by digest: a folder named by the SHA-256 of its manifest, which lists the SHA-256 of each file."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.canonical import file_digest
from pytest_edgebench.artifacts.store.staging import sync

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "manifest.json"
LAYOUT = 2
"""Of manifests and index cards; 1 had both in one file, in a folder named by the key."""


TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)
"""What a rename says where another folder, or a file, has the name."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of files.

    Attributes:
        digest: SHA-256 of the manifest.
        model: name of the model file. sizes: of all files, bytes.
    """

    digest: str
    model: str
    sizes: dict[str, int]


def describe(folder: Path, model: str) -> Tree:
    """Write the manifest of a folder's files and have all of it on disk.

    Args:
        model: name of the model file.
    """
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    manifest = {
        "layout": LAYOUT,
        "model": model,
        "sha256": {name: file_digest(folder / name) for name in names},
        "sizes": {name: (folder / name).stat().st_size for name in names},
    }
    text = json.dumps(manifest, indent=1, sort_keys=True).encode()
    (folder / MANIFEST).write_bytes(text)
    for name in (*names, MANIFEST):
        sync(folder / name)
    return Tree(hashlib.sha256(text).hexdigest(), model, manifest["sizes"])  # type: ignore[arg-type]


def check(folder: Path, digest: str) -> Tree:
    """Read a folder of files and compute all digests.

    Raises:
        ValueError: something was changed, added or removed; what, in words. OSError: it cannot be read.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise ValueError("its files are missing") from None
    if hashlib.sha256(text).hexdigest() != digest:
        raise ValueError("its manifest was changed")
    try:
        manifest = json.loads(text)
        model, sums, sizes = str(manifest["model"]), dict(manifest["sha256"]), dict(manifest["sizes"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("its manifest is not readable") from None
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()} - {MANIFEST}
    if there != set(sums):
        raise ValueError("a file is missing" if set(sums) - there else "a file was added")
    for name, wanted in sums.items():
        path = folder / name
        if path.is_symlink() or path.stat().st_size != sizes.get(name) or file_digest(path) != wanted:
            raise ValueError(f"{name} was changed")
    return Tree(digest, model, sizes)


def stamps(folder: Path, tree: Tree) -> tuple[tuple[int, int, int], ...]:
    """What tells that no file was touched since its digest was computed, without reading it.

    Raises:
        OSError: a file is gone.
    """
    found = ((folder / name).stat() for name in (MANIFEST, *tree.sizes))
    return tuple((stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in found)


def place(folder: Path, target: Path, aside: Path) -> None:
    """Move a described folder to its place; one that is there and whole stays, a damaged one goes.

    Args:
        aside: a folder of the same file system that is thrown away later.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    while True:
        try:
            folder.rename(target)
            sync(target.parent)
            return
        except OSError as cause:
            if cause.errno not in TAKEN:
                raise
        try:
            check(target, target.name)
            return
        except (ValueError, OSError):  # moved rather than removed, since another process may do the same
            gone = aside / f"gone-{uuid.uuid4().hex}"
            with contextlib.suppress(FileNotFoundError):
                target.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
            gone.unlink(missing_ok=True)
