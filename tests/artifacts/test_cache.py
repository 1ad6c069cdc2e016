from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from cache_entries import COUNTS, RECORD, card_of, stored

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.artifacts.store.seal import Seal
from pytest_edgebench.base.errors import BuildError, SettingsError
from pytest_edgebench.record.run import ArtifactRecord

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_what_was_put_is_found_again_also_by_another_process(tmp_path: Path) -> None:
    first = Cache(tmp_path / "c")
    assert first.get("k1") is None
    path = stored(first)
    for cache in (first, Cache(tmp_path / "c")):
        found = cache.get("k1")
        assert found is not None
        assert found.path == path
        assert found.path.read_bytes() == b"model"
        assert found.record.files == {"m.onnx": 5, "side/w.bin": 2}
        assert found.size == 7
        assert found.record.steps == RECORD.steps
        assert found.record.notes == ("note",)
        assert not found.fresh
    assert not list((tmp_path / "c" / "tmp").iterdir())


@pytest.mark.parametrize("damage", ["size", "byte", "gone", "manifest", "json"])
def test_a_damaged_entry_is_dropped_and_told(tmp_path: Path, damage: str) -> None:
    path = stored(Cache(tmp_path))
    manifest = path.parent / "manifest.json"
    match damage:
        case "size":
            path.write_bytes(b"longer model")
        case "byte":
            path.write_bytes(b"mOdel")
        case "gone":
            path.unlink()
        case "manifest":
            manifest.unlink()
        case "json":
            manifest.write_text(manifest.read_text()[:50])
    told: list[str] = []
    cache = Cache(tmp_path, log=told.append)
    assert cache.get("k1") is None
    assert len(told) == 1
    assert "k1 is damaged" in told[0]
    assert stored(cache).read_bytes() == b"model"


def test_an_index_card_of_another_layout_is_a_miss_and_is_replaced(tmp_path: Path) -> None:
    told: list[str] = []
    cache = Cache(tmp_path, log=told.append)
    stored(cache)
    fields = {**json.loads(card_of(cache, "k1").read_text()), "layout": 99}
    del fields["seal"]
    card_of(cache, "k1").write_bytes(Seal().signed("artifact/k1", fields))
    cache = Cache(tmp_path, log=told.append)
    assert cache.get("k1") is None
    assert stored(cache, b"newer").read_bytes() == b"newer"
    found = Cache(tmp_path).get("k1")
    assert found is not None
    assert found.path.read_bytes() == b"newer"
    assert told == []


def test_nothing_is_left_of_what_was_not_put(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    with contextlib.suppress(ZeroDivisionError), cache.stage() as folder:
        (folder / "m.onnx").write_bytes(b"half")
        raise ZeroDivisionError
    assert not list((tmp_path / "tmp").iterdir())


def test_an_error_of_other_files_is_not_blamed_on_the_cache(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="elsewhere"), Cache(tmp_path / "c").stage():
        (tmp_path / "elsewhere").read_bytes()


def test_the_folder_of_a_killed_process_is_swept_and_a_living_one_kept(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from pytest_edgebench.artifacts.cache import Cache\n"
        "with Cache(Path(sys.argv[1])).stage() as f: (f / 'half').write_text('x'); print(flush=True); "
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        stored(Cache(tmp_path))
        assert len(list((tmp_path / "tmp").glob("*/half"))) == 1
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(list((tmp_path / "tmp").glob("*/half"))) == 1
        Cache(tmp_path, read_only=True)
        assert len(list((tmp_path / "tmp").glob("*/half"))) == 1
        Cache(tmp_path)  # one that has nothing to write sweeps, too
        assert not list((tmp_path / "tmp").iterdir())
    finally:
        process.kill()
        process.wait()


def test_memos(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.memo_get("kind", "k") is None
    assert cache.arrays_get("kind", "k") is None
    cache.memo_put("kind", "k", {"a": [1, None]})
    cache.arrays_put("kind", "k", {"p": np.arange(3, dtype=np.int8)})
    other = Cache(tmp_path)
    assert other.memo_get("kind", "k") == {"a": [1, None]}
    arrays = other.arrays_get("kind", "k")
    assert arrays is not None
    np.testing.assert_array_equal(arrays["p"], np.arange(3, dtype=np.int8))
    for path in (tmp_path / "memo" / "kind").iterdir():
        path.write_bytes(path.read_bytes()[:-3])
    assert other.memo_get("kind", "k") is None
    assert other.arrays_get("kind", "k") is None


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder that may be read but not written, by a user who is not root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stored(Cache(folder / "c"))
        for path in folder.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        folder.chmod(0o555)
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(was)
            for path in (folder, *folder.rglob("*")):
                if path.is_dir():
                    path.chmod(0o755)


def test_a_read_only_cache_serves_what_it_has_and_refuses_the_rest(unprivileged: Path) -> None:
    cache = Cache(unprivileged / "c")
    assert cache.get("k1") is not None
    for write in (lambda: stored(cache), lambda: cache.memo_put("a", "b", 1), lambda: cache.lock("k", "x")):
        with pytest.raises(
            SettingsError, match="the cache folder cannot be written: Permission denied"
        ) as caught:
            write()
        assert caught.value.where == str(unprivileged / "c")
        assert "cache_dir" in caught.value.fix


def test_a_cache_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "c").touch()
    assert Cache(tmp_path / "c").get("k1") is None
    with pytest.raises(SettingsError, match="cannot be written"):
        stored(Cache(tmp_path / "c"))


def test_a_full_disk(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    stored(cache)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(BuildError, match="no room to write the cache") as caught:
            stored(cache, bytes(10_000), ArtifactRecord("k2", "d", "onnx", {}, COUNTS, (), {}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "free space" in caught.value.fix
    assert cache.get("k1") is not None
    assert cache.get("k2") is None
    assert not list((tmp_path / "tmp").iterdir())


def test_a_hit_is_cheap(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    stored(cache, bytes(5_000_000))
    cache.get("k1")
    start = time.perf_counter()
    for _ in range(20):
        cache.get("k1")
    assert (time.perf_counter() - start) / 20 < 0.005


def test_the_folders_of_model_files_are_its_own_and_those_below(tmp_path: Path) -> None:
    below = Cache(tmp_path / "below")
    cache = Cache(tmp_path / "own", below=below)
    lower, staged = below.folders
    own, own_staged, *inherited = cache.folders
    assert inherited == [lower, staged]
    for folder, one in ((lower, below), (own, cache)):
        assert stored(one).is_relative_to(folder)
    for folder, one in ((staged, below), (own_staged, cache)):
        with one.stage() as building:
            assert building.is_relative_to(folder)
