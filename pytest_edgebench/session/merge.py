"""Plan, outcomes and what was found of each case, merged into the record of a run."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_edgebench.declare.limit import Reference
    from pytest_edgebench.record.baseline import Baseline
    from pytest_edgebench.record.plan import Plan
    from pytest_edgebench.record.run import CaseResult, Check, Run
    from pytest_edgebench.session.messages import Outcomes
    from pytest_edgebench.settings.resolve import Settings


MOST_OF_CACHE = 5
"""Lines on the cache in a report."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a session knows of itself.

    Attributes:
        root: pytest's root folder; places are told from it. started: seconds since the epoch.
        command: the arguments pytest was given. run_folder: None where nothing was planned.
        stopped: whether it ended before its last test.
    """

    root: Path
    started: float
    command: tuple[str, ...]
    run_folder: Path | None
    stopped: bool


def unheard(plan: Plan, outcomes: Outcomes) -> list[str]:
    """One sentence for each planned test that never reported."""
    from pytest_edgebench.session import errors

    return [errors.never_heard(key, node) for node, key in plan.tests.items() if node not in outcomes]


def never_judged(plan: Plan, outcomes: Outcomes, root: Path) -> list[str]:
    """Budgets of tests that passed, which no `edge.check()` looked at."""
    from pytest_edgebench.declare.limit import Limit, Slot
    from pytest_edgebench.declare.use import BudgetUse

    use = BudgetUse()
    for node, one in outcomes.nodes():
        if one.judged:
            use.judge(one.key, one.places)
        if not one.passed:
            continue
        slots = [
            Slot(
                Limit(slot.metric, slot.statistic, cast("Reference", slot.reference), 0.0, "", slot.text),
                "error",
                slot.place,
            )
            for slot in plan.slots.get(node, ())
        ]
        use.plan(node.partition("[")[0], one.key, slots)
    return [message.replace(f"{root}/", "") for message in use.messages()]


def never_attached(plan: Plan, outcomes: Outcomes, root: Path) -> list[str]:
    """Budgets that were made for tests to get them while they run, and that no check judged."""
    judged = {place for _, one in outcomes.nodes() for place in one.places}
    told = {place: words for place, words in plan.pending.items() if place not in outcomes.made}
    told |= {place: words for place, (words, _) in outcomes.made.items()}
    return [words.replace(f"{root}/", "") for place, words in told.items() if place not in judged]


def run_of(
    settings: Settings,
    plan: Plan,
    outcomes: Outcomes,
    facts: Facts,
    baseline: Baseline | None,
    notes: Sequence[str],
    loosened: Sequence[str] = (),
) -> Run:
    """The record of a run, still without its problems. What was heard is let go of on the way."""
    from pytest_edgebench.baselines import find
    from pytest_edgebench.judge.matrix import with_adjusted
    from pytest_edgebench.profiles.text import as_text
    from pytest_edgebench.record import environment
    from pytest_edgebench.record.run import Run
    from pytest_edgebench.workers.sandbox import Sandbox

    remarks: dict[str, None] = {}
    cases = with_adjusted(_cases(plan, outcomes, facts, remarks), settings.planned)
    told = dict.fromkeys(plan.warnings)
    host, header = environment.host(), {}
    if baseline is not None:
        header = find.header(baseline, host)
        told |= dict.fromkeys(find.notes(baseline, host))
    told |= remarks | dict.fromkeys((*_of_cache(facts.run_folder), *notes))
    commit = environment.commit(settings.root)
    return Run(
        started=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(facts.started)),
        duration_s=time.time() - facts.started,
        command=facts.command,
        commit=commit.sha,
        branch=commit.branch,
        dirty=commit.dirty,
        environment={**host, "sandbox": Sandbox(settings.sandbox).told()},
        versions=environment.versions(),
        profiles={name: as_text(profile) for name, profile in settings.profiles.items()},
        cases=cases,
        notes=tuple(told),
        baseline=header,
        loosened=tuple(loosened),
    )


def _cases(plan: Plan, outcomes: Outcomes, facts: Facts, remarks: dict[str, None]) -> tuple[CaseResult, ...]:
    """What was heard and found of each case, one after the other: all of it at once would fill memory.

    Args:
        remarks: takes those of all cases.
    """
    from pytest_edgebench.record.codec import SharingDecoder
    from pytest_edgebench.record.layers import Layers
    from pytest_edgebench.record.run import (
        ArtifactRecord,
        CaseResult,
        Check,
        Observation,
        PairRecord,
        Verdict,
    )

    decoder = SharingDecoder("the run folder")
    checks: dict[str, list[Check]] = {key: [] for key in plan.cases}
    for _, one in outcomes.nodes():
        checks.setdefault(one.key, []).append(decoder.decode(Check, one.check(), ""))
    for node, key in plan.tests.items():
        if node not in outcomes:
            verdict = Verdict.NOT_RUN if facts.stopped else Verdict.ERROR
            reason = "the session ended before it" if facts.stopped else "planned, but never heard of"
            checks[key].append(Check(node, verdict, reason=reason, failed=True))
    outcomes.clear()
    root = f"{facts.root}/"
    found = []
    for key, heard in checks.items():
        model, recipe, variant, profile, place = plan.cases[key]
        known = _found(facts.run_folder, key)
        remarks |= dict.fromkeys(known.get("remarks", ()))
        found.append(
            CaseResult(
                key, model, recipe, variant, profile, place.replace(root, ""),
                tuple(_near(check, root) for check in heard),
                decoder.decode(ArtifactRecord | None, known.get("artifact"), ""),
                decoder.decode(Observation | None, known.get("observation"), ""),
                decoder.decode(Observation | None, known.get("parent"), ""),
                {name: decoder.decode(PairRecord, v, "") for name, v in known.get("pairs", {}).items()},
                layers=decoder.decode(Layers | None, known.get("layers"), ""),
            )
        )  # fmt: skip
    return tuple(found)


def _of_cache(run_folder: Path | None) -> list[str]:
    """What all processes told of the cache; many lines as some and a count."""
    from pytest_edgebench.case.toolbox import CACHE_NOTES

    if run_folder is None:
        return []
    try:
        text = (run_folder / CACHE_NOTES).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    lines = [*dict.fromkeys(text.splitlines())]
    more = len(lines) - MOST_OF_CACHE
    return lines if more <= 0 else [*lines[:MOST_OF_CACHE], f"{more} more notes on the cache"]


def _found(run_folder: Path | None, key: str) -> dict[str, Any]:
    """What was found of a case; empty where it was not built, or its process was killed while it wrote."""
    if run_folder is None:
        return {}
    try:
        text = (run_folder / "cases" / f"{key}.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
    except (OSError, ValueError):
        return {}
    return found


def _near(check: Check, root: str) -> Check:
    """The check with places told from the root folder."""
    rows = tuple(replace(row, place=row.place.replace(root, "")) for row in check.rows)
    return replace(check, rows=rows, reason=check.reason.replace(root, ""))
