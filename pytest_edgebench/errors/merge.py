"""Messages about joining run records: what cannot be one run, and what is missing from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import EdgebenchError

if TYPE_CHECKING:
    from collections.abc import Mapping


class MergeError(EdgebenchError):
    """Run records that cannot be joined."""


def mixed_commits(commits: Mapping[str, str]) -> MergeError:
    told = ", ".join(f"{where} of {commit[:9] or 'no commit'}" for where, commit in commits.items())
    return MergeError(
        f"the run records are of different commits: {told}", fix="join records of one commit only"
    )


def test_twice(key: str, nodeid: str, first: str, second: str) -> MergeError:
    return MergeError(
        f"{nodeid} judged {key} in {first} too",
        where=second,
        fix="give each record once, and let each job run its own tests or profiles "
        "(--edgebench-profile=NAME)",
    )


def other_file(key: str, first: str, second: str) -> MergeError:
    return MergeError(
        f"{key} is another model file here than in {first}",
        where=second,
        fix="run all tests of a case in one job, or let the jobs share pytest's cache folder",
    )


def missing_shards(given: int, expected: int) -> str:
    return (
        f"{given} of {expected} run records were given: a job wrote none; look at the jobs, "
        "or change --shards"
    )


def too_many_shards(given: int, expected: int) -> str:
    return f"{given} run records were given, {expected} were expected: change --shards, or leave one out"


def too_few_cases(judged: int, least: int) -> str:
    return (
        f"{judged} cases were judged, {least} is the least that must be: see what was not run, "
        "or change --min-cases"
    )


def nothing_judged() -> str:
    return "no case was judged in any record"


def no_count(given: str) -> str:
    return f"{given!r} is no whole number above 0"


def shard_level(names: str) -> str:
    return (
        f"{names} did not say --edgebench-planned: the chance that an unchanged model fails was shared among "
        "the comparisons of each record alone, so over all records it is larger"
    )
