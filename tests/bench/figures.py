"""``python tests/bench/figures.py``: what pytest-edgebench costs, against what it may cost.

Prints a Markdown table, a line a figure as soon as it is measured, and ends with status 1 where one is not
met. ``--quick`` takes fewer values, to see that all works. Only figures of an otherwise idle machine mean
anything.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import bench_boards
import bench_digits
import bench_identity
import bench_report
import bench_report_memory
import bench_sandbox
import bench_start
import bench_worker

from pytest_edgebench.record import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench_figure import Figure

PARTS = ("start", "worker", "identity", "digits", "boards", "report")


def figures(folder: Path, parts: list[str], *, quick: bool) -> Iterator[Figure]:
    """Measure one after the other."""
    if "start" in parts:
        yield bench_start.loading(folder / "load", 7 if quick else 31)
        yield from bench_start.importing(folder / "import", 7 if quick else 31)
        yield bench_start.collecting(folder / "collect", 3 if quick else 15)
    if "worker" in parts:
        yield bench_worker.starting(folder / "worker", 5 if quick else 15)
        yield from bench_worker.looping(folder / "loop", 5 if quick else 21)
        yield from bench_sandbox.sandboxed(folder / "sandbox", 5 if quick else 21)
    if "identity" in parts:
        yield bench_identity.recording(folder / "identity", 5 if quick else 15)
    if "digits" in parts:
        yield from bench_digits.again(folder / "digits", 1 if quick else 6)
    if "boards" in parts:
        yield from bench_boards.boards(folder / "boards", 6 if quick else 19)
    if "report" in parts:
        yield from bench_report.pages(folder / "report", 3 if quick else 15)
        yield bench_report_memory.memory(folder / "memory", 1_000 if quick else 10_000)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer values")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these of {', '.join(PARTS)}")
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in PARTS:
            parser.error(f"there is no part {part!r}; the parts are {', '.join(PARTS)}")
    facts = environment.host()
    print(f"{facts.get('cpu', '')}, {facts.get('cpus', '')} cores, {datetime.date.today()}\n")  # noqa: T201
    print("| what | target | median | 95 % | n | |\n|---|---|---|---|---|---|")  # noqa: T201
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for found in figures(Path(folder), arguments.parts or list(PARTS), quick=arguments.quick):
            print(found.line(), flush=True)  # noqa: T201
            failed |= not found.ok
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
