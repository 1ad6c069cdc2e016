"""A folder belongs to whoever holds the lock on its file."""

from __future__ import annotations

import errno
import fcntl
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.folder_lock import own, unowned

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from pytest_edgebench.base.folder_lock import own
owner = own(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def free(path: Path) -> bool:
    with unowned(path) as found:
        return found


def test_what_is_held_is_owned_until_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "owner"
    assert free(path)  # there is none
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert not free(path)
        holder.send_signal(signal.SIGKILL)
    assert free(path)


def test_a_lock_that_a_sweeper_took_away_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "owner"
    path.touch()
    got: list[Any] = []
    with unowned(path) as found:
        assert found
        waiting = threading.Thread(target=lambda: got.append(own(path)))
        waiting.start()
        time.sleep(0.2)
        assert not got
        path.unlink()
    waiting.join(10)
    assert path.exists()
    assert not free(path)
    got[0].close()
    assert free(path)


def test_a_lock_that_was_removed_and_made_again_is_its_makers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sweepers meet a lock whose maker still waits for it: only the first may call it free."""
    path = tmp_path / "owner"
    path.touch()
    flock, owners = fcntl.flock, list[Any]()

    def late(file: Any, mode: int) -> None:
        if mode & fcntl.LOCK_NB and not owners:
            path.unlink()  # by the other sweeper, after this one opened it
            owners.append(own(path))
        flock(file, mode)

    monkeypatch.setattr(fcntl, "flock", late)
    assert not free(path)
    owners[0].close()
    assert free(path)


def test_a_listed_lock_that_is_gone_is_not_free(tmp_path: Path) -> None:
    with unowned(tmp_path / "owner", missing=False) as found:
        assert not found


def test_what_cannot_be_opened_is_not_free(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not free(tmp_path / "file" / "owner")
    with pytest.raises(NotADirectoryError):
        own(tmp_path / "file" / "owner")


def test_without_locks_nothing_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some network file systems: better to keep a folder too long."""

    def refused(*arguments: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    with own(tmp_path / "owner"):
        assert not free(tmp_path / "owner")


def test_an_interrupt_while_waiting_leaves_no_open_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: list[Any] = []

    def interrupted(file: Any, mode: int) -> None:
        files.append(file)
        raise KeyboardInterrupt

    monkeypatch.setattr(fcntl, "flock", interrupted)
    with pytest.raises(KeyboardInterrupt):
        own(tmp_path / "owner")
    assert files[0].closed
