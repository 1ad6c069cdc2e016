"""`Runs`: model files of a build are loaded and run in workers, never in the process that builds."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors.build.engine import Engine
from pytest_edgebench.runtimes.known import usual
from pytest_edgebench.targets.pool import WorkerPool
from pytest_edgebench.workers.sandbox import Sandbox
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.workers.client import Client

    Array = np.ndarray[Any, np.dtype[Any]]


class Runs:
    """Workers as builds use them: one thread, and the usual runtime of each format.

    Args:
        pool: of workers that may read what is built.
    """

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def client(self, fmt: Format, signature: str = "") -> Client:
        """The worker that runs files of a format; errors as `WorkerPool.get`.

        Args:
            signature: of a ``.tflite`` file with several.
        """
        options = (("signature", signature),) if signature and fmt == "tflite" else ()
        return self._pool.get(Spec(usual(fmt), options=options))

    def call(self, fmt: Format, path: Path, inputs: Mapping[str, Array]) -> Sequence[Array]:
        """What a file answers to one call; errors as `Client.call`."""
        return self.client(fmt).call(path, inputs)

    def engine(self, name: str, what: str) -> Engine:
        """What quantizes files.

        Args:
            name: as `known.find` takes it. what: the step, for messages.
        """
        return Engine(name, self._pool, what)


def private(folders: Sequence[Path]) -> Runs:
    """With workers of its own, which end with it.

    Args:
        folders: that they may read.
    """
    for folder in folders:
        with contextlib.suppress(OSError):  # of a cache that is only read
            folder.mkdir(parents=True, exist_ok=True)
    printed = tempfile.mkdtemp(prefix="edgebench-")
    pool = WorkerPool(Path(printed), Sandbox("auto", tuple(folders)))
    runs = Runs(pool)
    weakref.finalize(runs, _end, pool, printed)
    return runs


def _end(pool: WorkerPool, printed: str) -> None:
    pool.close()
    shutil.rmtree(printed, ignore_errors=True)
