"""What keeping workers apart from the machine costs: at their start, and in a call of 0.4 ms."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from bench_figure import Figure, figure, in_turns
from bench_worker import WIDTH, write

from pytest_edgebench.targets.host import Host
from pytest_edgebench.workers.client import Client
from pytest_edgebench.workers.sandbox import OFF, Sandbox
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = 340  # about 0.4 ms
CALLS = 400


def sandboxed(folder: Path, count: int) -> list[Figure]:
    """A worker in the sandbox against one without, in turns and in random order."""
    folder.mkdir(parents=True, exist_ok=True)
    path = write(folder, LAYERS)
    held = Sandbox("require", (folder,))
    starts = in_turns(lambda: _start(OFF, folder), lambda: _start(held, folder), count)
    usual = _call(OFF, folder, path)
    calls = in_turns(lambda: _call(OFF, folder, path), lambda: _call(held, folder, path), 3 * count)
    return [
        figure(
            "worker start in the sandbox, beyond one without", 60, "ms", [1e3 * value for value in starts]
        ),
        figure(
            f"a call of {1e3 * usual:.2f} ms in the sandbox, beyond one without",
            1,
            "%",
            [100 * value / usual for value in calls],
        ),
    ]


def _client(sandbox: Sandbox, folder: Path) -> Client:
    spec = Spec("onnxruntime")
    target = Host(spec.target_ref)
    target.sandbox = sandbox
    return Client(spec, folder, target)


def _start(sandbox: Sandbox, folder: Path) -> float:
    began = time.perf_counter()
    with _client(sandbox, folder) as client:
        client.describe()
        return time.perf_counter() - began


def _call(sandbox: Sandbox, folder: Path, path: Path) -> float:
    """Seconds of the usual fastest call of some loads, in a worker of its own.

    Two workers that are kept differ by where their memory lies, by some percent and for as long as they live.
    """
    sample: dict[str, Any] = {"x": np.ones((1, WIDTH), np.float32)}
    with _client(sandbox, folder) as client:
        timing = client.time(path, sample, loads=3, calls=CALLS, seed=1)
    return float(np.median([calls.min() for calls in timing.calls_s]))
