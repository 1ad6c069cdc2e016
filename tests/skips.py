"""``python tests/skips.py LOG``: which tests a run of pytest skipped, and whether each may be.

LOG holds what ``pytest -ra`` printed. Every reason must match a pattern of ``.ci/skips.txt``, so that a test
that silently stops running is noticed.
"""

from __future__ import annotations

import fnmatch
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ALLOWED = Path(__file__).parents[1] / ".ci" / "skips.txt"
COLOUR = re.compile(r"\x1b\[[\d;]*m")
SKIPPED = re.compile(r"^SKIPPED \[(?P<count>\d+)\] (?P<place>\S+?:\d+|\S+): (?P<reason>.*)$")
SUMMARY = re.compile(r"^(?:=+ )?(?=.*\b(?:passed|failed|skipped|errors?)\b).* in [\d.]+s\b.*$")
COUNT = re.compile(r"\b(\d+) skipped\b")


class SkipsError(ValueError):
    """The log or the list cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Tests skipped at one place.

    Attributes:
        count: how many tests. place: ``file:line``. reason: as the test gave it.
    """

    count: int
    place: str
    reason: str


def read_allowed(text: str) -> list[str]:
    """The patterns of a list.

    Raises:
        SkipsError: a pattern has no comment above it.
    """
    patterns, explained = [], False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            explained = True
        elif not line.strip():
            explained = False
        elif not explained:
            raise SkipsError(f"line {number}: {line!r} needs a comment above it that says why")
        else:
            patterns.append(line.strip())
    return patterns


def read_log(text: str) -> list[Skip]:
    """What pytest skipped, from its short test summary.

    Raises:
        SkipsError: there is no summary, or its count differs from the lines found.
    """
    lines = [COLOUR.sub("", line).rstrip() for line in text.splitlines()]
    found = [
        Skip(int(match["count"]), match["place"], match["reason"])
        for match in map(SKIPPED.match, lines)
        if match
    ]
    summaries = [line for line in lines if SUMMARY.match(line)]
    if not summaries:
        raise SkipsError('the log has no summary line of pytest ("... passed in 3.21s")')
    counted = COUNT.search(summaries[-1])
    expected, listed = int(counted[1]) if counted else 0, sum(skip.count for skip in found)
    if expected != listed:
        raise SkipsError(f"pytest skipped {expected} tests, but the log names {listed}; run it with -ra")
    return found


def unlisted(found: list[Skip], patterns: list[str]) -> list[Skip]:
    """Skips whose reason matches no pattern."""
    return [
        skip for skip in found if not any(fnmatch.fnmatchcase(skip.reason, pattern) for pattern in patterns)
    ]


def _by_reason(found: list[Skip]) -> dict[str, int]:
    """Reason → number of tests, most first."""
    counts: Counter[str] = Counter()
    for skip in found:
        counts[skip.reason] += skip.count
    return dict(counts.most_common())


def main(arguments: list[str], allowed: Path = ALLOWED) -> int:
    """Print what was skipped.

    Returns:
        the exit status: 0 when every skip is listed, 1 when one is not, 2 when log or list cannot be read.
    """
    try:
        found = read_log(Path(arguments[0]).read_text(encoding="utf-8"))
        patterns = read_allowed(allowed.read_text(encoding="utf-8"))
    except (OSError, SkipsError) as error:
        sys.stderr.write(f"skipped tests cannot be checked: {error}\n")
        return 2
    wrong = unlisted(found, patterns)
    sys.stdout.write(f"{sum(skip.count for skip in found)} tests skipped\n")
    for reason, count in _by_reason(found).items():
        sys.stdout.write(f"  {count} x {reason}\n")
    for skip in wrong:
        sys.stdout.write(f"NOT LISTED: {skip.count} x {skip.place}: {skip.reason}\n")
    if wrong:
        sys.stdout.write(f"make these tests run, or add the reason and why to {allowed}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
