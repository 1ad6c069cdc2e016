"""`Run`: one run of a user's own program, with all that it starts."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_PRINTED = 64 << 20  # bytes: a program that prints for ever must not fill the disk
LOOK_S = 0.1
PATIENCE_S = 1.0  # in which what a program has started ends after it


class Run:
    """A program in a process group of its own, started.

    It is reaped by `kill` alone: until then no other process can have its number.

    Args:
        command: program and arguments.
        folder: that it runs in.
        printed: file for what it prints.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], folder: Path, printed: Path) -> None:
        self._printed = printed
        with printed.open("wb") as sink:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,  # Ctrl-C is ours to handle
            )
        self._ended = os.pidfd_open(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self, end: float) -> Literal["ended", "late", "loud"]:
        """How it went: it ended, it is past `end` of the monotonic clock, or it printed too much."""
        poll = select.poll()
        poll.register(self._ended, select.POLLIN)
        while True:
            rest = end - time.monotonic()
            ended = bool(poll.poll(max(0.0, min(rest, LOOK_S)) * 1000))
            if _size(self._printed) > MOST_PRINTED:
                return "loud"
            if ended:
                return "ended"
            if rest <= 0:
                return "late"

    def left(self) -> tuple[str, int] | None:
        """Name and number of a process that it started and that has not ended with it."""
        if not select.select([self._ended], [], [], 0)[0]:
            return None  # it runs itself
        end = time.monotonic() + PATIENCE_S
        while (found := next(_others(self.pid), None)) is not None and time.monotonic() < end:
            time.sleep(0.01)
        return found

    def kill(self) -> int:
        """End it with all it started; how it ended, as `subprocess` has it. May be called again."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            os.close(self._ended)
        return self._process.returncode


def _others(group: int) -> Iterator[tuple[str, int]]:
    """Living processes of a group, without its leader."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and folder.name != str(group):
            try:
                head, _, rest = (
                    (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
                )
            except OSError:  # it has ended meanwhile
                continue
            state, _, its_group = rest.split()[:3]
            if its_group == str(group) and state not in "ZX":
                yield head.partition("(")[2], int(folder.name)


def _size(path: Path) -> int:
    """Bytes of a file; 0 once the program has removed it, with the folder that it was given."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
