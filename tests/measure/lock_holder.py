"""A process for tests: takes a lock, says so, and holds it until told to let go.

``lock_holder.py KIND PATH WHAT [fork]`` with KIND entry, building or timing: prints "held" (after the number
of a forked child) and waits for a line.
``lock_holder.py loop FOLDER NAME SECONDS``: builds again and again, so long each, until stdin ends.
"""

from __future__ import annotations

import os
import select
import sys
import time
from pathlib import Path

from pytest_edgebench.measure import locks


def main(kind: str, path: Path, what: str, *more: str) -> None:
    if kind == "loop":
        while not select.select([sys.stdin], [], [], 0)[0]:
            with locks.building(what, folder=path):
                time.sleep(float(more[0]))
                say("built")
        return
    lock = {
        "entry": lambda: locks.entry_lock(path, what),
        "building": lambda: locks.building(what, folder=path),
        "timing": lambda: locks.timing(what=what, folder=path),
    }[kind]()
    with lock:
        if more == ("fork",):
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            say(str(child))
        say("held")
        sys.stdin.readline()
    say("free")
    sys.stdin.readline()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], *sys.argv[4:])
