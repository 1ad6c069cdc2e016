"""``python tests/bench/suites.py``: every suite from nothing, again from its cache, and planted.

Prints a Markdown table: seconds, how many tests passed, whether every planted case was rejected; then what
each model was scored on. The exit status is 1 where a suite failed, a second run built something, or a
planted recipe passed. Suites are found by their folders.

Options: names of suites, all without any; ``--data`` leaves `EDGEBENCH_DATA` set, without it the suites run
on bundled data; ``--repeat 10`` runs the warm part so often.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import suite_runs

HEADS = ("suite", "cold, s", "warm, s", "cases", "passed", "failed", "planted", "rejected")


@dataclass(frozen=True, slots=True)
class Ended:
    """A session of a suite.

    Attributes:
        status: of pytest. seconds: it took. counts: word of the short summary → tests.
        record: of the run. failed: keys of cases that failed. output: of pytest.
    """

    status: int
    seconds: float
    counts: Counter[str]
    record: dict[str, Any]
    failed: set[str]
    output: str


def session(folder: Path, suite: str, *arguments: str, planted: bool = False, data: bool = False) -> Ended:
    """Run a suite; its folder holds the cache."""
    report = folder / f"{len(list(folder.iterdir()))}.json"
    began = time.monotonic()
    result = suite_runs.run(
        folder, folder / "cache", suite, f"--edgebench-json={report}", *arguments, planted=planted, data=data
    )
    took = time.monotonic() - began
    last = result.stdout.splitlines()[-1] if result.stdout else ""
    counts = Counter({word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last)})
    record = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    failed = suite_runs.outcomes(result, "FAILED")
    return Ended(result.returncode, took, counts, record, failed, result.stdout + result.stderr)


def data_of(record: dict[str, Any]) -> dict[str, str]:
    """Model → what it was scored on."""
    found = {}
    for case in record.get("cases", ()):
        if "observation" in case:
            found[case["model"]] = record["observations"][case["observation"]].get("data", "")
    return found


def tried(suite: str, *, data: bool, repeat: int) -> tuple[list[str], list[str], dict[str, str]]:
    """The cells of a suite's row, what is wrong with it, and its data."""
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cold = session(folder, suite, data=data)
        made = len(suite_runs.built(folder / "cache"))
        warm = [session(folder, suite, data=data) for _ in range(repeat)]
        again = len(suite_runs.built(folder / "cache")) - made
        red = session(folder, suite, "-k", "planted", planted=True, data=data)
    for ended in (cold, *warm):
        if ended.status != 0:
            wrong.append(f"{suite} failed:\n{ended.output}")
    if again:
        wrong.append(f"{suite}: a second run built {again} things")
    rejected = {key for key in red.failed if key.split("-")[1] == "planted"}
    wanted = {case["key"] for case in red.record.get("cases", ()) if case["recipe"] == "planted"}
    if not wanted or rejected != wanted or red.status != 1:
        wrong.append(f"{suite}: planted, but not rejected: {sorted(wanted - rejected) or 'nothing planted'}")
    cells = [
        suite,
        f"{cold.seconds:.0f}",
        "-" if not warm else f"{max(ended.seconds for ended in warm):.0f}",
        str(len(cold.record.get("cases", ()))),
        str(cold.counts["passed"]),
        str(sum(ended.counts["failed"] for ended in (cold, *warm))),
        str(len(wanted)),
        str(len(rejected)),
    ]
    return cells, wrong, data_of(cold.record)


def main() -> int:
    """Print the table; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="Default: all.")
    parser.add_argument("--data", action="store_true", help="Use EDGEBENCH_DATA. Default: bundled data.")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="Warm runs. Default: 1.")
    arguments = parser.parse_args()
    wrong: list[str] = []
    told: dict[str, str] = {}
    total = [0.0, 0.0]
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")  # noqa: T201
    for suite in arguments.suites or suite_runs.SUITES:
        cells, faults, data = tried(suite, data=arguments.data, repeat=arguments.repeat)
        print(f"| {' | '.join(cells)} |", flush=True)  # noqa: T201
        total = [total[0] + float(cells[1]), total[1] + float(cells[2].replace("-", "0"))]
        wrong += faults
        told |= data
    print(f"| all | {total[0]:.0f} | {total[1]:.0f} |{' |' * (len(HEADS) - 3)}\n")  # noqa: T201
    for model, source in told.items():
        print(f"- {model}: {source or 'does not name its data'}")  # noqa: T201
    for fault in wrong:
        print(f"\n{fault}")  # noqa: T201
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
