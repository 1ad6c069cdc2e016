# ruff: noqa: PTH101, PTH115, PTH116, PTH123, PTH208
"""A program that tries to reach what a worker must not, and prints what it reached: ``escaping.py JSON``.

Only the standard library and no import beside it, so that it also runs confined.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import resource
import signal
import socket
import subprocess
import sys

CLONE = 220 if platform.machine() == "aarch64" else 56
NEW_USER = 0x10000000


def reached(wanted: dict[str, list[str]], port: int, process: int) -> list[str]:
    """What of the files, folders, variables, addresses and processes was reached."""
    found = []
    for path in wanted["read"]:
        with contextlib.suppress(OSError), open(path, "rb") as file:
            file.read(1)
            found.append(f"read {path}")
    for path in wanted["list"]:
        with contextlib.suppress(OSError):
            os.listdir(path)
            found.append(f"list {path}")
    for path in wanted["write"]:
        with contextlib.suppress(OSError), open(path, "wb") as file:
            file.write(b"written")
            found.append(f"write {path}")
    for path in wanted["run"]:
        with contextlib.suppress(OSError):
            subprocess.run([path], check=False, stdout=subprocess.DEVNULL)
            found.append(f"run {path}")
    found += [f"variable {name}" for name in wanted["variables"] if name in os.environ]
    found += unseen(wanted["read"], wanted["list"])
    return found + network(port, wanted["sockets"]) + others(process)


def network(port: int, sockets: list[str]) -> list[str]:
    found = []
    # Not typing.Any: this program imports as little as it can.
    places: list[tuple[int, tuple[str, int] | str]] = [(socket.AF_INET, ("127.0.0.1", port))]
    for family, address in places + [(socket.AF_UNIX, one) for one in sockets]:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as ours:
            ours.connect(address)
            found.append(f"connect {address}")
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.sendto(b"x", ("127.0.0.1", port))
        found.append("send")
    for address in sockets:
        with contextlib.suppress(OSError):
            ours, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            ours.sendto(b"x", address)
            found.append(f"send {address}")
    with contextlib.suppress(OSError):
        socket.socketpair()[0].connect(sockets[0])
        found.append("connect a pair")
    return found


def unseen(files: list[str], folders: list[str]) -> list[str]:
    """What Landlock does not see of files."""
    found = []
    for path in files:
        with contextlib.suppress(OSError):
            os.chmod(path, os.stat(path).st_mode & 0o777)
            found.append(f"mode {path}")
        with contextlib.suppress(OSError):
            os.chown(path, -1, -1)
            found.append(f"owner {path}")
        with contextlib.suppress(OSError):
            os.utime(path, (1, 1))
            found.append(f"times {path}")
        with contextlib.suppress(OSError):
            os.setxattr(path, "user.edgebench", b"1")
            found.append(f"attribute {path}")
    libc = ctypes.CDLL(None, use_errno=True)
    for path in folders:
        if libc.inotify_add_watch(libc.inotify_init(), path.encode(), 0xFFF) >= 0:
            found.append(f"watch {path}")
    return found


def others(process: int) -> list[str]:
    found = []
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, process, 0, 0) == 0:  # PTRACE_ATTACH
        found.append("trace")
    for name in ("environ", "mem"):
        with contextlib.suppress(OSError), open(f"/proc/{process}/{name}", "rb") as file:
            found.append(f"/proc {name}: {file.read(8)!r}")
    for name in ("cwd", "fd/0"):
        with contextlib.suppress(OSError):
            os.readlink(f"/proc/{process}/{name}")
            found.append(f"/proc {name}")
    with contextlib.suppress(OSError):
        os.kill(process, 0)
        found.append("signal")
    with contextlib.suppress(OSError):
        resource.prlimit(process, resource.RLIMIT_CORE, (0, 0))
        found.append("limit")
    if (held := libc.shmget(0, 4096, 0o1600)) >= 0:
        found.append("shared memory")
        libc.shmctl(held, 0, None)
    for name, call in (("session", os.setsid), ("namespace", lambda: None)):
        child = (
            libc.syscall(CLONE, NEW_USER | signal.SIGCHLD, 0, 0, 0, 0) if name == "namespace" else os.fork()
        )
        if child == 0:
            try:
                call()
            except OSError:
                os._exit(1)
            os._exit(0)
        if child > 0 and os.waitpid(child, 0)[1] == 0:
            found.append(name)
    return found


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    sys.stdout.write(json.dumps(reached(told["wanted"], told["port"], told["process"])))
