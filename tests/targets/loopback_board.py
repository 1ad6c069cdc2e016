"""A "board": a real ssh server on this machine's loopback, with keys and configuration of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_edgebench.profiles.target import TargetRef, Value
from pytest_edgebench.workers.spec import Spec

SSHD = shutil.which("sshd") or next((path for path in ("/usr/sbin/sshd",) if Path(path).exists()), "")
PRIVILEGES = Path("/run/sshd")  # which the server wants when it is started as root
RUNTIME = str(Path(__file__).with_name("board_runtime.py"))


class LoopbackBoard:
    """One server with its port and the client's files for it.

    Args:
        variables: of every session there, e.g. another PATH.
        command: that the server runs whatever it is asked; "" for what it is asked.
    """

    def __init__(self, folder: Path, variables: dict[str, str] | None = None, command: str = "") -> None:
        if not SSHD or not shutil.which("ssh"):
            pytest.skip("sshd or ssh is not installed (Debian: apt-get install openssh-server)")
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0 and not PRIVILEGES.exists():
            PRIVILEGES.mkdir(mode=0o755)
        for name in ("host", "user", "stranger"):
            make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(make, check=True)
        shutil.copy(folder / "user.pub", folder / "authorized")
        self.port = _free_port()
        self.known = self._known("host")
        settings = {
            "Port": self.port,
            "ListenAddress": "127.0.0.1",
            "HostKey": folder / "host",
            "PidFile": folder / "pid",
            "AuthorizedKeysFile": folder / "authorized",
            "StrictModes": "no",
            "UsePAM": "no",
            "LogLevel": "ERROR",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "PermitRootLogin": "prohibit-password",
        }
        lines = [f"{key} {value}" for key, value in settings.items()]
        # One line: of several, the server takes the first.
        shown = " ".join(f'"{name}={value}"' for name, value in (variables or {}).items())
        lines += [f"SetEnv {shown}"] if shown else []
        lines += [f"ForceCommand {command}"] if command else []
        (folder / "sshd_config").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.config = self.client("ssh_config")
        self._server: subprocess.Popen[bytes] | None = None
        self.switch_on()

    @property
    def address(self) -> str:
        return f"{getpass.getuser()}@127.0.0.1:{self.port}"

    @property
    def home(self) -> Path:
        """The folder of the board's files."""
        return self.folder / "board"

    def target_ref(self, **options: Value) -> TargetRef:
        given = {"config": str(self.config), "folder": str(self.home), **options}
        return TargetRef("ssh", self.address, tuple(given.items()))

    def client(self, name: str, *, key: str = "user", known: str | None = None) -> Path:
        """An ssh configuration: with the key that is let in and the host's own key, unless told otherwise."""
        known_hosts = self.folder / f"{name}.known_hosts"
        known_hosts.write_text(self.known if known is None else known, encoding="utf-8")
        path = self.folder / name
        path.write_text(
            f"Host *\n  IdentityFile {self.folder / key}\n  IdentitiesOnly yes\n  IdentityAgent none\n"
            f"  UserKnownHostsFile {known_hosts}\n  GlobalKnownHostsFile none\n",
            encoding="utf-8",
        )
        return path

    def stranger(self) -> str:
        """A line for known_hosts with another key than the board's."""
        return self._known("stranger")

    def switch_on(self) -> None:
        command = [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")]
        with (self.folder / "printed").open("ab") as printed:
            self._server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._server.poll() is not None:
                break
            time.sleep(0.02)
        said = (self.folder / "printed").read_text(encoding="utf-8", errors="replace")
        self.switch_off()
        pytest.skip(f"sshd does not start here: {said.strip()}")

    def switch_off(self) -> None:
        """No new connections; those that are open stay."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait()
            self._server = None

    def _known(self, key: str) -> str:
        kind, content = (self.folder / f"{key}.pub").read_text(encoding="utf-8").split()[:2]
        return f"[127.0.0.1]:{self.port} {kind} {content}\n"


def on_board(board: LoopbackBoard, do: str = "nothing", **how: Any) -> Spec:
    """A worker on a board, with the runtime for tests.

    Args:
        do: what it does. how: fields of the spec; `target`, options of the target.
    """
    target = how.pop("target", {})
    given = {"python": sys.executable, "options": (("do", do),), **how}
    return Spec(RUNTIME, target_ref=board.target_ref(**target), **given)


def script(path: Path, text: str) -> Path:
    """A program of the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def python_like(path: Path, arguments: str) -> str:
    """An interpreter on the board: this one, started differently."""
    return str(script(path, f'exec "{sys.executable}" {arguments} "$@"'))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
