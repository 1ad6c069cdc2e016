"""The likely cause of a regression: what a case was made of then and now, and what of it differs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_edgebench.judge.formatting import number, percent
from pytest_edgebench.record.run import Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNEXPLAINED = "unexplained: nothing recorded differs"
MOST = 4


@dataclass(frozen=True, slots=True)
class Made:
    """What a case was made of.

    Attributes:
        model: digest of the uncompressed model for the same profile; "" when unknown.
        artifact: digest of the file. steps: of the recipe, with their parameters.
        versions: distribution → version of the libraries that made it.
        runtime: name, version, threads of what ran it. profile, host: facts.
        ops: op type → nodes. counts: "parameters", "macs" → number.
    """

    model: str
    artifact: str
    steps: Sequence[str]
    versions: Mapping[str, str]
    runtime: Mapping[str, str]
    profile: Mapping[str, str] = field(default_factory=dict)
    host: Mapping[str, str] = field(default_factory=dict)
    ops: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, float] = field(default_factory=dict)


def cause(then: Made, now: Made) -> str:
    """One sentence naming what differs, what most likely matters first; `UNEXPLAINED` where nothing does."""
    source, recipe = _source(then, now), _recipe(then, now)
    # Another file of the same model is what a changed recipe leads to, not why.
    made = [*recipe, *source] if recipe and _same_model(then, now) else [*source, *recipe]
    found = [*made, *_environment(then, now)]
    if not found:
        return UNEXPLAINED
    more = len(found) - MOST
    return "; ".join(found[:MOST]) + (f"; and {more} more" if more > 0 else "")


def explained(row: Row, told: str) -> Row:
    """A row that is worse than the baseline, with its likely cause."""
    worse = row.reference == "baseline" and row.verdict is Verdict.FAIL and row.measured is not None
    return replace(row, cause=told) if worse and told else row


def _source(then: Made, now: Made) -> list[str]:
    """The network itself: its digest, its size, its operations."""
    if then.artifact == now.artifact:
        return []
    counts = []
    for name, title in (("parameters", "parameters"), ("macs", "multiply-accumulates")):
        old, new = then.counts.get(name), now.counts.get(name)
        if old and new and old != new:
            counts.append(f"{title} {number(old)} → {number(new)} ({percent(100 * (new / old - 1))})")
    ops = [
        f"{now.ops.get(name, 0) - then.ops.get(name, 0):+d} {name}"
        for name in sorted({*then.ops, *now.ops})
        if now.ops.get(name, 0) != then.ops.get(name, 0)
    ]
    if ops:
        counts.append(f"operations {', '.join(ops[:MOST])}" + (", …" if len(ops) > MOST else ""))
    if not _same_model(then, now):
        return [
            f"the uncompressed model changed: {', '.join(counts) or 'other weights, the same operations'}"
        ]
    return [f"the compressed file changed: {', '.join(counts)}"] if counts else []


def _same_model(then: Made, now: Made) -> bool:
    """Whether the models are not known to differ."""
    return not then.model or not now.model or then.model == now.model


def _recipe(then: Made, now: Made) -> list[str]:
    """Steps and their parameters, and the libraries that carry them out."""
    found = []
    if tuple(then.steps) != tuple(now.steps):
        gone = [step for step in then.steps if step not in now.steps]
        new = [step for step in now.steps if step not in then.steps]
        moved = "the order of its steps" if not gone and not new else ""
        said = moved or f"{', '.join(gone) or 'nothing'} → {', '.join(new) or 'nothing'}"
        found.append(f"the recipe changed: {said}")
    changed = _differences(then.versions, now.versions)
    return found + ([f"built with {', '.join(changed)}"] if changed else [])


def _environment(then: Made, now: Made) -> list[str]:
    found = []
    runtime = _differences(then.runtime, now.runtime, ("name", "version", "threads", "options"))
    found += [f"the runtime changed: {', '.join(runtime)}"] if runtime else []
    profile = _differences(then.profile, now.profile) if then.profile and now.profile else []
    found += [f"the profile changed: {', '.join(profile)}"] if profile else []
    host = _differences(then.host, now.host, ("cpu", "cpu_features", "machine")) if then.host else []
    return found + ([f"another machine: {', '.join(host)}"] if host else [])


def _differences(
    then: Mapping[str, str], now: Mapping[str, str], names: Sequence[str] | None = None
) -> list[str]:
    return [
        f"{name} {then.get(name, 'none')} → {now.get(name, 'none')}"
        for name in names or sorted({*then, *now})
        if then.get(name, "") != now.get(name, "")
    ]
