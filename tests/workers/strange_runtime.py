"""A runtime file for tests: doubles its input, and misbehaves as its option ``do`` says, when ``at`` says.

``at`` is "load", "call" for each call, or the number of calls before the one that misbehaves.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def describe() -> dict[str, str]:
    known = find_spec("pytest_edgebench") is not None
    return {"name": "strange", "version": "1", "prefix": sys.prefix, "sees_package": str(known)}


def load(path: str, threads: int, options: Mapping[str, Any]) -> Doubling:
    do = MISDEEDS[str(options.get("do", "nothing"))]
    if options.get("at") == "load":
        do()
        do = nothing
    at = str(options.get("at"))
    return Doubling(do, int(at) if at.isdigit() else 0)


class Doubling:
    call: Callable[[], object]

    def __init__(self, do: Callable[[], object], after: int) -> None:
        self._left = after
        self.inputs = [
            {"name": "x", "shape": [None, 2], "dtype": "float32", "scale": None, "zero_point": 0},
        ]
        self.outputs = [
            {"name": "y", "shape": [None, 2], "dtype": "float32", "scale": None, "zero_point": 0},
        ]
        self._do = do
        self.kept: object = None

    def bind(self, arrays: Sequence[Any]) -> None:
        self._x = arrays[0]
        self.call = self._call

    def _call(self) -> None:
        if self._left:
            self._left -= 1
        else:
            self.kept = self._do()
        self._y = self._x * 2

    def results(self) -> list[Any]:
        return [self._y]


def nothing() -> None: ...


def segfault() -> None:
    print("about to crash")  # noqa: T201 - what is printed is the point
    ctypes.string_at(0)


def hang() -> None:
    time.sleep(1000)


def exhaust() -> None:
    """Ask for more than the process may have."""
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    bytearray(5 << 30)


def be_killed() -> None:
    """What the kernel does to a process when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    os._exit(3)


def chatter() -> None:
    print("from Python")  # noqa: T201 - what is printed is the point
    os.write(1, b"from descriptor 1\n")
    libc = ctypes.CDLL(None)
    libc.puts(b"from C")
    libc.fflush(None)
    subprocess.run(["echo", "from a child"], check=True)
    assert sys.stdin.read() == ""


def scribble() -> None:
    """Write into every pipe that is open."""
    for descriptor in range(3, 30):
        try:
            if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                os.write(descriptor, b"nonsense nonsense nonsense")
        except OSError:
            continue


def break_clock() -> None:
    """The next readings of the clock go backwards."""
    real = time.perf_counter_ns
    begun = real()
    time.perf_counter_ns = lambda: begun - (real() - begun)


def fork_and_crash() -> None:
    """Leave a child behind that keeps the pipes open."""
    if os.fork() == 0:
        time.sleep(1000)
    segfault()


def fill_memory() -> Any:
    return np.ones(64 << 20, np.uint8)


def raise_error() -> None:
    raise RuntimeError("operator Foo is not known")


def sleep_25_ms() -> None:
    time.sleep(0.025)


def sleep_200_ms() -> None:
    time.sleep(0.2)


def read_a_secret() -> None:
    Path("/etc/passwd").read_bytes()


MISDEEDS: dict[str, Callable[[], object]] = {
    "nothing": nothing,
    "segfault": segfault,
    "hang": hang,
    "exhaust": exhaust,
    "be_killed": be_killed,
    "leave": leave,
    "chatter": chatter,
    "scribble": scribble,
    "break_clock": break_clock,
    "fork_and_crash": fork_and_crash,
    "fill_memory": fill_memory,
    "raise_error": raise_error,
    "sleep_25_ms": sleep_25_ms,
    "sleep_200_ms": sleep_200_ms,
    "read_a_secret": read_a_secret,
}
