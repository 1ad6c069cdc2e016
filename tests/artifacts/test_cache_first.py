"""One key, one file: who is first stays, however many write."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

from cache_entries import card_of, model_bytes, named, stored

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.artifacts.store.staging import Staging
from pytest_edgebench.base.errors import BuildError

if TYPE_CHECKING:
    from pathlib import Path

import pytest

WRITERS, KEYS = 8, 12


def test_the_first_bytes_stay_and_the_difference_is_told(tmp_path: Path) -> None:
    first = stored(Cache(tmp_path), b"one", named("k", "1" * 64))
    told: list[str] = []
    cache = Cache(tmp_path, log=told.append)
    assert stored(cache, b"two", named("k", "2" * 64)) == first
    assert first.read_bytes() == b"one"
    (line,) = told
    assert line == (
        "k was built again with other bytes (222222222222 on an unknown machine); "
        "the first are used (111111111111 on an unknown machine)"
    )
    assert stored(cache, b"one", named("k", "1" * 64)) == first
    assert len(told) == 1
    assert len(list((tmp_path / "artifacts").iterdir())) == 1


def test_writers_at_once_leave_one_winner_whom_all_get(tmp_path: Path) -> None:
    barrier = Barrier(WRITERS)

    def write(number: int) -> list[bytes]:
        cache = Cache(tmp_path)
        found = []
        try:
            for key in range(KEYS):
                barrier.wait()
                found.append(stored(cache, b"%d" % number, named(f"k{key}", str(number) * 64)).read_bytes())
        except BaseException:
            barrier.abort()  # The others would wait for this one for ever.
            raise
        return found

    with ThreadPoolExecutor(WRITERS) as pool:
        given = [*pool.map(write, range(WRITERS))]
    for key in range(KEYS):
        found = Cache(tmp_path).get(f"k{key}")
        assert found is not None
        assert {each[key] for each in given} == {found.path.read_bytes()}
    assert not list((tmp_path / "tmp").iterdir())


def test_two_keys_with_the_same_bytes_share_their_files(tmp_path: Path) -> None:
    told: list[str] = []
    cache = Cache(tmp_path, log=told.append)
    one, two = (stored(cache, b"same", named(key)) for key in ("k1", "k2"))
    assert one == two
    model_bytes(cache, "k1", one)
    assert [cache.get("k1"), cache.get("k2")] == [None, None]
    assert len(told) == 2
    stored(cache, b"same", named("k1"))
    found = cache.get("k2")  # whole again
    assert found is not None
    assert found.path.read_bytes() == b"same"


def test_a_changed_card_that_comes_between_is_replaced(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    stored(cache)
    card_of(cache, "k1").write_text("{}")
    stored(cache)
    assert Cache(tmp_path).get("k1") is not None


def test_a_file_in_the_place_of_an_artifact(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    path = stored(cache)
    folder = path.parent
    kept = folder.rename(tmp_path / "kept")
    folder.write_text("a file")
    assert cache.get("k1") is None
    assert stored(cache) == path
    assert path.read_bytes() == (kept / "m.onnx").read_bytes()


def test_without_links_the_first_stays_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on FAT and some network file systems."""

    def refused(*arguments: object, **how: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    staging = Staging(tmp_path)
    assert staging.add(tmp_path / "i" / "a", b"1")
    assert not staging.add(tmp_path / "i" / "a", b"2")
    assert (tmp_path / "i" / "a").read_bytes() == b"1"


def test_a_rename_that_fails_for_another_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    cache = Cache(tmp_path)
    monkeypatch.setattr(os, "rename", refused)
    with pytest.raises(BuildError, match="no room to write the cache"):
        stored(cache)
    assert cache.get("k1") is None


def test_what_was_built_again_after_its_files_were_lost_is_fresh(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    shutil.rmtree(stored(cache).parent)
    with cache.stage() as folder:
        (folder / "m.onnx").write_bytes(b"model")
        (folder / "side").mkdir()
        (folder / "side" / "w.bin").write_bytes(b"12")
        assert cache.put(folder / "m.onnx", named("k1")).fresh
    with cache.stage() as folder:
        (folder / "m.onnx").write_bytes(b"others")
        assert not cache.put(folder / "m.onnx", named("k1")).fresh


def test_what_others_find_of_an_entry_is_told_in_the_same_place(tmp_path: Path) -> None:
    told: list[str] = []
    Cache(tmp_path, log=told.append).tell("the model gave other weights")
    assert told == ["the model gave other weights"]
