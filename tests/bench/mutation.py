"""``python tests/bench/mutation.py``: how many small mistakes in `judge` its tests notice.

Each mutant is one change to one file (see `mutants`), in a copy of the package. The tests that run its line
are run, the fastest first, until one fails: then it is killed. A mutant that no test notices survived, and is
printed with its line; some survivors are no mistakes, as they change no result. The score is the share
of those killed, with its 95 % interval (Wilson). Ends with status 1 where it is under the goal.

``--all`` tries every mutant in place of a seeded sample; names of files (``scores.py``) take those only.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mutants import Mutant, mutants, mutated

from pytest_edgebench.judge.proportion import wilson

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from typecheck import PACKAGE, link  # noqa: E402

JUDGE = ROOT / PACKAGE / "judge"
TESTS = ("tests/judge", "tests/record/test_merge.py")
WORK = ROOT / "build" / "mutation"
GOAL, SAMPLE, PROCESSES = 0.9, 120, 2
PYTEST = (
    "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
    f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml"),
)  # fmt: skip
"""Started in the folder of the copy, since Python looks for packages there first."""
FEWEST_SECONDS = 60.0
"""After so long, and ten times what its tests take, a mutant that does not end counts as killed."""


@dataclass(frozen=True, slots=True)
class Tests:
    """Which tests to run.

    Attributes:
        seconds: test → how long it takes. lines: (file, line) → the tests that run it.
    """

    seconds: dict[str, float]
    lines: dict[tuple[str, int], set[str]]

    def of(self, file: str, mutant: Mutant) -> list[str]:
        """Those that run its line, the fastest first; all for what is run at import."""
        found = self.lines.get((file, mutant.line), set()) if mutant.inside else set(self.seconds)
        return sorted(found, key=lambda test: (self.seconds[test], test))


def environment(folder: Path, **more: str) -> dict[str, str]:
    """For a Python that imports the package as it is below `folder`.

    No bytecode: of two mutants of the same length within a second the first would be run twice.
    """
    own = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return {**os.environ, **own, **more}


def copied(folder: Path) -> Path:
    """The package below a new folder: `judge` copied, all else linked."""
    shutil.rmtree(folder, ignore_errors=True)
    judge = link(folder) / PACKAGE / "judge"
    judge.unlink()
    shutil.copytree(JUDGE, judge, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def listened() -> Tests:
    """Run all tests once and see which run which line.

    Raises:
        SystemExit: they fail without any mutant.
    """
    import coverage

    folder = copied(WORK / "whole")
    data, seconds = WORK / "data", WORK / "seconds.json"
    judge = folder / PACKAGE / "judge"
    command = [sys.executable, "-m", "coverage", "run", f"--data-file={data}", f"--source={judge}"]
    more = {"MUTATION_SECONDS": str(seconds)}
    own = environment(folder, **more)
    own["PYTHONPATH"] += os.pathsep + str(Path(__file__).parent)
    command += [*PYTEST, "-p", "mutation_contexts", *(str(ROOT / test) for test in TESTS)]
    ended = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"the tests fail without any mutant:\n{ended.stdout[-3000:]}{ended.stderr[-2000:]}")
    found = coverage.CoverageData(str(data))
    found.read()
    lines = {
        (Path(file).name, line): set(tests) - {""}
        for file in found.measured_files()
        for line, tests in found.contexts_by_lineno(file).items()
    }
    if not any(lines.values()):
        sys.exit(f"the tests run no line of the copy in {judge}: another one comes first on the path")
    tests = Tests(json.loads(seconds.read_text(encoding="utf-8")), lines)
    # Without a mutant each is found by its name: else not finding it would count as noticing a mutant.
    named = run(list(tests.seconds), folder, None, "--collect-only")
    if named.returncode:
        sys.exit(f"tests are not found again by their names:\n{named.stdout[-3000:]}")
    return tests


def run(
    tests: list[str], folder: Path, limit_s: float | None, *more: str
) -> subprocess.CompletedProcess[str]:
    """Run some tests on the copy below `folder`.

    Raises:
        subprocess.TimeoutExpired: after `limit_s` seconds.
    """
    arguments = folder / "tests.txt"  # there may be more than a command line holds
    arguments.write_text("\n".join(str(ROOT / test) for test in tests), encoding="utf-8")
    command, own = [sys.executable, *PYTEST, *more, f"@{arguments}"], environment(folder)
    return subprocess.run(
        command, cwd=folder, env=own, capture_output=True, text=True, timeout=limit_s, check=False
    )


def killed(file: str, mutant: Mutant, tests: Tests, folder: Path) -> bool:
    """Whether a test fails, or does not end, with the mutant in the copy below `folder`."""
    names = tests.of(file, mutant)
    if not names:
        return False
    place = folder / PACKAGE / "judge" / file
    own = place.read_text(encoding="utf-8")
    place.write_text(mutated(own, mutant), encoding="utf-8")
    limit_s = FEWEST_SECONDS + 10 * sum(tests.seconds[test] for test in names)
    try:
        return run(names, folder, limit_s).returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        place.write_text(own, encoding="utf-8")


def chosen(files: list[str], count: int | None, seed: int) -> list[tuple[str, Mutant]]:
    """Mutants of these files (of all: none named), in their order; `count` of them, None for all."""
    found = [
        (path.name, mutant)
        for path in sorted(JUDGE.glob("*.py"))
        if not files or path.name in files
        for mutant in mutants(path.read_text(encoding="utf-8"))
    ]
    if count is None or count >= len(found):
        return found
    return [found[i] for i in sorted(random.Random(seed).sample(range(len(found)), count))]


def main() -> int:
    """Print survivors and the score; 1 where it is under the goal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="files of judge; default: all")
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default: %(default)s)")
    given = parser.parse_args()
    mistakes = chosen(given.files, None if given.all else given.sample, given.seed)
    if not mistakes:
        names = ", ".join(sorted(path.name for path in JUDGE.glob("*.py")))
        parser.error(f"no mutant in {', '.join(given.files)}; files of judge: {names}")
    tests = listened()
    folders: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for number in range(PROCESSES):
        folders.put(copied(WORK / str(number)))

    def tried(one: tuple[str, Mutant]) -> bool:
        folder = folders.get()
        try:
            return killed(*one, tests, folder)
        finally:
            folders.put(folder)

    count = 0
    with ThreadPoolExecutor(PROCESSES) as pool:
        for (file, mutant), dead in zip(mistakes, pool.map(tried, mistakes), strict=True):
            count += dead
            if not dead:
                sys.stdout.write(f"survived: {JUDGE.name}/{file}:{mutant.line}: {mutant.what}\n")
                sys.stdout.flush()
    low, high = wilson(count, len(mistakes))
    share = count / len(mistakes)
    sys.stdout.write(
        f"{count:,} of {len(mistakes):,} mutants killed: {share:.1%} "
        f"(95 % interval {low:.1%} to {high:.1%}); {len(mistakes) - count:,} survived; goal {GOAL:.0%}\n"
    )
    return int(share < GOAL)


if __name__ == "__main__":
    sys.exit(main())
