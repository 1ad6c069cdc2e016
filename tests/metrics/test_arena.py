"""A process that is asked for the tensor arena, and all that may become of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.artifacts.artifact import Artifact
from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.locks import entry_lock
from pytest_edgebench.metrics.arena import NOTE, arena
from pytest_edgebench.record.run import ArtifactRecord, Counts
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", entry_lock, lambda text: None)


def file(folder: Path) -> Artifact:
    path = folder / "net.tflite"
    path.write_bytes(b"weights")
    return Artifact(
        path, ArtifactRecord("key", "digest", "tflite", {path.name: 7}, Counts({}, 0, {}, 0, 0, 0), (), {})
    )


def python(folder: Path, does: str) -> Spec:
    """An interpreter that does something else."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    path.chmod(0o755)
    return Spec("tflite-micro", python=str(path))


def test_it_is_asked_once(tmp_path: Path, cache: Cache) -> None:
    spec = python(tmp_path, f"echo asked >> {tmp_path}/asked; echo '{{\"total\": 1234}}'")
    found = [arena(file(tmp_path), spec, "1", cache, 20) for _ in range(3)]
    assert {(metric.value, metric.unit, metric.evidence, metric.note) for metric in found} == {
        (1234.0, "B", "emulated", NOTE)
    }
    arena(file(tmp_path), spec, "2", cache, 20)  # another version may need another arena
    assert (tmp_path / "asked").read_text().split() == ["asked", "asked"]


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (
            "echo 'no such op' >&2; exit 3",
            "ended with status 3 while counting the arena of net.tflite: no such op",
        ),
        (
            "printf 'Traceback\\n  line 76\\nRuntimeError: hybrid models\\n' >&2; exit 1",
            "ended with status 1 while counting the arena of net.tflite: hybrid models",
        ),
        ("kill -SEGV $$", "was killed by signal 11 while counting the arena of net.tflite"),
        ("exec sleep 30", "had not counted the arena of net.tflite after 0.5 s, and was stopped"),
        ("echo hello", "printed no arena for net.tflite: it printed 'hello'"),
        ("true", "printed no arena for net.tflite: it printed 'nothing'"),
        ("echo '{\"total\": 0}'", "printed no arena for net.tflite"),
        ("echo '{\"total\": true}'", "printed no arena for net.tflite"),
        ("echo '[]'", "printed no arena for net.tflite"),
    ],
)
def test_no_number_is_made_up(does: str, told: str, tmp_path: Path, cache: Cache) -> None:
    with pytest.raises(MeasureError) as caught:
        arena(file(tmp_path), python(tmp_path, does), "1", cache, 0.5 if "sleep" in does else 30)
    assert told in str(caught.value)
    assert "\n  fix: " in str(caught.value)


def test_an_interpreter_that_is_not_there(tmp_path: Path, cache: Cache) -> None:
    spec = Spec("tflite-micro", python=str(tmp_path / "none"))
    with pytest.raises(
        MeasureError, match=r"none cannot be started to count the arena: .*\n  fix: fix `python`"
    ):
        arena(file(tmp_path), spec, "1", cache, 5)
