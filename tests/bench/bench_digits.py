"""The digits suite: cold, again, and in four processes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench_figure import Figure, figure, python, seconds

if TYPE_CHECKING:
    from pathlib import Path

STOPWATCH = '''
"""Adds up how long this process held the machine for timing."""
import contextlib
import os
import time
from pathlib import Path

from pytest_edgebench.measure import locks

held, real = [], locks.timing


@contextlib.contextmanager
def timing(*arguments, **named):
    with real(*arguments, **named) as found:
        began = time.perf_counter()
        try:
            yield found
        finally:
            held.append(time.perf_counter() - began)


locks.timing = timing


def pytest_unconfigure():
    Path(f"held-{os.getpid()}.txt").write_text(str(sum(held)))
'''


@dataclass(frozen=True, slots=True)
class Ended:
    """A run of the suite.

    Attributes:
        other_s: seconds of it in which nothing was timed. built: how often each thing was built.
        compared: how many pairs of files were timed. record: of the run.
    """

    other_s: float
    built: Counter[str]
    compared: int
    record: dict[str, Any]


def suite(folder: Path, cache: Path, processes: int) -> Ended:
    """Run the digits suite in a new folder.

    The wait before an absolute budget is confirmed is timing, too, so there is none; a comparison may take
    two seconds.
    """
    folder.mkdir(parents=True)
    (folder / "stopwatch.py").write_text(STOPWATCH, encoding="utf-8")
    before = set(cache.glob("d/edgebench/runs/*"))
    # Without the plugins that happen to be installed here: each import of theirs would count as ours.
    command = python(
        "-m", "pytest", "-q", "-ppytest_edgebench.plugin", "-pxdist", "-pstopwatch",
        f"-ocache_dir={cache}", f"-n{processes}",
        "-oedgebench_cap_seconds=2", "-oedgebench_confirm_seconds=0", "--edgebench-json=run.json",
        "--pyargs", "pytest_edgebench.suites.digits",
    )  # fmt: skip
    took = seconds(
        command, folder, (0, 1), {"PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    )
    held = sum(float(path.read_text(encoding="utf-8")) for path in folder.glob("held-*.txt"))
    (run,) = set(cache.glob("d/edgebench/runs/*")) - before
    log = run / "built.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    compared = len(list((run / "memo" / "pairs").glob("*.json")))
    return Ended(took - held, Counter(lines), compared, record)


def again(folder: Path, count: int) -> list[Figure]:
    """Runs of the unchanged suite after a cold one, and one in four processes with a cache of its own."""
    cold = suite(folder / "cold", folder / "cache", 0)
    warm = [suite(folder / f"warm{number}", folder / "cache", 0) for number in range(count)]
    four = suite(folder / "four", folder / "cache4", 4)
    shares = [100 * run.other_s / cold.other_s for run in warm]
    built = float(max(run.built.total() for run in warm))
    # A process that exports needs the module itself, which nothing but its function can make; files are
    # built once.
    files = {line for line in four.built if not line.endswith("making the model")}
    repeated = sum(max(0, four.built[line] - cold.built[line]) for line in files)
    repeated += abs(four.compared - cold.compared)
    return [
        figure("second run of the digits suite: all but timing, of the cold run's", 10, "%", shares),
        Figure("second run of the digits suite: compressions", 0, built, "", n=count),
        Figure("-n 4 beside -n 0: other verdicts", 0, _different(verdicts, cold, four), ""),
        Figure("-n 4 beside -n 0: cases with other exact metrics", 0, _different(exact, cold, four), ""),
        Figure("-n 4: files and comparisons made more than once", 0, float(repeated), ""),
    ]


def _different(told: Any, one: Ended, other: Ended) -> float:
    first, second = told(one.record), told(other.record)
    return float(sum(first.get(key) != second.get(key) for key in first.keys() | second.keys()))


def verdicts(record: dict[str, Any]) -> dict[str, str]:
    """Test → verdict."""
    return {check["nodeid"]: check["verdict"] for case in record["cases"] for check in case["checks"]}


def exact(record: dict[str, Any]) -> dict[str, str]:
    """Case → its file and exact metrics, as the bytes of a sorted JSON text."""
    found = {}
    for case in record["cases"]:
        metrics = record["observations"][case["observation"]]["metrics"]
        kept = {name: m for name, m in metrics.items() if m["evidence"] == "static" or name == "accuracy"}
        found[case["key"]] = json.dumps([record["artifacts"][case["artifact"]], kept], sort_keys=True)
    return found
