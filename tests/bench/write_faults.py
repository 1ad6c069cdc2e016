"""``python tests/bench/write_faults.py [--step 7] [--kills 60]``: each call that writes fails in its turn.

A small project runs with the n-th call that writes failing, for n from 1 to the last, by each error and by a
kill; then it runs again. The second session must leave the same bytes as sessions in which nothing failed
(times apart), the first must not end well without all that was asked for, and nothing unfinished may stay.
Before that some sessions are killed at a random moment.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))
from faulty import ERRORS, Sessions, trial, undisturbed  # type: ignore[import-not-found]

STRIDE = 16


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--step", type=int, default=1, help="every so many calls")
    parser.add_argument("--from", dest="first", type=int, default=1, help="number of the first call")
    parser.add_argument("--kills", type=int, default=60, help="sessions killed at a random moment")
    parser.add_argument("--errors", default=",".join(ERRORS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="write-faults-") as text:
        folder = Path(text).resolve()
        sessions = Sessions(folder)
        known = undisturbed(folder / "undisturbed", sessions)
        began = time.monotonic()
        assert trial(folder / "none", sessions, known) == ""
        took = (time.monotonic() - began) / 2
        sys.stdout.write(f"{known.calls} calls write, a session takes {took:.1f} s\n")
        tries: list[tuple[str, str, dict[str, Any]]] = []
        chance = random.Random(0)
        for _ in range(arguments.kills):
            after = chance.uniform(0.02, 1.2) * took
            tries.append((f"killed after {after:.2f} s", "random kill", {"kill_after_s": after}))
        calls = range(arguments.first, known.calls + 1, arguments.step)
        tries += [
            (f"{name} at call {known.log[at - 1]}", name, {"at": at, "with_": ERRORS[name]})
            for start in range(STRIDE)  # so that a part of it says something of all
            for at in calls[start::STRIDE]
            for name in arguments.errors.split(",")
        ]
        counts: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        for number, (title, kind, terms) in enumerate(tries, 1):
            said = trial(folder / f"trial{number}", sessions, known, **terms)
            counts[kind] += 1
            if said:
                wrong[kind] += 1
                sys.stdout.write(f"{title}: {said[:2500]}\n")
            if said or number % 20 == 0:
                sys.stdout.write(f"{number} of {len(tries)} tried, {wrong.total()} wrong\n")
                sys.stdout.flush()
        sessions.close()
        for kind, number in counts.items():
            sys.stdout.write(f"{kind:12} {number:5} tried, {wrong[kind]:4} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
