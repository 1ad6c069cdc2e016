"""A neighbour that uses a CPU in bursts: now and then up to two seconds, then up to two of rest."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def bursts(wanted: bool) -> Iterator[None]:
    """Have one for this block, where wanted."""
    if not wanted:
        yield
        return
    process = subprocess.Popen([sys.executable, __file__, str(os.getpid())])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def main(parent: int) -> None:
    """Work and rest in turns for as long as the parent lives."""
    chance = random.Random()
    while os.getppid() == parent:
        end = time.monotonic() + chance.uniform(0.05, 2)
        while time.monotonic() < end:
            sum(i * i for i in range(1000))
        time.sleep(chance.uniform(0.05, 2))


if __name__ == "__main__":
    main(int(sys.argv[1]))
