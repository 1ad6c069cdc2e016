"""The folder of one session, shared by its processes; those of earlier sessions go."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from typing import IO, TYPE_CHECKING

from pytest_edgebench.base.folder_lock import own, unowned

if TYPE_CHECKING:
    from pathlib import Path

OWNER = "owner.lock"
"""In a run folder; its session holds the lock on it, in whichever container that lives."""
KEPT = 2
"""Folders of earlier sessions that stay, for whoever looks for the cause of a failure."""


def make(runs: Path, started: float) -> tuple[Path, IO[bytes]]:
    """A new run folder, with the file whose lock this process holds on it.

    Args:
        runs: the folder of all run folders. started: seconds since the epoch.

    Raises:
        OSError: it cannot be written.
    """
    runs.mkdir(parents=True, exist_ok=True)
    _sweep(runs)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(started))
    folder = runs / f"{stamp}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
    staged = runs.with_name(f".{folder.name}")  # not seen by others before it is owned
    staged.mkdir()
    owner = own(staged / OWNER)
    try:
        staged.rename(folder)
    except BaseException:
        owner.close()
        shutil.rmtree(staged, ignore_errors=True)
        raise
    return folder, owner


def leave(folder: Path, owner: IO[bytes]) -> None:
    """Let go of a run folder; one that holds nothing else goes: a project without cases is left alone."""
    with owner, contextlib.suppress(OSError):  # a temporary cache may have taken the folder with it
        if [path.name for path in folder.iterdir()] == [OWNER]:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(runs: Path) -> None:
    earlier = sorted(path for path in runs.iterdir() if path.is_dir())
    for path in earlier:
        with contextlib.suppress(OSError), unowned(path / OWNER) as free:
            if free and path not in earlier[-KEPT:]:
                shutil.rmtree(path, ignore_errors=True)
            elif free:  # what a session that was killed had begun to write
                for begun in path.rglob(".*.tmp"):
                    begun.unlink()
