"""Entries of layout 1: a folder named by the key, with the record and the check sums in its manifest."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.canonical import file_digest
from pytest_edgebench.artifacts.store.cards import record_of
from pytest_edgebench.artifacts.store.trees import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.artifacts.store.seal import Seal
    from pytest_edgebench.record.run import ArtifactRecord

OLD = 1


def name_of(key: str) -> str:
    """The name that the manifest of a key is listed under."""
    return f"layout1/{key}"


def listed(root: Path) -> dict[str, str]:
    """Name → SHA-256 of each manifest of this layout."""
    found = {}
    for path in (root / "artifacts").glob(f"*/{MANIFEST}"):
        text = path.read_bytes()
        if hashlib.sha256(text).hexdigest() != path.parent.name:  # else it is of a later layout
            found[name_of(path.parent.name)] = hashlib.sha256(text).hexdigest()
    return found


def read(folder: Path, seal: Seal) -> tuple[Path, ArtifactRecord] | None:
    """The model file and the record of an entry that was there before the cache's key, its files checked.

    Raises:
        ValueError: a file was changed. OSError: it cannot be read.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not seal.adopts(name_of(folder.name), text):
        return None
    try:
        manifest = json.loads(text)
        if manifest["layout"] != OLD:
            return None
        record, sums = record_of(manifest["artifact"]), dict(manifest["sha256"])
        for name in record.files:
            path = folder / name
            inside = path.resolve().is_relative_to(folder.resolve())
            if not inside or not path.is_file() or file_digest(path) != sums.get(name):
                raise ValueError(f"{name} was changed")
        if record.key != folder.name or manifest["model"] not in record.files:
            raise ValueError("its manifest is of another entry")
        return folder / manifest["model"], record
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("its manifest is not readable") from None
