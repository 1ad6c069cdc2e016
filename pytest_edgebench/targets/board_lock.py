"""`BoardLock`: one holder of a board at a time, whichever machines its users sit at.

The lock lies on the board (`board_holder.py` runs there), so that it is one for all machines, and is free as
soon as its holder's connection ends or falls silent. While it is held, a thread sends a beat; when it is let
go, the board says whether it was ours all the time. If it was not, what was measured is worth nothing.
"""

from __future__ import annotations

import contextlib
import os
import platform
import select
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import plain
from pytest_edgebench.targets import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BEAT_S = 2.0
ANSWER_S = 10.0
START_S = 30.0


class BoardLock:
    """The lock of one board, by one process there that is started when it is first needed.

    Args:
        title: of the board, for messages. command: that starts the holder there.
    """

    def __init__(self, title: str, command: Sequence[str]) -> None:
        self._title, self._command = title, command
        self._process: subprocess.Popen[bytes] | None = None
        self._heard = b""

    @contextlib.contextmanager
    def held(self, what: str, deadline_s: float) -> Iterator[int]:
        """Hold the board; gives the number of this hold, which rises with each.

        Raises:
            MeasureError: not had in time, with its holder named; the holder cannot be started there.
            LockLost: when the block ends, where the board was not ours all the time.
        """
        number = self._had(what, time.monotonic() + deadline_s, deadline_s)
        ended = threading.Event()
        lost: list[str] = []
        beating = threading.Thread(target=self._beat, args=(ended, lost), daemon=True)
        beating.start()
        try:
            yield number
        finally:
            ended.set()
            beating.join(ANSWER_S + BEAT_S)
            freed = "" if lost or beating.is_alive() else self._asked("free")
        if freed != f"free {number}":
            self.close()
            raise errors.lock_lost(self._title, what)

    def close(self) -> None:
        """End the holder, which frees the board; may be called again."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                assert self._process.stdin is not None
                self._process.stdin.close()
            try:
                self._process.wait(1.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    # Within

    def _had(self, what: str, end: float, deadline_s: float) -> int:
        self._start()
        who = f"process {os.getpid()} on {platform.node()} ({what}, since {time.strftime('%H:%M:%S')})"
        self._send(f"hold {plain(who)}")
        holder = "somebody"
        while True:
            line = self._line(min(BEAT_S, end - time.monotonic()))
            word, _, rest = line.partition(" ")
            if word == "held" and rest.isdigit():
                return int(rest)
            if word == "busy":
                holder = rest
            if time.monotonic() >= end:
                self.close()
                raise errors.board_busy(self._title, deadline_s, holder)
            if not line and self._process is not None and self._process.poll() is not None:
                self.close()
                raise errors.no_holder(self._title, "it ended")

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._heard = b""
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as cause:
            raise errors.no_client(cause) from cause
        if (said := self._line(START_S)) != "ready":
            self.close()
            raise errors.no_holder(self._title, said or "it did not answer")

    def _beat(self, ended: threading.Event, lost: list[str]) -> None:
        while not ended.wait(BEAT_S):
            if not (said := self._asked("beat")).startswith("beat "):
                lost.append(said)
                return

    def _asked(self, word: str) -> str:
        if self._process is None:  # the connection was made again meanwhile
            return ""
        try:
            self._send(word)
        except OSError:
            return ""
        return self._line(ANSWER_S)

    def _send(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    def _line(self, seconds: float) -> str:
        """The next line, "" where there is none in time."""
        assert self._process is not None
        assert self._process.stdout is not None
        pipe, end = self._process.stdout.fileno(), time.monotonic() + seconds
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        while b"\n" not in self._heard:
            if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
                return ""
            got = os.read(pipe, 4096)
            if not got:
                return ""
            self._heard += got
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode("utf-8", "replace")
