"""What a worker tells of the machine it runs on, and has its kernel do.

Loaded by the worker by its path, so it may import nothing but Python's own library. Mistakes are raised as
``ValueError(code, facts)``, see `pytest_edgebench.workers.errors`.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import platform
import re
import signal
import sys
import time
from functools import cache
from pathlib import Path

SYSTEM = Path("/sys")
PR_SET_PDEATHSIG = 1


def reading(board: bool) -> dict[str, float | str | None]:
    """Load average of a minute, stolen CPU seconds since boot, and when this was read; of a board, more."""
    steal = None
    with contextlib.suppress(OSError, IndexError):
        stat = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
        steal = int(stat.split()[8]) / os.sysconf("SC_CLK_TCK")
    more = _board() if board else {}
    at_s = time.perf_counter()
    return {"load": os.getloadavg()[0], "steal_s": steal, "at_s": at_s, "clock_s": _clock(), **more}


def _board() -> dict[str, float | str | None]:
    """Temperature of the hottest zone in °C, governor of the first CPU's clock, CPUs that may be used.

    https://docs.kernel.org/driver-api/thermal/sysfs-api.html, admin-guide/pm/cpufreq.html
    """
    degrees: list[float] = []
    governor = None
    for zone in SYSTEM.glob("class/thermal/thermal_zone*/temp"):
        with contextlib.suppress(OSError, ValueError):  # some sensors sleep
            degrees.append(int(zone.read_text(encoding="ascii")) / 1000)
    with contextlib.suppress(OSError):
        path = SYSTEM / "devices/system/cpu/cpu0/cpufreq/scaling_governor"
        governor = path.read_text(encoding="ascii").strip()
    cpus = len(os.sched_getaffinity(0))
    return {"celsius": max(degrees, default=None), "governor": governor, "cpus": cpus}


@cache
def _clock() -> float:
    """The smallest step that the clock really takes, in seconds."""
    now = time.perf_counter_ns
    stamps = [now() for _ in range(1000)]
    return min((b - a for a, b in itertools.pairwise(stamps) if b > a), default=0) / 1e9


@cache
def cpu() -> str:
    """Name of the processor, or of the board."""
    with contextlib.suppress(OSError):
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        found = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", text, re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def peak_bytes() -> int:
    """The most memory this process has held; what getrusage says may include the parent's."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    except OSError:
        found = None
    if found is None:
        raise ValueError("memory", {"system": platform.system()})
    return int(found[1]) * 1024


def die_with(parent: int) -> None:
    """Have the kernel end this process when `parent` ends; the end of stdin alone is not enough, since a
    child of the parent may keep the pipe open, or a runtime hang."""
    if parent and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit("the parent is gone")
