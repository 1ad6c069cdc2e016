"""A worker's process: starting it, talking to it with a deadline, and saying how it ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import subprocess
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.text import cut, plain
from pytest_edgebench.workers import errors
from pytest_edgebench.workers.channel import pack, unpack
from pytest_edgebench.workers.progress import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_edgebench.base.errors import MeasureError
    from pytest_edgebench.workers.channel import Arrays
    from pytest_edgebench.workers.progress import Progress
    from pytest_edgebench.workers.shared import Shared

WORKER = Path(__file__).with_name("worker.py")
PARTS = (
    "binding.py",
    "values.py",
    "machine.py",
    "memory_layout.py",
    "channel.py",
    "shared.py",
    "streaming.py",
)
"""The files beside it that it loads."""
TAIL_BYTES, TAIL_LINES = 4000, 12
PIPE_BYTES = 1 << 20
PATIENCE_S = 5.0


class Process:
    """One running worker, or the program that leads to it.

    Attributes:
        streams: samples of one stream may come in several requests.

    Args:
        title: for messages.
        command: that starts it.
        environment: all its variables.
        folder: for the file that takes its standard error; made if missing.
        unstarted: the error for a program that cannot be started.
        scratch: a folder of its own, deleted when it has ended.
        shared: memory for inputs, whose descriptor the program inherits.

    Raises:
        MeasureError: that of `unstarted`.
    """

    streams = True

    def __init__(
        self,
        title: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        unstarted: Callable[[OSError], MeasureError],
        scratch: Path | None = None,
        shared: Shared | None = None,
    ) -> None:
        self._title = title
        self._scratch = scratch
        self.shared = shared
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
                    pass_fds=() if shared is None else (shared.descriptor,),
                )
            except OSError as cause:
                self._forget()
                if shared is not None:
                    shared.close()
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
        self,
        message: Mapping[str, Any],
        arrays: Arrays,
        doing: str,
        deadline_s: float,
        progress: Progress | None = None,
    ) -> tuple[dict[str, Any], Arrays]:
        """Send a request and wait for its answer; after any failure the process is gone.

        Args:
            progress: of a stream of samples; the deadline is then for each of them.

        Raises:
            MeasureError: it died, had not answered in time, or answered garbage.
        """
        if self._process.returncode is not None:
            raise errors.dead(self._title)
        waiting = Waiting(deadline_s, progress)
        try:
            for piece in pack({**message, "deadline_s": deadline_s}, arrays):
                self._send(piece, waiting)
            return unpack(lambda count: self._receive(count, waiting))
        except TimeoutError:
            self.kill()
            raise errors.hung(self._title, doing, deadline_s, self.tail(), progress) from None
        except EOFError:
            status = self.kill(PATIENCE_S)
            done = "" if progress is None else progress.told()
            raise self._died(f"{doing}{done and f', after {done}'}", status) from None
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

    def stop(self) -> None:
        """End it at once; whoever waits for an answer of it, in another thread, is told."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

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
            if self.shared is not None:
                self.shared.close()
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

    def _ready(self, pipe: int, event: int, waiting: Waiting) -> None:
        """Wait until a pipe can be read or written.

        Raises:
            EOFError: the process has ended and left nothing. TimeoutError: nothing moved for too long.
        """
        poll = select.poll()
        poll.register(pipe, event)
        poll.register(self._ended, select.POLLIN)
        while not (found := {each for each, _ in poll.poll(waiting.look_s() * 1000)}):
            if waiting.over():
                raise TimeoutError
        if pipe not in found:
            raise EOFError

    def _send(self, piece: memoryview, waiting: Waiting) -> None:
        pipe = self._stdin.fileno()
        while piece:
            try:
                piece = piece[os.write(pipe, piece) :]
            except BlockingIOError:
                self._ready(pipe, select.POLLOUT, waiting)
            except BrokenPipeError:
                raise EOFError from None

    def _receive(self, count: int, waiting: Waiting) -> bytearray:
        pipe = self._stdout.fileno()
        content = bytearray(count)
        view = memoryview(content)
        while view:
            try:
                got = os.readv(pipe, [view])
            except BlockingIOError:
                self._ready(pipe, select.POLLIN, waiting)
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
