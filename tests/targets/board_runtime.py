"""A runtime file for boards in tests: triples its input, and does what its option ``do`` says."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def describe() -> dict[str, str]:
    return {"name": "board", "version": "1.2.3", "pid": str(os.getpid()), "file": __file__}


def load(path: str, threads: int, options: Mapping[str, Any]) -> Tripling:
    return Tripling(Path(path), str(options.get("do", "nothing")))


class Tripling:
    call: Callable[[], object]

    def __init__(self, path: Path, do: str) -> None:
        self.inputs = [{"name": "x", "shape": [None, 2], "dtype": "float32", "scale": None, "zero_point": 0}]
        self.outputs = [{"name": "y", "shape": [None, 2], "dtype": "float32", "scale": None, "zero_point": 0}]
        self._path, self._do = path, do
        side = path.with_name("side.bin")
        self._more = np.float32(len(side.read_bytes()) if side.exists() else 0)

    def bind(self, arrays: Sequence[Any]) -> None:
        self._x = arrays[0]
        self.call = self._call

    def _call(self) -> None:
        MISDEEDS[self._do](self._path)
        self._y = self._x * 3 + self._more

    def results(self) -> list[Any]:
        return [self._y]


def nothing(path: Path) -> None: ...


def drop(path: Path) -> None:
    """End the server's process of this connection, as when a cable is pulled."""
    pid = os.getppid()
    while pid > 1:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
        if name == "sshd":
            os.kill(pid, signal.SIGKILL)
            break
        pid = int(rest[1])
    time.sleep(1000)


def drop_once(path: Path) -> None:
    mark = path.with_name("dropped")
    if not mark.exists():
        mark.touch()
        drop(path)


def segfault(path: Path) -> None:
    ctypes.string_at(0)


def hang(path: Path) -> None:
    time.sleep(1000)


def quick_clock(path: Path) -> None:
    """From now on the clock goes at double speed."""
    real = time.perf_counter
    began = real()
    time.perf_counter = lambda: began + 2 * (real() - began)
    time.sleep(1)


def slow_clock(path: Path) -> None:
    """From now on the clock goes at a tenth of its speed."""
    real = time.perf_counter
    began = real()
    time.perf_counter = lambda: began + 0.1 * (real() - began)
    time.sleep(0.2)


MISDEEDS: dict[str, Callable[[Path], None]] = {
    "nothing": nothing,
    "drop": drop,
    "drop_once": drop_once,
    "segfault": segfault,
    "hang": hang,
    "quick_clock": quick_clock,
    "slow_clock": slow_clock,
}
