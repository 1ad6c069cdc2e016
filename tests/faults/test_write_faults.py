"""A fixed sample of what ``python tests/bench/write_faults.py`` tries: one call that writes fails."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from faulty import (
    ERRORS,
    OPTIONS,
    Sessions,
    Undisturbed,
    leftovers,
    locks,
    project,
    state,
    trial,
    undisturbed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no C compiler")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults").resolve()


@pytest.fixture(scope="module")
def sessions(place: Path) -> Iterator[Sessions]:
    with contextlib.closing(Sessions(place)) as made:
        yield made


@pytest.fixture(scope="module")
def known(place: Path, sessions: Sessions) -> Undisturbed:
    return undisturbed(place / "undisturbed", sessions)


def call(known: Undisturbed, *words: str) -> int:
    """Number of the first call whose line in the log has all the words."""
    return next(number for number, line in enumerate(known.log, 1) if all(word in line for word in words))


SAMPLE = [
    (("open", "/cache/tmp/", "model.onnx"), "ENOSPC"),
    (("rename", "/cache/artifacts/"), "EIO"),
    (("rename", "/cache/artifacts/"), "kill"),
    (("fsync", "/.r.html."), "ENOSPC"),
    (("rename", "/.edgebench/baseline.json"), "kill"),
    (("pwrite64", "history.sqlite"), "EIO"),
]


@pytest.mark.parametrize(("words", "error"), SAMPLE, ids=[f"{' '.join(w)} {e}" for w, e in SAMPLE])
def test_the_next_session_is_as_if_nothing_had_failed(
    words: tuple[str, ...], error: str, place: Path, sessions: Sessions, known: Undisturbed
) -> None:
    at = call(known, *words)
    said = trial(place / f"trial{at}{error}", sessions, known, at=at, with_=ERRORS[error])
    assert said == ""


def test_a_fault_that_is_not_mended_is_found(place: Path, sessions: Sessions, known: Undisturbed) -> None:
    """What `trial` compares: a byte of an artifact that differs is a difference."""
    made = project(place / "changed")
    assert sessions.run(made).status == 0
    assert state(made) == known.first
    file = next((made / ".edgebench" / "baseline").rglob("*.onnx"))
    file.write_bytes(file.read_bytes() + b"\0")
    assert state(made)["baseline"] != known.first["baseline"]
    (made / "tmp" / "left").mkdir()
    assert leftovers(made) == ["tmp/left"]


def test_no_temporary_folder_stays_after_a_full_disk(
    place: Path, sessions: Sessions, known: Undisturbed
) -> None:
    """No file may be larger than 2 kB, which the system says as it says that a disk is full."""
    made = project(place / "full")
    code = (
        "import resource, sys, pytest; resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)); "
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', *{list(OPTIONS)}]))"
    )
    limits = {"HOME": str(made / "home"), "TMPDIR": str(made / "tmp"), "EDGEBENCH_LOCKS": str(locks(made))}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=made,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **limits, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    text = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "no room" in text or "File too large" in text
    assert "Traceback" not in text
    assert leftovers(made) == []
    for _ in range(2):  # what could be accepted was; now all is
        assert sessions.run(made).status == 0
    assert state(made) == known.second
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
