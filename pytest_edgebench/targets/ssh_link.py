"""`Link`: one connection of the OpenSSH client, kept open, through which everything else goes.

The keys, names and ports of `ssh_config` hold as for ``ssh`` by hand, except that host keys are always
checked and nothing is ever asked. See the manual pages ssh(1) and ssh_config(5).
"""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pytest_edgebench.targets import errors

if TYPE_CHECKING:
    from pytest_edgebench.base.errors import Dropped, MeasureError

OPTIONS = (
    "BatchMode=yes",  # no questions: of passwords, or whether a new key is to be trusted
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",  # a silent connection counts as lost after 15 s
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "EscapeChar=none",
    "ControlPersist=no",
    "LogLevel=ERROR",
)
READY = "edgebench-is-in"
LOST = 255
"""Exit status of ssh itself, for a connection that is lost or was never made."""
LOGIN_S = 20.0
PATIENCE_S = 2.0
ASK_S = 60.0


class Link:
    """A connection to a board.

    Args:
        address: ``user@board:port``, or a name of the ssh configuration.
        config: path of an ssh configuration; "" for the user's own.
        connect_s: seconds to reach it.
    """

    def __init__(self, address: str, config: str, connect_s: float) -> None:
        self.title = address
        self._connect_s = connect_s
        short = "/tmp" if os.access("/tmp", os.W_OK) else None  # a socket's path has 107 bytes at most
        self._folder = Path(tempfile.mkdtemp(prefix="edgebench-", dir=short))
        options = (
            *OPTIONS,
            f"ConnectTimeout={max(1, round(connect_s))}",
            f"ControlPath={self._folder / 's'}",
        )
        self._base = ["ssh", *(["-F", config] if config else [])]
        for option in options:
            self._base += ["-o", option]
        self._master: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether the connection is there, as far as is known."""
        return self._master is not None and self._master.poll() is None

    def open(self) -> None:
        """Connect.

        Raises:
            MeasureError: an unknown or changed host key, no right to log in, no answer.
        """
        self._end()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        printed = self._folder / "printed"
        # It ends by itself when this process does, as `cat` then reads to the end of its input.
        command = [*self._base, "-o", "ControlMaster=yes", *self._to(f"echo {READY}; cat >/dev/null")]
        with printed.open("wb") as errors_go_to:
            try:
                self._master = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors_go_to,
                    start_new_session=True,  # Ctrl-C is ours to handle
                )
            except OSError as cause:
                raise errors.no_client(cause) from cause
        if not self._let_in(time.monotonic() + self._connect_s + LOGIN_S):
            ended = self._master.poll() is not None
            self._end()
            said = printed.read_text(encoding="utf-8", errors="replace")
            if not ended:
                raise errors.no_ssh_answer(self.title, self._connect_s + LOGIN_S, said)
            raise refusal(self.title, said)

    def session(self, script: str) -> list[str]:
        """The command that runs a script of the POSIX shell there, through the connection that is open."""
        # Without the proxy, ssh would make a connection of its own where the kept one is gone.
        return [*self._base, "-o", "ControlMaster=no", "-o", "ProxyCommand=false", *self._to(in_sh(script))]

    def run(
        self, script: str, doing: str, *, send: IO[bytes] | None = None, deadline_s: float = ASK_S
    ) -> tuple[int, str]:
        """Run a script there.

        Args:
            send: an open file for its standard input.

        Returns:
            its exit status, and all it printed.

        Raises:
            Dropped: the connection was lost. MeasureError: not finished in time.
        """
        given = send if send is not None else subprocess.DEVNULL
        streams = given, subprocess.PIPE, subprocess.STDOUT
        return self._run(script, doing, deadline_s, streams)

    def copy(self, script: str, to: IO[bytes], doing: str, deadline_s: float) -> int:
        """Run a script there and keep what it writes in an open file; as `run`."""
        return self._run(script, doing, deadline_s, (subprocess.DEVNULL, to, subprocess.PIPE))[0]

    def lost(self, doing: str, said: str) -> Dropped:
        """The error for a session that ssh itself ended; the connection then mostly ends a moment later."""
        if self._master is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._master.wait(PATIENCE_S)
        return errors.dropped(self.title, doing, said)

    def close(self) -> None:
        """Disconnect; may be called again."""
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    # Within

    def _run(
        self, script: str, doing: str, deadline_s: float, streams: tuple[IO[bytes] | int, ...]
    ) -> tuple[int, str]:
        """Run a script with its standard input, output and error; its status, and what came by a pipe."""
        given, to, errors_go_to = streams
        try:
            ended = subprocess.run(
                self.session(script),
                stdin=given,
                stdout=to,
                stderr=errors_go_to,
                timeout=deadline_s,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise errors.too_slow(self.title, doing, deadline_s) from None
        except OSError as cause:
            raise errors.no_client(cause) from cause
        said = (ended.stdout or ended.stderr or b"").decode("utf-8", "replace")
        if ended.returncode == LOST:
            raise self.lost(doing, said)
        return ended.returncode, said

    def _to(self, command: str) -> list[str]:
        # As an address, so that a port can stand in it; a name of the configuration works likewise.
        return ["--", f"ssh://{self.title}", command]

    def _let_in(self, end: float) -> bool:
        """Whether the board says the word before some moment; a login may print what it likes before."""
        assert self._master is not None
        assert self._master.stdout is not None
        pipe = self._master.stdout.fileno()
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        heard = b""
        while READY.encode() not in heard.splitlines():
            if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
                return False
            got = os.read(pipe, 4096)
            if not got:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._master.wait(PATIENCE_S)
                return False
            heard += got
        return True

    def _end(self) -> None:
        if self._master is None:
            return
        assert self._master.stdin is not None
        assert self._master.stdout is not None
        with contextlib.suppress(OSError):
            self._master.stdin.close()
        try:
            self._master.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._master.kill()
            self._master.wait()
        self._master.stdout.close()
        self._master = None
        (self._folder / "s").unlink(missing_ok=True)  # what a killed one leaves would be in the way


def refusal(title: str, said: str) -> MeasureError:
    """What ssh printed when it could not connect, as an error that says what to do."""
    if "IDENTIFICATION HAS CHANGED" in said:
        return errors.changed_host_key(title, said)
    if "host key is known" in said or "Host key verification failed" in said:
        return errors.unknown_host_key(title, said)
    if "Permission denied" in said or "Too many authentication failures" in said:
        return errors.denied(title, said)
    return errors.unreachable(title, said)


def in_sh(script: str) -> str:
    """A script for whatever shell the account has, with messages in English."""
    return f"env LC_ALL=C sh -c {shlex.quote(script)}"
