"""What a board costs beside this machine, on real ssh servers of loopback."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bench_figure import Figure, figure
from bench_worker import WIDTH, write

from pytest_edgebench.measure import locks
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = 20
X = np.ones((64, WIDTH), np.float32)
HELPER = Path(__file__).parents[1] / "targets" / "loopback_board.py"


def boards(folder: Path, count: int) -> list[Figure]:
    """What a case takes on a board beyond what it takes here, and two boards beside one."""
    folder.mkdir(parents=True)
    paths = [write(folder, layers) for layers in range(1, CASES + 1)]
    both = [_helper().LoopbackBoard(folder / name) for name in ("a", "b")]
    try:
        specs = [Spec("onnxruntime", python=sys.executable, target_ref=board.target_ref()) for board in both]
        over = _overhead(folder, specs[0], paths[: count + 1])
        one = _wall(folder, specs[:1] * 2, paths)
        two = _wall(folder, specs, paths)
    finally:
        for board in both:
            board.switch_off()
    return [
        figure("a case on a loopback board, beyond the same here", 1, "s", over),
        figure(f"{CASES} cases on two boards at once, of the time on one board", 75, "%", [100 * two / one]),
    ]


def _overhead(folder: Path, board: Spec, paths: Sequence[Path]) -> list[float]:
    """Differences for all but the first case, which connects and starts the worker."""
    here = Spec("onnxruntime", python=sys.executable)
    found = []
    with Pool(folder / "printed") as pool:
        for path in paths:
            found.append(_case(pool, board, path) - _case(pool, here, path))
    return found[1:]


def _wall(folder: Path, specs: Sequence[Spec], paths: Sequence[Path]) -> float:
    """Seconds until all cases are done, by a thread for each spec; each board is ready before."""
    with Pool(folder / "printed-0") as first, Pool(folder / "printed-1") as second:
        pools = (first, second)
        for pool, spec in zip(pools, specs, strict=True):
            _case(pool, spec, paths[0])
        shares = (paths[::2], paths[1::2])

        def work(pool: Pool, spec: Spec, share: Sequence[Path]) -> None:
            for path in share:
                _case(pool, spec, path)

        threads = [
            threading.Thread(target=work, args=(pool, spec, share))
            for pool, spec, share in zip(pools, specs, shares, strict=True)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began


def _case(pool: Pool, spec: Spec, path: Path) -> float:
    """Outputs and an absolute latency, as a case of a session needs them."""
    began = time.perf_counter()
    pool.get(spec).run(path, X)
    with locks.timing(spec.target_ref.lock, "a case"):
        pool.get(spec).time(path, X[:1], loads=12, calls=100, seed=0, seconds=0.7)
    return time.perf_counter() - began


def _helper() -> Any:
    """The module that starts ssh servers for the tests."""
    found = importlib.util.spec_from_file_location("loopback_board", HELPER)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
