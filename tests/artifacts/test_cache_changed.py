"""What was changed behind the cache's back is refused, told, and built again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cache_entries import CHANGES, card_of, manifest, model_bytes, named, stored

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.artifacts.store.seal import Seal

if TYPE_CHECKING:
    from pathlib import Path


def opened(folder: Path, told: list[str] | None = None) -> Cache:
    """A cache as a session has it: with a seal."""
    return Cache(folder / "c", log=(told if told is not None else []).append, key_file=folder / "c.key")


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_entry_is_refused_told_once_and_built_again(tmp_path: Path, change: object) -> None:
    assert callable(change)
    first = opened(tmp_path)
    path = stored(first, b"good model", named("k"))
    change(first, "k", path)
    told: list[str] = []
    cache = opened(tmp_path, told)
    assert cache.get("k") is None
    assert cache.get("k") is None
    assert len(told) == 1
    assert told[0].startswith("cache entry k is damaged (")
    assert told[0].endswith(") and will be built again")
    assert stored(cache, b"good model", named("k")).read_bytes() == b"good model"
    again = opened(tmp_path).get("k")
    assert again is not None
    assert again.path.read_bytes() == b"good model"
    assert again.record.counts.macs == 90


def test_a_file_changed_after_its_first_use_in_a_process_is_seen(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    path = stored(cache)
    assert cache.get("k1") is not None
    model_bytes(cache, "k1", path)
    assert cache.get("k1") is None


def test_touched_but_equal_files_are_used(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    path = stored(cache)
    path.write_bytes(b"model")
    found = cache.get("k1")
    assert found is not None
    assert found.path == path


def test_a_check_sum_alone_finds_all_but_forgery(tmp_path: Path) -> None:
    """Without a key the digests still fit one another, or the entry is refused."""
    path = stored(Cache(tmp_path))
    manifest(Cache(tmp_path), "k1", path)
    assert Cache(tmp_path).get("k1") is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"layout": 2}, "not readable"),
        ({"layout": 2, "tree": "../../elsewhere"}, "not readable"),
        ({"layout": 2, "tree": "0" * 64}, "files are missing"),
        ({"layout": 2, "artifact": []}, "not readable"),
    ],
)
def test_a_sealed_card_of_nonsense(tmp_path: Path, fields: dict[str, object], reason: str) -> None:
    told: list[str] = []
    cache = Cache(tmp_path, log=told.append)
    stored(cache)
    known = json.loads(card_of(cache, "k1").read_text())
    full = {"artifact": known["artifact"], **fields}
    card_of(cache, "k1").write_bytes(Seal().signed("artifact/k1", full))
    assert cache.get("k1") is None
    assert reason in told[0]


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff\xfe", b'{"seal": 1}', b"[" * 100_000, b"null"])
def test_a_card_that_is_no_json_is_refused(tmp_path: Path, text: bytes) -> None:
    told: list[str] = []
    cache = opened(tmp_path, told)
    stored(cache)
    card_of(cache, "k1").write_bytes(text)
    assert cache.get("k1") is None
    assert len(told) == 1
    assert "its index card is not readable" in told[0]


def test_a_manifest_of_nonsense_with_the_right_name(tmp_path: Path) -> None:
    """Its digest fits, and it says nothing."""
    import hashlib

    told: list[str] = []
    cache = Cache(tmp_path, log=told.append)
    path = stored(cache)
    text = b'{"model": 1}'
    path.with_name("manifest.json").write_bytes(text)
    digest = hashlib.sha256(text).hexdigest()
    path.parent.rename(path.parent.with_name(digest))
    fields = json.loads(card_of(cache, "k1").read_text())
    del fields["seal"]
    card_of(cache, "k1").write_bytes(Seal().signed("artifact/k1", {**fields, "tree": digest}))
    assert cache.get("k1") is None
    assert "its manifest is not readable" in told[0]


def test_the_card_of_other_files_is_refused(tmp_path: Path) -> None:
    told: list[str] = []
    cache = Cache(tmp_path, log=told.append)
    stored(cache)
    other = stored(cache, b"another one", named("k2")).parent.name
    fields = json.loads(card_of(cache, "k1").read_text())
    del fields["seal"]
    card_of(cache, "k1").write_bytes(Seal().signed("artifact/k1", {**fields, "tree": other}))
    assert cache.get("k1") is None
    assert "its index card is of other files" in told[0]


def test_a_changed_result_is_not_used_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    cache = opened(tmp_path, told)
    cache.memo_put("outputs", "a", 1)
    cache.memo_put("outputs", "b", 2)
    first, second = (cache.root / "memo" / "outputs" / f"{name}.json" for name in "ab")
    first.write_bytes(first.read_bytes()[:-1] + b"7")
    assert cache.memo_get("outputs", "a") is None
    assert "outputs of a (its content was changed)" in told[0]
    second.replace(first)  # a whole file under another key
    assert cache.memo_get("outputs", "a") is None
    assert "outputs of a (its index card was changed)" in told[1]
    cache.bytes_put("outputs", "a", "json", b"no JSON")
    assert cache.memo_get("outputs", "a") is None
    cache.bytes_put("outputs", "a", "npz", b"no arrays")
    assert cache.arrays_get("outputs", "a") is None
    assert len(told) == 2


def test_a_result_without_a_card_is_a_quiet_miss(tmp_path: Path) -> None:
    told: list[str] = []
    cache = opened(tmp_path, told)
    path = cache.root / "memo" / "outputs" / "a.json"
    stored(cache)
    path.parent.mkdir(parents=True)
    path.write_text("7")
    assert cache.memo_get("outputs", "a") is None
    assert told == []
