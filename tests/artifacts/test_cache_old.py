"""Caches of layout 1 are adopted where their digests fit, else built again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from cache_entries import named
from onnx_files import conv_net

from pytest_edgebench.artifacts import canonical
from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.artifacts.inspect.file import inspect

if TYPE_CHECKING:
    from pathlib import Path


def old(folder: Path, key: str = "k") -> Path:
    """An entry as layout 1 kept it."""
    place = folder / "c" / "artifacts" / key
    place.mkdir(parents=True)
    path = conv_net(place / "m.onnx")
    record = dataclasses.asdict(named(key, canonical.digest(path)))
    del record["made_on"]
    record["files"] = {path.name: path.stat().st_size}
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}
    manifest = {"layout": 1, "model": path.name, "sha256": sums, "artifact": record}
    (place / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True))
    return path


def opened(folder: Path, told: list[str], **how: Any) -> Cache:
    return Cache(folder / "c", log=told.append, key_file=folder / "c.key", **how)


def test_an_old_entry_moves_to_its_new_place(tmp_path: Path) -> None:
    path = old(tmp_path)
    content = path.read_bytes()
    told: list[str] = []
    for _ in range(2):
        found = opened(tmp_path, told).get("k")
        assert found is not None
        assert not found.fresh
        assert found.path.read_bytes() == content
        assert found.record.counts == inspect(found.path)
    assert not path.exists()
    assert told == []


def test_old_weights_and_lists_are_kept_and_old_outputs_not(tmp_path: Path) -> None:
    told: list[str] = []
    for kind, content in (("opened", b'["a.bin"]'), ("state", b"PK\nweights"), ("outputs", b"[1]")):
        place = tmp_path / "c" / "memo" / kind
        place.mkdir(parents=True)
        (place / "k.json").write_bytes(content)
    cache = opened(tmp_path, told)
    assert cache.memo_get("opened", "k") == ["a.bin"]
    assert cache.bytes_get("state", "k", "json") == b"PK\nweights"
    assert cache.memo_get("outputs", "k") is None
    (tmp_path / "c" / "memo" / "opened" / "k.json").write_bytes(b"[]")
    assert cache.memo_get("opened", "k") is None
    assert told == []


def test_an_old_entry_of_a_cache_that_is_only_read_stays(tmp_path: Path) -> None:
    path = old(tmp_path)
    found = opened(tmp_path, [], read_only=True).get("k")
    assert found is not None
    assert found.path == path
    assert sorted(each.name for each in tmp_path.iterdir()) == ["c"]


def changed(path: Path, **fields: Any) -> None:
    manifest = json.loads((path.parent / "manifest.json").read_text())
    (path.parent / "manifest.json").write_text(json.dumps({**manifest, **fields}))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.write_bytes(path.read_bytes() + b"0"), "m.onnx was changed"),
        (lambda path: path.unlink(), "m.onnx was changed"),
        (lambda path: changed(path, artifact=[]), "its manifest is not readable"),
        (lambda path: changed(path, model="other.onnx"), "its manifest is of another entry"),
        (lambda path: (path.parent / "manifest.json").write_text("{"), "Expecting property name"),
    ],
)
def test_a_changed_old_entry_is_refused(tmp_path: Path, change: Any, reason: str) -> None:
    path = old(tmp_path)
    change(path)
    told: list[str] = []
    assert opened(tmp_path, told).get("k") is None
    assert reason in told[0]


def test_a_file_outside_of_an_old_entry_is_not_read(tmp_path: Path) -> None:
    path = old(tmp_path)
    manifest = json.loads((path.parent / "manifest.json").read_text())
    outside = tmp_path / "outside.onnx"
    outside.write_bytes(path.read_bytes())
    name = "../../../outside.onnx"
    manifest["artifact"]["files"] = {name: path.stat().st_size}
    manifest["sha256"] = {name: hashlib.sha256(path.read_bytes()).hexdigest()}
    changed(path, **{**manifest, "model": name})
    told: list[str] = []
    assert opened(tmp_path, told).get("k") is None
    assert "outside.onnx was changed" in told[0]


def test_an_old_entry_that_comes_later_and_one_of_a_later_layout_are_quiet_misses(tmp_path: Path) -> None:
    told: list[str] = []
    cache = opened(tmp_path, told)
    cache.memo_put("a", "b", 1)  # makes the key
    old(tmp_path)
    assert cache.get("k") is None
    (tmp_path / "c.key").unlink()
    changed(tmp_path / "c" / "artifacts" / "k" / "m.onnx", layout=7)
    assert opened(tmp_path, told).get("k") is None
    assert told == []
