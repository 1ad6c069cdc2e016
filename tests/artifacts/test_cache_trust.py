"""What a job may do with the cache that others use: `edgebench_cache_trust`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from cache_entries import model_bytes, named, stored

from pytest_edgebench.artifacts.cache import Cache, open_cache

if TYPE_CHECKING:
    from pathlib import Path


def opened(folder: Path, trust: Any, told: list[str] | None = None) -> Cache:
    log = (told if told is not None else []).append
    return open_cache(folder / "cache", trust, lambda path, what: contextlib.nullcontext(), log)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_job_that_may_only_read_keeps_what_it_makes_apart(tmp_path: Path) -> None:
    trusted = opened(tmp_path, "read-write")
    stored(trusted, b"shared", named("a"))
    trusted.memo_put("kind", "a", 1)
    before = files(tmp_path / "cache")
    job = opened(tmp_path, "read-only")
    found = job.get("a")
    assert found is not None
    assert found.path.read_bytes() == b"shared"
    assert job.memo_get("kind", "a") == 1
    stored(job, b"mine", named("b"))
    stored(job, b"poison", named("a"))
    job.memo_put("kind", "a", 2)
    with job.lock("a", "x"):
        assert job.memo_get("kind", "a") == 2
    assert files(tmp_path / "cache") == before
    assert opened(tmp_path, "read-only").get("b") is not None
    later = opened(tmp_path, "read-write")
    assert later.get("b") is None
    assert later.memo_get("kind", "a") == 1
    kept = later.get("a")
    assert kept is not None
    assert kept.path.read_bytes() == b"shared"


def test_a_job_apart_reads_nothing_of_the_others(tmp_path: Path) -> None:
    stored(opened(tmp_path, "read-write"), b"shared", named("a"))
    job = opened(tmp_path, "apart")
    assert job.get("a") is None
    stored(job, b"mine", named("a"))
    found = opened(tmp_path, "read-write").get("a")
    assert found is not None
    assert found.path.read_bytes() == b"shared"


def test_a_changed_entry_of_a_cache_that_is_only_read_is_refused_and_left(tmp_path: Path) -> None:
    trusted = opened(tmp_path, "read-write")
    model_bytes(trusted, "a", stored(trusted, b"shared", named("a")))
    before = files(tmp_path / "cache")
    told: list[str] = []
    assert opened(tmp_path, "read-only", told).get("a") is None
    assert len(told) == 1
    assert files(tmp_path / "cache") == before
