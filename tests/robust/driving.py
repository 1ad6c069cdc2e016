"""Damaged inputs given to a reader in a process of its own: no traceback, no hang, bounded memory.

``python driving.py READER FIRST LAST`` prints a line of JSON for each input: what became of it. Which input a
number stands for depends on the reader's name and the number alone.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PATIENCE_S = 20  # for one input
MEMORY = 3 << 30  # bytes above what the libraries take


@dataclass
class Drive:
    """What became of all inputs of a reader.

    Attributes:
        counts: "refused", "accepted", "traceback", "hang", "crash", "changed" (accepted with another meaning
            where check sums should tell) → inputs.
        failures: of all but the first two, the input's number and what was said.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)


def drive(name: str, first: int, last: int) -> Drive:
    """Give the inputs `first` to `last` to a reader; after a crash another process goes on behind it."""
    found = Drive()
    at = first
    while at < last:
        ended = subprocess.run(
            [sys.executable, str(HERE / "driving.py"), name, str(at), str(last)],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith('{"at"')]
        for line in lines:
            found.counts[line["what"]] += 1
            if line["what"] not in ("refused", "accepted"):
                found.failures.append((line["at"], line["said"]))
        at = lines[-1]["at"] + 1 if lines else at
        if ended.returncode:
            if not lines and ended.returncode > 0:
                raise RuntimeError(ended.stderr)
            found.counts["crash"] += 1
            found.failures.append((at, f"status {ended.returncode}: {ended.stderr[-500:]}"))
            at += 1
    return found


def damaged(name: str, number: int, folder: Path, seeds: list[bytes]) -> bytes:
    """Input `number` of a reader."""
    from bad_readers import READERS

    chance = random.Random(f"{name}/{number}")
    return READERS[name].mutate(chance.choice(seeds), chance)


class Hang(BaseException):
    """An input took too long."""


def _hang(*_: Any) -> None:
    raise Hang


def main(name: str, first: int, last: int) -> None:
    from bad_readers import READERS

    from pytest_edgebench.base.errors import EdgebenchError

    warnings.simplefilter("ignore")
    reader = READERS[name]
    signal.signal(signal.SIGALRM, _hang)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    with tempfile.TemporaryDirectory(prefix="driving-") as text:
        folder = Path(text)
        (folder / "link.bin").symlink_to("/etc/passwd")
        os.mkfifo(folder / "pipe")
        seeds = reader.seeds(folder)
        whole = [reader.read(folder, seed) for seed in seeds]  # imports what it takes, and is accepted
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        for at in range(first, last):
            content = damaged(name, at, folder, seeds)
            said = ""
            signal.alarm(PATIENCE_S)
            try:
                meaning = reader.read(folder, content)
                what = "changed" if reader.exact and meaning not in whole else "accepted"
            except EdgebenchError as error:
                what, said = "refused", str(error)
                if not said.isascii() and not said.replace("\n", "").replace("\t", "").isprintable():
                    what = "traceback"
                elif len(said) > 12_000:
                    what, said = "traceback", f"a message of {len(said)} characters"
            except Hang:
                what, said = "hang", traceback.format_exc()
            except BaseException:  # noqa: BLE001 - whatever comes out is counted
                what, said = "traceback", traceback.format_exc()
            signal.alarm(0)
            out.write(json.dumps({"at": at, "what": what, "said": said[-3000:]}) + "\n")
            out.flush()


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
