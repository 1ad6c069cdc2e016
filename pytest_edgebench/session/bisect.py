"""The first commit at which a metric of a case is worse than at a good one, with the gate as the judge."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.base.git import GitError, environment, git, root_of
from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.limit import Slot
from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.record.run import Verdict
from pytest_edgebench.session import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_edgebench.record.run import CaseResult, Row

ONLY = "--limit"
CACHE = ".pytest_cache"


@dataclass(frozen=True, slots=True)
class Found:
    """How a search ended.

    Attributes:
        good: number of the newest commit known to be good, -1 for the given one.
        bad: number of the oldest commit known to be bad; between the two nothing could be judged.
        asked: how many commits were judged.
    """

    good: int
    bad: int
    asked: int


def search(count: int, bad: Callable[[int], bool | None]) -> Found:
    """Halve the commits 0 to count - 1, of which the last is taken to be bad, until one is left.

    At most ceil(log2(count)) commits are asked about, as long as each can be judged.

    Args:
        bad: whether a commit is; None where it cannot be judged: then its nearest neighbours are asked.
    """
    low, high, asked = -1, count - 1, 0
    open_: set[int] = set()
    while True:
        middle = (low + high) // 2
        between = sorted(set(range(low + 1, high)) - open_, key=lambda place: abs(place - middle))
        if not between:
            return Found(low, high, asked)
        answer, asked = bad(between[0]), asked + 1
        if answer is None:
            open_.add(between[0])
        elif answer:
            high = between[0]
        else:
            low = between[0]


class Bisection:
    """One search in the repository round a folder.

    Args:
        folder: where pytest would be started. good, bad: refs. key: of the case. metric: of the case.
        limit: relative to the good commit, e.g. "baseline + 1 %"; "" for the usual one of the metric.
        arguments: more of them for pytest, such as the tests' paths.
        tell: gets a line for each commit that was judged.

    Raises:
        BisectError: no such commits, or the good one is no ancestor of the bad one.
        DeclarationError: a limit that means nothing for the metric.
    """

    def __init__(
        self,
        folder: Path,
        good: str,
        bad: str,
        key: str,
        metric: str,
        limit: str,
        arguments: Sequence[str],
        work: Path,
        tell: Callable[[str], None],
    ) -> None:
        self._folder, self._tree = folder.resolve(), root_of(folder)
        self._key, self._bad, self._arguments, self._work, self._tell = key, bad, arguments, work, tell
        self.limit = parse(metric, limit or usual_limit(metric), ONLY)
        try:
            first, last = (
                git(self._tree, "rev-parse", "--verify", f"{ref}^{{commit}}") for ref in (good, bad)
            )
            self.commits = git(
                self._tree, "rev-list", "--reverse", "--first-parent", "--ancestry-path", f"{first}..{last}"
            ).split()
        except GitError as error:
            raise errors.no_repository(str(error)) from None
        if not self.commits:
            raise errors.not_an_ancestor(good, bad)
        self._first = first
        self._kept = work / "good"
        self._rows: dict[int, Row] = {}
        self._accepted: CaseResult | None = None

    def run(self) -> Found:
        """Search, and make sure that the end is really bad.

        Raises:
            BisectError: the case cannot be measured at the good commit, or the bad one is not worse.
        """
        self._accepted = self._measured(self._first, f"--edgebench-save-baseline={self._kept}")
        found = search(len(self.commits), self._worse)
        if found.bad not in self._rows and self._worse(found.bad) is not True:
            row = self._rows.get(found.bad)
            raise errors.not_worse(self._bad, self.limit.metric, row.reason if row else "it was not measured")
        return found

    def row(self, number: int) -> Row:
        """What was judged at a commit."""
        return self._rows[number]

    def title(self, sha: str) -> str:
        """A commit in one line."""
        return git(self._tree, "show", "--no-patch", "--format=%h %ad %an: %s", "--date=short", sha)

    def _worse(self, number: int) -> bool | None:
        from pytest_edgebench.judge.measurements import Reference, Rules
        from pytest_edgebench.judge.rows import judge_slot
        from pytest_edgebench.judge.stored import facts_of

        sha = self.commits[number]
        try:
            case = self._measured(sha, f"--edgebench-baseline={self._kept}")
        except errors.BisectError as error:
            self._tell(f"{sha[:9]}  cannot be judged: {error.what.splitlines()[0]}")
            return None
        accepted = self._accepted
        assert accepted is not None
        assert accepted.observation is not None
        assert accepted.artifact is not None
        same = case.artifact is not None and case.artifact.digest == accepted.artifact.digest
        slot = Slot(self.limit, "error", ONLY)
        reference = Reference(metrics=accepted.observation.metrics, same_bytes=same)
        row = judge_slot(slot, facts_of(case, [slot], Rules(), reference))
        self._rows[number] = row
        self._tell(f"{sha[:9]}  {row.verdict}  {row.reason}".rstrip())
        return {Verdict.FAIL: True, Verdict.PASS: False}.get(row.verdict)

    def _measured(self, sha: str, option: str) -> CaseResult:
        """Run the tests of the case at a commit, through the cache of the working tree.

        Raises:
            BisectError: it was not measured there.
        """
        from pytest_edgebench.baselines.git_ref import worktree_of
        from pytest_edgebench.record import store

        record = self._work / f"{sha}.json"
        with worktree_of(self._tree, sha, sha[:9], self._work / "trees") as (tree, _):
            place = tree / self._folder.relative_to(self._tree)
            command = [
                sys.executable, "-m", "pytest", "-q", "--no-header", "-k", self._key, option,
                "-o", f"cache_dir={self._folder / CACHE}", f"--edgebench-json={record}",
                "--edgebench-history=off", *self._arguments,
            ]  # fmt: skip
            ended = subprocess.run(
                command, cwd=place if place.is_dir() else tree, env=environment(_plain()), text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        cases = store.read(record, record.name).cases if record.is_file() else ()
        found = next((case for case in cases if case.key == self._key), None)
        if found is None or found.observation is None:
            raise errors.no_case_at(sha, self._key, ended.stdout)
        return found


def usual_limit(metric: str) -> str:
    """What counts as worse without a limit: any change of an exact number or score, 3 % of latency."""
    info = METRICS.get(metric)
    if metric == "latency":
        return "baseline + 3 %"
    sign = "-" if info is None or info.higher_is_better else "+"
    score = info is None or info.cls == "score"
    share = "0.2" if info is not None and info.near_exact else "0"
    return f"baseline {sign} 0 points" if score else f"baseline {sign} {share} %"


def _plain() -> dict[str, str]:
    """Variables of the child: without what a surrounding pytest session set."""
    return {"PYTEST_ADDOPTS": os.environ.get("PYTEST_ADDOPTS", "")}
