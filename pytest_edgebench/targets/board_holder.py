"""Holds a board for whoever asks, on the board: ``python board_holder.py``. The standard library only.

One line in, one line out. ``hold WHO`` waits for the board and answers ``held FENCE``, a number that rises
with each holder; meanwhile it says ``busy HOLDER`` each second. ``beat`` answers ``beat FENCE``, and ``free``
``free FENCE``; both say ``lost`` where the lock is no longer the one that was had. Who holds the board and is
silent for `SILENT_S` loses it: the other end, or the network, is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import sys
import time
from pathlib import Path

SILENT_S = 8.0
POLL_S, TOLD_S = 0.05, 1.0
FOLDER = "EDGEBENCH_LOCKS"
PLACES = ("/run/lock", "/tmp")
EVERYBODY = 0o777  # not sticky: there, Linux lets nobody open for writing what another user made


def folder() -> Path:
    """The folder of the lock, the same for all accounts of the board."""
    given = os.environ.get(FOLDER)
    if given:
        return Path(given)
    for place in PLACES:
        if os.access(place, os.W_OK):
            found = Path(place) / "pytest-edgebench-board"
            with contextlib.suppress(FileExistsError):
                found.mkdir()
                found.chmod(EVERYBODY)
            return found
    return Path(PLACES[-1])


class Holder:
    """The lock, and what is known of it."""

    def __init__(self, place: Path) -> None:
        self._lock, self._card, self._fence = (
            place / f"board.{name}" for name in ("lock", "holder", "fence")
        )
        self._descriptor = -1
        self._number = 0

    def tried(self, who: str) -> bool:
        """Whether the board could be had now."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not self._same(descriptor):
                raise BlockingIOError
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        with contextlib.suppress(OSError):
            os.fchmod(descriptor, 0o666)
        self._number = self._written_fence() + 1
        self._write(self._fence, str(self._number))
        self._write(self._card, who)
        return True

    def mine(self) -> bool:
        """Whether it is still held, and nobody has had it since."""
        return (
            self._descriptor >= 0 and self._same(self._descriptor) and self._written_fence() == self._number
        )

    def holder(self) -> str:
        with contextlib.suppress(OSError):
            return self._card.read_text(encoding="utf-8", errors="replace").strip() or "somebody"
        return "somebody"

    def let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    @property
    def number(self) -> int:
        return self._number

    def _written_fence(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            return int(self._fence.read_text(encoding="ascii"))
        return 0

    def _same(self, descriptor: int) -> bool:
        with contextlib.suppress(OSError):
            return os.path.samestat(os.fstat(descriptor), self._lock.stat())
        return False

    @staticmethod
    def _write(path: Path, text: str) -> None:
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_text(text, encoding="utf-8")
        part.chmod(0o666)
        part.replace(path)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Lines:
    """Lines of the standard input, read so that what `select` says of it is true of them."""

    def __init__(self) -> None:
        self._rest = b""

    def next(self, seconds: float | None) -> str | None:
        """A line, "" at the end of the input, None after so many seconds."""
        end = None if seconds is None else time.monotonic() + seconds
        while b"\n" not in self._rest:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not select.select([0], [], [], left)[0]:
                return None
            got = os.read(0, 4096)
            if not got:
                return ""
            self._rest += got
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("utf-8", "replace") + "\n"


def wait(holder: Holder, who: str, lines: Lines) -> bool:
    """Wait for the board; False where nobody waits any more."""
    told = -TOLD_S
    while not holder.tried(who):
        if (line := lines.next(POLL_S)) is not None and not line.startswith("beat"):
            return False
        if time.monotonic() - told >= TOLD_S:
            told = time.monotonic()
            say(f"busy {holder.holder()}")
    say(f"held {holder.number}")
    return True


def main() -> None:
    place = folder()
    holder, lines = Holder(place), Lines()
    held = False
    say("ready")
    while line := lines.next(SILENT_S if held else None):
        word, _, rest = line.strip().partition(" ")
        if word == "hold":
            if not wait(holder, rest, lines):
                return
            held = True
        elif word in ("beat", "free"):
            say(f"{word} {holder.number}" if holder.mine() else "lost")
            if word == "free":
                holder.let_go()
                held = False


if __name__ == "__main__":
    main()
