from __future__ import annotations

import contextlib
import os
import select
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.base.errors import MeasureError, SettingsError
from pytest_edgebench.measure import locks
from pytest_edgebench.measure.locks import building, entry_lock, timing

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDER = Path(__file__).with_name("lock_holder.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locks"


class Holder:
    """Another process that holds a lock."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, str(HOLDER), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @property
    def pid(self) -> int:
        return self.process.pid

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def let_go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()


@contextlib.contextmanager
def holder(*arguments: object) -> Iterator[Holder]:
    other = Holder(*arguments)
    try:
        yield other
    finally:
        other.process.kill()
        other.process.communicate()


def free(folder: Path, deadline_s: float = 0) -> bool:
    """Whether the machine can be had to time on."""
    try:
        with timing(folder=folder, deadline_s=deadline_s):
            return True
    except MeasureError:
        return False


def test_builds_go_together(folder: Path) -> None:
    with holder("building", folder, "one") as one, holder("building", folder, "two") as two:
        assert one.says() == two.says() == "held"
        with building(folder=folder, deadline_s=5):
            pass


def test_timing_is_alone(folder: Path) -> None:
    with holder("timing", folder, "timing kws") as other:
        assert other.says() == "held"
        for lock in (building, timing):
            with pytest.raises(MeasureError), lock(folder=folder, deadline_s=0.05):
                pass
        other.let_go()
        assert other.says() == "free"
        assert free(folder)


def test_who_is_waited_for_is_named(folder: Path) -> None:
    """All the holders, with what they do; those that were killed are forgotten."""
    with holder("building", folder, "killed") as other:
        other.says()
    with (
        holder("building", folder, "quantizing kws") as one,
        holder("building", folder, "pruning digits") as two,
    ):
        one.says()
        two.says()
        with (
            pytest.raises(MeasureError) as caught,
            timing(what="timing kws", folder=folder, deadline_s=0.1),
        ):
            pass
        text = str(caught.value)
        assert text.startswith("waited 0.1 s for the machine (timing kws); held by: process ")
        assert f"process {one.pid} (quantizing kws, since " in text
        assert f"process {two.pid} (pruning digits, since " in text
        assert "killed" not in text
        assert "fix: let the other run finish, or end it if it hangs; its locks go with it" in text
    assert free(folder)
    assert not list(folder.glob("*.holder"))


@pytest.mark.parametrize("kind", ["building", "timing"])
def test_killed_holders_let_go(kind: str, folder: Path) -> None:
    with holder(kind, folder, "x") as other:
        assert other.says() == "held"
        assert not free(folder)
        other.process.send_signal(signal.SIGKILL)
        other.process.wait()
        assert free(folder)


@pytest.mark.parametrize("kind", ["entry", "timing"])
def test_a_child_left_behind_holds_nothing(kind: str, folder: Path, tmp_path: Path) -> None:
    """Data loaders fork, and may outlive a killed parent."""
    path = tmp_path / "e.lock" if kind == "entry" else folder
    with holder(kind, path, "x", "fork") as other:
        child = int(other.says())
        assert other.says() == "held"
        try:
            other.process.kill()
            other.process.wait()
            # The child may not have come to run yet.
            with entry_lock(path, "x", 5) if kind == "entry" else timing(folder=folder, deadline_s=5):
                os.kill(child, 0)  # it lives
        finally:
            os.kill(child, signal.SIGKILL)


def test_timing_is_not_starved(folder: Path) -> None:
    """Builds that overlap without a gap leave room for who waits to time."""
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(holder("loop", folder, f"build {i}", "0.2")) for i in range(3)]
        for i, other in enumerate(others):
            assert other.says() == "built"
            time.sleep(0.07 * (i < 2))  # so that they do not end together
        for _ in range(3):
            began = time.monotonic()
            with timing(folder=folder, deadline_s=20):
                assert time.monotonic() - began < 5
        for other in others:
            assert other.says() == "built"


def test_other_targets_are_locked_apart(folder: Path) -> None:
    with holder("timing", folder, "x") as other:
        other.says()
        with timing("rpi4 / usb", folder=folder, deadline_s=0):
            assert (folder / "rpi4___usb.lock").exists()


def test_builds_wait_for_who_waits_to_time(folder: Path) -> None:
    with holder("building", folder, "old") as old:
        assert old.says() == "held"
        with holder("timing", folder, "waits") as waiting:
            time.sleep(0.5)
            with pytest.raises(MeasureError, match="old"), building(folder=folder, deadline_s=0.2):
                pass
            old.let_go()
            assert waiting.says() == "held"


# Nesting


def test_nesting_is_refused(folder: Path, tmp_path: Path) -> None:
    for outer in (building, timing):
        with outer(what="outer work", folder=folder, deadline_s=1):
            for inner in (building, timing):
                with (
                    pytest.raises(MeasureError, match=r"while this thread holds the machine \(outer work\)"),
                    inner(folder=folder, deadline_s=1),
                ):
                    pass
            with pytest.raises(MeasureError, match="the lock for x"), entry_lock(tmp_path / "e", "x", 1):
                pass
    assert free(folder)


def test_an_entry_then_the_machine(folder: Path, tmp_path: Path) -> None:
    with entry_lock(tmp_path / "a.lock", "a", 1), entry_lock(tmp_path / "b.lock", "b", 1):
        with building(folder=folder, deadline_s=1):
            pass
        with pytest.raises(MeasureError, match=r"while this thread holds the lock a\.lock"):
            entry_lock(tmp_path / "a.lock", "a again", 1).__enter__()
    with entry_lock(tmp_path / "a.lock", "a", 0):
        pass


def test_threads_wait_for_each_other(folder: Path) -> None:
    """Two threads are two holders."""
    done: list[float] = []

    def wait() -> None:
        with building(folder=folder, deadline_s=10):
            done.append(time.monotonic())

    with timing(folder=folder, deadline_s=1):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.2)
        assert not done
        released = time.monotonic()
    thread.join(10)
    assert done[0] >= released


def test_errors_inside_let_go(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), timing(folder=folder):
        _ = 1 / 0
    with pytest.raises(ZeroDivisionError), entry_lock(tmp_path / "e", "x"):
        _ = 1 / 0
    assert free(folder)
    with entry_lock(tmp_path / "e", "x", 0):
        pass


# Entries


def test_entries_exclude(tmp_path: Path) -> None:
    path = tmp_path / "e.lock"
    with holder("entry", path, "exporting kws") as other:
        assert other.says() == "held"
        with pytest.raises(MeasureError) as caught, entry_lock(path, "quantizing", 0.1):
            pass
        expected = f"waited 0.1 s for quantizing; held by: process {other.pid} (exporting kws, since "
        assert str(caught.value).startswith(expected)
        with entry_lock(tmp_path / "another.lock", "x", 0):
            pass
        other.process.kill()
        other.process.wait()
        with entry_lock(path, "x", 0):
            pass


def test_waits_for_an_entry(tmp_path: Path) -> None:
    path = tmp_path / "e.lock"
    with holder("entry", path, "x") as other:
        other.says()
        threading.Timer(0.3, other.let_go).start()
        with entry_lock(path, "x", 20):
            assert other.says() == "free"


def test_fits_the_cache(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", entry_lock)
    with cache.lock("key", "making kws"), pytest.raises(MeasureError, match="making it twice"):
        cache.lock("key", "making it twice").__enter__()


def test_a_file_replaced_while_waited_for(tmp_path: Path) -> None:
    """Who has a lock on a file that somebody has cleaned up, has nothing."""
    path = tmp_path / "e.lock"
    with holder("entry", path, "x") as other:
        other.says()

        def clean() -> None:
            path.unlink()
            path.touch()
            other.let_go()

        threading.Timer(0.2, clean).start()
        with entry_lock(path, "y", 20):
            path_now = path.stat()
            with holder("entry", path, "z") as third:
                assert third.process.stdout is not None
                assert not select.select([third.process.stdout], [], [], 1)[0]  # it waits
            assert os.path.samestat(path_now, path.stat())


# The folder


def test_everybody_may_use_the_folder(folder: Path) -> None:
    """Whatever the first user's umask."""
    before = os.umask(0o077)
    try:
        with building(folder=folder):
            (card,) = folder.glob("*.holder")
            assert stat.S_IMODE(card.stat().st_mode) == 0o644
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    assert {path.name for path in folder.iterdir()} == {"host.lock", "host.turnstile"}


def test_the_folder_is_the_machines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = locks.lock_folder()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert locks.lock_folder() == found
    assert found.parent.stat().st_mode & stat.S_IWOTH


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError) as caught, building(folder=tmp_path / "file" / "locks"):
        pass
    assert "the lock cannot be used: Not a directory" in str(caught.value)
    assert "fix: make its folder writable for everybody who runs pytest here, or remove it" in str(
        caught.value
    )
    with pytest.raises(SettingsError, match="No such file"), entry_lock(tmp_path / "gone" / "e.lock", "x"):
        pass


def test_no_link_is_followed(folder: Path, tmp_path: Path) -> None:
    with building(folder=folder):
        pass
    (folder / "host.lock").unlink()
    (folder / "host.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsError, match="the lock cannot be used"), building(folder=folder):
        pass
    assert not (tmp_path / "elsewhere").exists()
