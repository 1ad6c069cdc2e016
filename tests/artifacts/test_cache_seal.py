"""Whose entries are used: those sealed with the cache's key, and those that were there before it."""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING

import pytest
from cache_entries import card_of, index, named, stored
from onnx_files import conv_net

from pytest_edgebench.artifacts import canonical
from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.artifacts.store import seal
from pytest_edgebench.base.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a secret of sixteen letters and more"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(seal.ENVIRONMENT, raising=False)


def opened(folder: Path, told: list[str] | None = None, **how: object) -> Cache:
    log = (told if told is not None else []).append
    return Cache(folder / "c", log=log, key_file=folder / "c.key", **how)  # type: ignore[arg-type]


def real(cache: Cache, key: str = "k") -> Path:
    """An entry whose record is true."""
    with cache.stage() as folder:
        path = conv_net(folder / "m.onnx")
        record = named(key, canonical.digest(path))
        return cache.put(path, record).path


def test_a_cache_from_elsewhere_is_adopted_with_its_first_session_and_then_no_more(tmp_path: Path) -> None:
    """As CI restores one: the key is not in its folder."""
    cache = opened(tmp_path)
    path = real(cache)
    cache.memo_put("outputs", "a", 1)
    (tmp_path / "c.key").unlink()
    told: list[str] = []
    found = opened(tmp_path, told).get("k")
    assert found is not None
    assert found.record.counts == inspect(path)  # counted again, since nobody vouches for it
    assert opened(tmp_path, told).memo_get("outputs", "a") == 1
    assert told == []
    cache = opened(tmp_path, told)
    assert cache.get("k") is not None
    other = Cache(tmp_path / "d", key_file=tmp_path / "d.key")
    real(other)
    card_of(other, "k").replace(card_of(cache, "k"))
    assert opened(tmp_path, told).get("k") is None
    assert "its index card is sealed with another key" in told[0]


def test_what_is_adopted_is_checked_all_through(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    real(cache, "lies")
    stored(cache, b"no model", named("none"))
    index(cache, "lies", tmp_path)
    (tmp_path / "c.key").unlink()
    told: list[str] = []
    cache = opened(tmp_path, told)
    assert cache.get("lies") is None
    assert "its digest is of another file" in told[0]
    assert cache.get("none") is None
    assert len(told) == 2


def test_the_environment_s_key_shuts_out_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real(opened(tmp_path))
    monkeypatch.setenv(seal.ENVIRONMENT, SECRET)
    told: list[str] = []
    cache = opened(tmp_path, told)
    assert cache.get("k") is None
    assert "sealed with another key" in told[0]
    real(cache)
    monkeypatch.setenv(seal.ENVIRONMENT, SECRET)
    (tmp_path / "c.key").unlink()  # another machine
    assert opened(tmp_path).get("k") is not None
    assert not (tmp_path / "c.key").exists()
    assert SECRET not in "".join(p.read_text("latin-1") for p in (tmp_path / "c").rglob("*") if p.is_file())


def test_a_short_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(seal.ENVIRONMENT, "short")
    with pytest.raises(
        SettingsError, match="the cache's key has 5 characters; expected at least 16"
    ) as caught:
        stored(opened(tmp_path))
    assert caught.value.where == "environment variable EDGEBENCH_CACHE_KEY"
    assert "openssl rand -hex 32" in caught.value.fix


@pytest.mark.parametrize(
    "text", ["", "{}", '{"secret": "", "adopted": {}}', '{"secret": "zz", "adopted": {}}']
)
def test_a_damaged_key_is_made_again_and_adopts_nothing(tmp_path: Path, text: str) -> None:
    real(opened(tmp_path))
    (tmp_path / "c.key").write_text(text)
    told: list[str] = []
    cache = opened(tmp_path, told)
    assert cache.get("k") is None
    assert "the cache's key in c.key is damaged" in told[0]
    real(cache)
    assert opened(tmp_path).get("k") is not None


def test_a_cache_that_is_only_read_gets_no_key(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    real(cache)
    text = card_of(cache, "k").read_bytes()
    (tmp_path / "c.key").unlink()
    assert opened(tmp_path, read_only=True).get("k") is not None
    assert not (tmp_path / "c.key").exists()
    assert card_of(cache, "k").read_bytes() == text


def test_where_no_key_can_be_written_what_is_there_is_read(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:  # not below a folder of root's
        folder = type(tmp_path)(name)
        real(opened(folder))
        (folder / "c.key").unlink()
        for path in (*folder.rglob("*"), folder):
            path.chmod(0o555 if path.is_dir() else 0o444)
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)
        try:
            assert opened(folder).get("k") is not None
        finally:
            os.seteuid(was)
            for path in (folder, *folder.rglob("*")):
                if path.is_dir():
                    path.chmod(0o755)
        assert not (folder / "c.key").exists()


def test_two_processes_make_one_key(tmp_path: Path) -> None:
    """Who is second takes the first one's."""
    seal._make(tmp_path / "key", {"secret": "01", "adopted": {}})
    seal._make(tmp_path / "key", {"secret": "02", "adopted": {}})
    assert json.loads((tmp_path / "key").read_text())["secret"] == "01"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_key_is_made_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on FAT and some network file systems."""

    def refused(*arguments: object, **how: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    seal._make(tmp_path / "key", {"secret": "01", "adopted": {}})
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
