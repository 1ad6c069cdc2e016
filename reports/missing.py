"""What a run does not say, and why: cases that were not run, numbers that were not measured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers
from pytest_edgebench.reports.changes import silences

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_edgebench.record.run import CaseResult, Run
    from pytest_edgebench.reports.changes import Silence

MOST_MISSING = 8


def not_run(run: Run) -> tuple[str, ...]:
    """One sentence for each reason that kept cases from being judged."""
    if not run.cases:
        return ("no case was planned: no test with `edge` was selected, or none matched",)
    groups: dict[tuple[str, str], list[Silence]] = {}
    for silence in silences(run):
        groups.setdefault((silence.status.label, silence.reason), []).append(silence)
    found = []
    for (label, reason), told in groups.items():
        cases = [case for silence in told for case in silence.cases]
        recipes = list(dict.fromkeys(f"{case.model} {case.variant_name}" for case in cases))
        shown = ", ".join(recipes[:3]) + (f" and {len(recipes) - 3} more" if len(recipes) > 3 else "")
        devices = ", ".join(dict.fromkeys(silence.profile for silence in told))
        count = f" ({numbers.plural(len(cases), 'case')})" if len(cases) > 1 else ""
        found.append(f"{label}: {shown} on {devices}{count}: {reason}")
    return tuple(found)


def not_measured(cases: Iterable[CaseResult]) -> tuple[str, ...]:
    """One sentence for each reason that kept numbers from being had; the first `MOST_MISSING` of them."""
    joined: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
    for (reason, metric), profiles in _by_reason(cases).items():
        # Metrics that are missing for one reason on the same profiles are one sentence.
        joined.setdefault((reason, tuple(profiles)), {})[metric] = next(iter(profiles.values()))
    texts = [
        f"{_named(metrics)} on {', '.join(profiles)}: {_reason(reason, metrics, len(profiles))}"
        for (reason, profiles), metrics in joined.items()
    ]
    hidden = len(texts) - MOST_MISSING
    return (*texts[:MOST_MISSING], *([f"and {hidden} more, in the cases below"] if hidden > 0 else []))


def missing(case: CaseResult) -> tuple[tuple[str, str], ...]:
    """(metrics, why they are missing) of one case, each reason once."""
    found: dict[str, dict[str, str]] = {}
    for (reason, metric), profiles in _by_reason([case]).items():
        found.setdefault(reason, {})[metric] = profiles[case.profile]
    return tuple((_named(metrics), _reason(reason, metrics, 1)) for reason, metrics in found.items())


def _by_reason(cases: Iterable[CaseResult]) -> dict[tuple[str, str], dict[str, str]]:
    """(reason without names, metric) → profile → reason as it was recorded."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    nameless: dict[tuple[str, str, str], str] = {}
    for case in cases:
        for metric, reason in (case.observation.missing if case.observation else {}).items():
            words = (reason, metric, case.profile)
            if words not in nameless:
                nameless[words] = _nameless(*words)
            found.setdefault((nameless[words], metric), {}).setdefault(case.profile, reason)
    return found


def _nameless(reason: str, metric: str, profile: str) -> str:
    """A reason in which the metric is "this" and the profile "the profile", so that equal ones are equal."""
    reason = reason.replace(f"no {metric} prediction", "no prediction")
    for name, word in ((metric, "this"), (profile, "the profile")):
        reason = re.sub(rf"(?<![\w\"'.-]){re.escape(name)}(?![\w\"'.-])", word, reason)
    return reason


def _reason(nameless: str, told: dict[str, str], profiles: int) -> str:
    """As recorded where it is of one metric and profile, else without their names."""
    return next(iter(told.values())) if len(told) == 1 and profiles == 1 else nameless


def _named(metrics: Iterable[str]) -> str:
    names: Sequence[str] = [metric.replace("_", " ") for metric in metrics]
    return ", ".join(names)
