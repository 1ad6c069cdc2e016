"""``python tests/coverage_of.py [ROOM...]``: every line and branch of these rooms is run by their own tests.

Only tests that run in one process count: a line that only a whole session reaches has no test of its own
that says what it does. Without a room, those that are kept at 100 %. The exit status is 0 where nothing is
missing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Room:
    """What is measured, and by which tests.

    Attributes:
        folder: of the package, from the root. files: patterns of its files, from the root.
        tests: files and folders, from the root.
    """

    folder: str
    files: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "judge": Room(
        "pytest_edgebench/judge",
        ("pytest_edgebench/judge/*",),
        ("tests/judge", "tests/record/test_merge.py"),
    ),
    "cache": Room(
        "pytest_edgebench/artifacts",
        ("pytest_edgebench/artifacts/cache.py", "pytest_edgebench/artifacts/store/*"),
        tuple(
            f"tests/artifacts/test_cache{part}.py"
            for part in ("", "_changed", "_first", "_large", "_old", "_seal", "_trust")
        ),
    ),
    "record": Room(
        "pytest_edgebench/record",
        ("pytest_edgebench/record/*",),
        (
            *(
                f"tests/record/test_{part}.py"
                for part in (
                    "baseline_files", "baseline_text", "codec", "environment", "frame", "history", "merge",
                    "metric_sources", "older_schema", "phase", "plan", "store", "store_parts",
                )
            ),
            "tests/reports/test_report_progress.py", "tests/baselines/test_find.py",
        ),
    ),
    "baselines": Room(
        "pytest_edgebench/baselines",
        ("pytest_edgebench/baselines/*",),
        tuple(
            f"tests/baselines/test_{part}.py"
            for part in (
                "accounting", "checkout", "find", "git_ref", "git_ref_child", "moved", "reference", "terms",
                "update",
            )
        ),
    ),
}  # fmt: skip


def covered(rooms: Sequence[Room], root: Path = ROOT) -> int:
    """Run the tests of some rooms, two rooms at once, and print what they miss of these; the exit status.

    Args:
        root: holds pyproject.toml, the package and the tests.
    """
    folder = root / "build" / "coverage"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sources = ",".join(dict.fromkeys(room.folder for room in rooms))
    files = ",".join(file for room in rooms for file in room.files)
    command = [sys.executable, "-m", "coverage"]

    def measured(numbered: tuple[int, Room]) -> subprocess.CompletedProcess[str]:
        number, room = numbered
        run = [*command, "run", "--branch", f"--data-file={folder / f'data.{number}'}", f"--source={sources}"]
        # A fixed order, so that what is covered does not depend on it.
        pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-m", "", *room.tests]
        return subprocess.run([*run, *pytest], cwd=root, check=False, stdout=subprocess.PIPE, text=True)

    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(measured, enumerate(rooms)):
            sys.stdout.write(done.stdout)
            if done.returncode:
                return done.returncode
    data = f"--data-file={folder / 'data'}"
    report = ["report", data, f"--include={files}", "--show-missing", "--skip-covered", "--fail-under=100"]
    for rest in (["combine", "--quiet", data, str(folder)], report):
        status = subprocess.run([*command, *rest], cwd=root, check=False).returncode
        if status:
            return status
    return 0


def main(names: Sequence[str]) -> int:
    """Measure the rooms of these names; the exit status."""
    unknown = [name for name in names if name not in ROOMS]
    if unknown:
        sys.stderr.write(f"unknown room {unknown[0]!r}; expected: {', '.join(ROOMS)}\n")
        return 2
    return covered([ROOMS[name] for name in names or ROOMS])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
