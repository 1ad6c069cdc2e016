"""Large arrays in the cache: files of their own, mapped where they are used, checked before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.artifacts.store import large

if TYPE_CHECKING:
    from pathlib import Path

X = np.arange(24, dtype="float32").reshape(6, 4)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LARGE_BYTES", 20)


def ragged() -> Any:
    found = np.empty(3, object)
    for number, shape in enumerate([(2, 3), (0, 3), (1, 3)]):
        found[number] = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    return found


def files(cache: Cache) -> list[Path]:
    return sorted((cache.root / "arrays").glob("*.npy"))


def test_they_are_mapped_and_writing_into_them_changes_no_file(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.arrays_put("outputs", "k", {"000": X, "001-state": X + 1})
    for again in (cache, Cache(tmp_path / "c")):
        found = again.arrays_get("outputs", "k")
        assert found is not None
        assert isinstance(found["000"], np.memmap)
        np.testing.assert_array_equal(found["001-state"], X + 1)
        found["000"][0] = 9
    again_read = Cache(tmp_path / "c").arrays_get("outputs", "k")
    assert again_read is not None
    np.testing.assert_array_equal(again_read["000"], X)
    assert len(files(cache)) == 2


def test_few_bytes_stay_in_one_file(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.arrays_put("outputs", "k", {"000": X[0]})
    assert files(cache) == []
    found = cache.arrays_get("outputs", "k")
    assert found is not None
    np.testing.assert_array_equal(found["000"], X[0])


def test_a_file_of_the_staging_folder_is_moved(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    with cache.stage() as folder:
        np.save(folder / "whole.npy", X)
        np.save(folder / "other.npy", X)
        whole = np.load(folder / "whole.npy", mmap_mode="r")
        part = np.load(folder / "other.npy", mmap_mode="r").reshape(4, 6)  # another shape than in its file
        cache.arrays_put("outputs", "k", {"000": whole, "001": part})
        assert not (folder / "whole.npy").exists()
        assert (folder / "other.npy").exists()
    found = cache.arrays_get("outputs", "k")
    assert found is not None
    np.testing.assert_array_equal(found["000"], X)
    np.testing.assert_array_equal(found["001"], X.reshape(4, 6))


def test_samples_of_differing_shapes(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.arrays_put("outputs", "k", {"000": ragged()})
    found = cache.arrays_get("outputs", "k")
    assert found is not None
    assert found["000"].dtype == object
    for mine, theirs in zip(found["000"], ragged(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("how", ["changed", "gone"])
def test_what_was_changed_is_not_used_and_told(tmp_path: Path, how: str) -> None:
    told: list[str] = []
    cache = Cache(tmp_path / "c", log=told.append)
    cache.arrays_put("outputs", "k" * 20, {"000": X})
    (path,) = files(cache)
    if how == "gone":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    assert cache.arrays_get("outputs", "k" * 20) is None
    assert len(told) == 1
    assert told[0].startswith("a result in the cache is not used and made again: outputs of kkkkkkkkkkkk (")
    cache.arrays_put("outputs", "k" * 20, {"000": X})
    assert cache.arrays_get("outputs", "k" * 20) is not None


@pytest.mark.parametrize("card", [{"000": {"sha256": "../x"}}, {"000": {}}, [1], {"000": 3}, None])
def test_a_card_of_something_else(tmp_path: Path, card: Any) -> None:
    cache = Cache(tmp_path / "c")
    cache.memo_put("outputs", "k", card)
    assert cache.arrays_get("outputs", "k") is None


def test_shapes_of_other_arrays(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.arrays_put("outputs", "k", {"000": ragged()})
    card = cache.memo_get("outputs", "k")
    assert card is not None
    card["000"]["shapes"] = [[1, 3]]
    cache.memo_put("outputs", "k", card)
    assert cache.arrays_get("outputs", "k") is None


def test_a_cache_below_is_read(tmp_path: Path) -> None:
    below = Cache(tmp_path / "below")
    below.arrays_put("outputs", "k", {"000": X})
    above = Cache(tmp_path / "above", below=below)
    found = above.arrays_get("outputs", "k")
    assert found is not None
    np.testing.assert_array_equal(found["000"], X)
    assert above.arrays_get("outputs", "other") is None
