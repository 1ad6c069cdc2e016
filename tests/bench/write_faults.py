"""``python tests/bench/write_faults.py [--step 7] [--kills 60]``: each call that writes fails in its turn.

A small project runs with the n-th call that writes failing, for n from 1 to the last, by each error and by a
kill; then it runs again. The second session must leave the same bytes as sessions in which nothing failed
(times apart), the first must not end well without all that was asked for, and nothing unfinished may stay.
Then some sessions are killed at a random moment.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))
from faulty import ERRORS, library, trial, undisturbed  # type: ignore[import-not-found]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--step", type=int, default=1, help="every so many calls")
    parser.add_argument("--from", dest="first", type=int, default=1, help="number of the first call")
    parser.add_argument("--kills", type=int, default=60, help="sessions killed at a random moment")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--errors", default=",".join(ERRORS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="write-faults-") as text:
        folder = Path(text).resolve()
        loaded = library(folder)
        began = time.monotonic()
        known = undisturbed(folder / "undisturbed", loaded)
        took = (time.monotonic() - began) / 2
        sys.stdout.write(f"{known.calls} calls write\n")
        tries = [
            (f"{name} at call {known.log[at - 1]}", name, {"at": at, "with_": ERRORS[name]})
            for at in range(arguments.first, known.calls + 1, arguments.step)
            for name in arguments.errors.split(",")
        ]
        chance = random.Random(0)
        for _ in range(arguments.kills):
            after = chance.uniform(0.2, 1.2) * took
            tries.append((f"killed after {after:.2f} s", "random kill", {"kill_after_s": after}))
        counts: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        with ThreadPoolExecutor(arguments.jobs) as pool:
            waiting = [
                (title, kind, pool.submit(trial, folder / f"trial{number}", loaded, known, **terms))
                for number, (title, kind, terms) in enumerate(tries)
            ]
            for title, kind, result in waiting:
                said = result.result()
                counts[kind] += 1
                if said:
                    wrong[kind] += 1
                    sys.stdout.write(f"{title}: {said[:2500]}\n")
                    sys.stdout.flush()
        for kind, number in counts.items():
            sys.stdout.write(f"{kind:12} {number:5} tried, {wrong[kind]:4} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
