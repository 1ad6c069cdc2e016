"""Several run records as one: what CI jobs found, each for its shard of the tests or its device."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_edgebench.judge import errors
from pytest_edgebench.judge.matrix import with_adjusted
from pytest_edgebench.record.run import Run, Verdict
from pytest_edgebench.record.span import span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.record.run import CaseResult

Named = tuple[str, Run]
PLANNED = "--edgebench-planned"


def merged(records: Sequence[Named]) -> Run:
    """One run of all records, in the order given.

    A case that two records have, by different tests of the same model file, gets the checks of both and the
    numbers of the first that measured it. p-values are adjusted again, over all records.

    Args:
        records: (name for messages, run); at least one.

    Raises:
        MergeError: records of different commits, a test that two records report, or a case built differently.
    """
    runs = [run for _, run in records]
    commits = {where: run.commit for where, run in records}
    if len(set(commits.values())) > 1:
        raise errors.mixed_commits(commits)
    cases = with_adjusted(_cases(records))
    started, duration_s = span(runs)
    return Run(
        started=started,
        duration_s=duration_s,
        command=runs[0].command if len({run.command for run in runs}) == 1 else (),
        commit=runs[0].commit,
        branch=", ".join(dict.fromkeys(run.branch for run in runs if run.branch)),
        dirty=any(run.dirty for run in runs),
        environment=_environment(records),
        versions=_facts([(where, run.versions) for where, run in records]),
        profiles={
            name: _facts([(where, run.profiles[name]) for where, run in records if name in run.profiles])
            for name in dict.fromkeys(name for run in runs for name in run.profiles)
        },
        cases=cases,
        problems=tuple(f"{where}: {problem}" for where, run in records for problem in run.problems),
        notes=_notes(records),
        baseline=_baseline(records),
        loosened=tuple(dict.fromkeys(line for run in runs for line in run.loosened)),
    )


def missing(run: Run, records: int, *, shards: int | None, min_cases: int | None) -> list[str]:
    """What a joined run lacks, one sentence each.

    Args:
        records: number of those it was joined from. shards: how many were expected.
        min_cases: how many cases must have been judged.
    """
    silent = (Verdict.NOT_RUN, Verdict.UNSUPPORTED)
    judged = sum(case.verdict not in silent for case in run.cases)
    found = []
    if shards is not None and records < shards:
        found.append(errors.missing_shards(records, shards))
    if shards is not None and records > shards:
        found.append(errors.too_many_shards(records, shards))
    if min_cases is not None and judged < min_cases:
        found.append(errors.too_few_cases(judged, min_cases))
    elif not judged:
        found.append(errors.nothing_judged())
    return found


def passes(run: Run) -> bool:
    """Whether no test failed and the run itself has no problem."""
    return not run.problems and not any(check.failed for case in run.cases for check in case.checks)


def _cases(records: Sequence[Named]) -> list[CaseResult]:
    found: dict[str, CaseResult] = {}
    seen: dict[tuple[str, str], str] = {}
    homes: dict[str, str] = {}
    for where, run in records:
        for case in run.cases:
            for check in case.checks:
                first = seen.setdefault((case.key, check.nodeid), where)
                if first != where:
                    raise errors.test_twice(case.key, check.nodeid, first, where)
            known = found.get(case.key)
            if known is None:
                found[case.key], homes[case.key] = case, where
                continue
            if known.artifact and case.artifact and known.artifact.digest != case.artifact.digest:
                raise errors.other_file(case.key, homes[case.key], where)
            found[case.key] = dataclasses.replace(
                known,
                checks=(*known.checks, *case.checks),
                artifact=known.artifact or case.artifact,
                observation=known.observation or case.observation,
                parent=known.parent or case.parent,
                pairs={**case.pairs, **known.pairs},
            )
    return list(found.values())


def _environment(records: Sequence[Named]) -> Mapping[str, str]:
    if len(records) == 1:
        return records[0][1].environment
    told = {
        where: f"{len(run.cases):,} cases: pytest {' '.join(run.command)}".rstrip() for where, run in records
    }
    return {**_facts([(where, run.environment) for where, run in records]), **told}


def _baseline(records: Sequence[Named]) -> Mapping[str, str]:
    """What the records were compared with; each job may have built its own from one commit."""
    told = [(where, run.baseline) for where, run in records]
    facts = _facts(told)
    made = sorted(baseline["made"] for _, baseline in told if baseline.get("made"))
    if made:
        facts["made"] = made[0]
    if len({(baseline.get("name"), baseline.get("commit")) for _, baseline in told}) > 1:
        shown = [
            (where, f"{one.get('name', '-')} {one.get('commit', '')[:9]}".strip()) for where, one in told
        ]
        facts |= _facts([(where, {"name": name}) for where, name in shown]) | {"commit": ""}
    return facts


def _facts(given: Sequence[tuple[str, Mapping[str, str]]]) -> dict[str, str]:
    """Facts of several records: those that all have in common once, the others with their record's name."""
    found = {}
    for key in dict.fromkeys(key for _, facts in given for key in facts):
        values: dict[str, list[str]] = {}
        for where, facts in given:
            values.setdefault(facts.get(key, "-"), []).append(where)
        several = "; ".join(f"{value} ({', '.join(homes)})" for value, homes in values.items())
        found[key] = several if len(values) > 1 else next(iter(values))
    return found


def _notes(records: Sequence[Named]) -> tuple[str, ...]:
    """Notes that all records have once, others after their record's name."""
    told: dict[str, list[str]] = {}
    for where, run in records:
        for note in run.notes:
            told.setdefault(note, []).append(where)
    notes = [
        note if len(homes) == len(records) else f"{', '.join(homes)}: {note}" for note, homes in told.items()
    ]
    alone = [where for where, run in records if _noisy(run) and not _planned(run)]
    if alone and len(records) > 1:
        notes.append(errors.shard_level(", ".join(alone)))
    return tuple(notes)


def _noisy(run: Run) -> bool:
    """Whether latencies were compared, among which the chance of a wrong FAIL is shared."""
    rows = (row for case in run.cases for check in case.checks for row in check.rows)
    return any(row.p is not None and row.metric == "latency" for row in rows)


def _planned(run: Run) -> bool:
    return any(argument.partition("=")[0] == PLANNED for argument in run.command)
