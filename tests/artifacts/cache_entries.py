"""Entries for tests and benchmarks of the cache, and ways to change them behind its back."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import ArtifactRecord, Counts, StepRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgebench.artifacts.cache import Cache

COUNTS = Counts({"Conv": 1}, 1, {"float32": 40}, 10, 0, 90)
RECORD = ArtifactRecord(
    "k1", "d", "onnx", {}, COUNTS, (StepRecord("S()", "file", None, COUNTS),), {"onnx": "1"}, ("note",)
)


def stored(cache: Cache, content: bytes = b"model", record: ArtifactRecord = RECORD) -> Path:
    """A model of some bytes with a file beside it."""
    with cache.stage() as folder:
        (folder / "m.onnx").write_bytes(content)
        (folder / "side").mkdir()
        (folder / "side" / "w.bin").write_bytes(b"12")
        return cache.put(folder / "m.onnx", record).path


def named(key: str, digest: str = "d") -> ArtifactRecord:
    """The record under another key."""
    return dataclasses.replace(RECORD, key=key, digest=digest)


def card_of(cache: Cache, key: str) -> Path:
    """Where the index card of a key is."""
    return cache.root / "index" / f"{key}.json"


# Changes


def model_bytes(cache: Cache, key: str, path: Path) -> None:
    """One byte of the model."""
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])


def longer(cache: Cache, key: str, path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"!")


def shorter(cache: Cache, key: str, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def model_name(cache: Cache, key: str, path: Path) -> None:
    path.rename(path.with_name("n.onnx"))


def index(cache: Cache, key: str, path: Path) -> None:
    """What the index says of the artifact: fewer operations, and the digest of another one."""
    card = card_of(cache, key)
    fields = json.loads(card.read_text())
    fields["artifact"]["counts"]["macs"] = 1
    fields["artifact"]["digest"] = "e" * 64
    card.write_text(json.dumps(fields))


def manifest(cache: Cache, key: str, path: Path) -> None:
    """The model, and its check sum in the manifest."""
    model_bytes(cache, key, path)
    place = path.with_name("manifest.json")
    told = json.loads(place.read_text())
    told["sha256"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    place.write_text(json.dumps(told))


def everything(cache: Cache, key: str, path: Path) -> None:
    """Model, manifest, folder's name and index, so that all digests fit; only the key is not known."""
    manifest(cache, key, path)
    digest = hashlib.sha256(path.with_name("manifest.json").read_bytes()).hexdigest()
    path.parent.rename(path.parent.with_name(digest))
    card = card_of(cache, key)
    fields = json.loads(card.read_text())
    fields["tree"] = digest
    card.write_text(json.dumps(fields, sort_keys=True))


def index_name(cache: Cache, key: str, path: Path) -> None:
    """The whole card of another entry under this key."""
    other = f"other-{key}"
    stored(cache, b"another", named(other))
    card_of(cache, other).replace(card_of(cache, key))


def side_file(cache: Cache, key: str, path: Path) -> None:
    (path.parent / "side" / "more.bin").write_bytes(b"3")


def link(cache: Cache, key: str, path: Path) -> None:
    """A link to the same bytes, which may change later."""
    elsewhere = cache.root / f"elsewhere-{key}"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


CHANGES: tuple[Callable[[Cache, str, Path], None], ...] = (
    model_bytes, longer, shorter, model_name, index, manifest, everything, index_name, side_file, link,
)  # fmt: skip
