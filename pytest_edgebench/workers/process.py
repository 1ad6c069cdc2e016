"""A worker's process: starting it, talking to it with a deadline, and saying how it ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import subprocess
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.text import cut, plain
from pytest_edgebench.workers import errors
from pytest_edgebench.workers.worker import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_edgebench.base.errors import MeasureError
    from pytest_edgebench.workers.worker import Arrays

WORKER = Path(__file__).with_name("worker.py")
TAIL_BYTES, TAIL_LINES = 4000, 12
PIPE_BYTES = 1 << 20
PATIENCE_S = 5.0


class Process:
    """One running worker, or the program that leads to it.

    Args:
        title: for messages.
        command: that starts it.
        environment: all its variables.
        folder: for the file that takes its standard error; made if missing.
        unstarted: the error for a program that cannot be started.
        scratch: a folder of its own, deleted when it has ended.

    Raises:
        MeasureError: that of `unstarted`.
    """

    def __init__(
        self,
        title: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        unstarted: Callable[[OSError], MeasureError],
        scratch: Path | None = None,
    ) -> None:
        self._title = title
        self._scratch = scratch
        folder.mkdir(parents=True, exist_ok=True)
        self._printed = folder / f"worker-{uuid.uuid4().hex[:12]}.err"
        with self._printed.open("wb", 0) as printed:
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=printed,
                    env=environment,
                    bufsize=0,
                    start_new_session=True,  # Ctrl-C is ours to handle
                )
            except OSError as cause:
                self._forget()
                raise unstarted(cause) from cause
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)
            with contextlib.suppress(OSError):  # only quicker; refused over a user's share
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._ended = os.pidfd_open(self._process.pid)  # also when a child of it keeps the pipes open

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._waited(0)

    def ask(
        self, message: Mapping[str, Any], arrays: Arrays, doing: str, deadline_s: float
    ) -> tuple[dict[str, Any], Arrays]:
        """Send a request and wait for its answer; after any failure the process is gone.

        Raises:
            MeasureError: it died, had not answered in time, or answered garbage.
        """
        if self._process.returncode is not None:
            raise errors.dead(self._title)
        end = time.monotonic() + deadline_s
        try:
            for piece in pack({**message, "deadline_s": deadline_s}, arrays):
                self._send(piece, end)
            return unpack(lambda count: self._receive(count, end))
        except TimeoutError:
            self.kill()
            raise errors.hung(self._title, doing, deadline_s, self.tail()) from None
        except EOFError:
            status = self.kill(PATIENCE_S)
            raise self._died(doing, status) from None
        except Exception as cause:  # noqa: BLE001 - whatever is wrong in it
            self.kill()
            said = cut(plain(str(cause) or type(cause).__name__), 200)
            raise errors.malformed(self._title, doing, said, self.tail()) from None
        except BaseException:  # a Ctrl-C leaves an answer on its way that nobody waits for
            self.kill()
            raise

    def _died(self, doing: str, status: int) -> MeasureError:
        """The error for an end without an answer."""
        return errors.died(self._title, doing, status, self.tail())

    def tail(self) -> str:
        """The end of what it printed."""
        return end_of(self._printed)

    def kill(self, patience_s: float = 0) -> int:
        """End it with all its children; how it ended, as `subprocess` has it.

        Args:
            patience_s: how long it may take to end by itself: which signal a crash ends by is worth knowing.
        """
        if self._process.returncode is None:
            self._waited(patience_s)
            # It is not reaped yet, so that the number cannot have gone to another process.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._stdin.close()
            self._stdout.close()
            os.close(self._ended)
            if self._scratch is not None:
                shutil.rmtree(self._scratch, ignore_errors=True)
        return self._process.returncode

    def close(self) -> None:
        """Let it end by itself, or kill it if it does not; what it printed goes, too."""
        if self._process.returncode is None:
            self._stdin.close()
            self.kill(PATIENCE_S)
        self._forget()

    def _forget(self) -> None:
        """Remove what it printed; where that fails it goes with the folder of the session."""
        with contextlib.suppress(OSError):
            self._printed.unlink()

    def _waited(self, seconds: float) -> bool:
        """Whether it has ended, at the latest after some seconds."""
        poll = select.poll()
        poll.register(self._ended, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def _ready(self, pipe: int, event: int, end: float) -> None:
        """Wait until a pipe can be read or written.

        Raises:
            EOFError: the process has ended and left nothing. TimeoutError: it is past `end`.
        """
        poll = select.poll()
        poll.register(pipe, event)
        poll.register(self._ended, select.POLLIN)
        found = {descriptor for descriptor, _ in poll.poll(max(0.0, end - time.monotonic()) * 1000)}
        if not found:
            raise TimeoutError
        if pipe not in found:
            raise EOFError

    def _send(self, piece: memoryview, end: float) -> None:
        pipe = self._stdin.fileno()
        while piece:
            try:
                piece = piece[os.write(pipe, piece) :]
            except BlockingIOError:
                self._ready(pipe, select.POLLOUT, end)
            except BrokenPipeError:
                raise EOFError from None

    def _receive(self, count: int, end: float) -> bytearray:
        pipe = self._stdout.fileno()
        content = bytearray(count)
        view = memoryview(content)
        while view:
            try:
                got = os.readv(pipe, [view])
            except BlockingIOError:
                self._ready(pipe, select.POLLIN, end)
                continue
            if not got:
                raise EOFError
            view = view[got:]
        return content


def end_of(path: Path) -> str:
    """The last lines of what a process printed into a file; "" where it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-TAIL_LINES:]).strip()
