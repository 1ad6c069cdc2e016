"""Profiles side by side for the same recipes: which recipe is best where, and which ones nobody needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports import numbers, status
from pytest_edgebench.reports.scores import is_higher_better, is_score
from pytest_edgebench.reports.summary import brief, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.record.run import CaseResult, Metric, Run

ORIGINAL = "original"


@dataclass(frozen=True, slots=True)
class Axis:
    """A metric that recipes are compared by, in one unit for a model's whole table."""

    metric: str
    title: str
    higher_is_better: bool
    unit: numbers.Unit


@dataclass(frozen=True, slots=True)
class Entry:
    """One recipe on one profile.

    Attributes:
        metrics: those of the axes that are known.
        best: axes on which it is shown to be better than another recipe, and none is shown to be better.
        pareto: no other recipe on the profile is shown to be better on one axis and worse on none.
        key: of the case; "" for the uncompressed model where that is no case of its own.
        why: it has no numbers, else "".
        moved: this run is worse or better than the baseline there.
        before: metric → the baseline's number. limits: metric → (bound, words), the strictest.
    """

    recipe: str
    profile: str
    metrics: Mapping[str, Metric]
    best: frozenset[str] = frozenset()
    pareto: bool = False
    key: str = ""
    why: str = ""
    moved: bool = False
    before: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The recipes of a model on all profiles.

    Attributes:
        evidence: (profile, axis) → the kinds of evidence there.
        entries: recipe → profile → entry; a pair that was not declared is left out.
        wins: (profile, [(axis, recipes that are best)]) for profiles with two recipes or more; an axis on
            which none is shown to be better is left out.
    """

    model: str
    axes: tuple[Axis, ...]
    profiles: tuple[str, ...]
    evidence: Mapping[tuple[str, str], str]
    entries: Mapping[str, Mapping[str, Entry]]
    wins: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def comparisons(runs: Sequence[tuple[str, Run]]) -> tuple[Comparison, ...]:
    """One comparison a model, in the order of the runs.

    Args:
        runs: (name, run); the profiles of a run that another has too are called ``profile (name)``.
    """
    homes: dict[str, set[str]] = {}
    for name, run in runs:
        for case in run.cases:
            homes.setdefault(case.profile, set()).add(name)
    found: dict[str, list[tuple[str, CaseResult]]] = {}
    for name, run in runs:
        for case in run.cases:
            shown = f"{case.profile} ({name})" if len(homes[case.profile]) > 1 else case.profile
            found.setdefault(case.model, []).append((shown, case))
    return tuple(_comparison(model, cases) for model, cases in found.items())


def better(first: Metric, second: Metric, axis: Axis) -> bool:
    """Whether a number is shown to be better than another.

    Scores are those of the same samples and exact numbers are exact: they are compared as they are. Others
    must lie apart with their whole 95 % intervals, which for timings of two processes is still no proof.
    """
    sign = 1.0 if axis.higher_is_better else -1.0
    # What is only "at least" so much may be any larger number.
    if (second if axis.higher_is_better else first).floor:
        return False
    if is_score(axis.metric) or None in (first.low, first.high, second.low, second.high):
        return sign * (first.value - second.value) > 0
    one, other = ((m.low or 0.0, m.high or 0.0) for m in (first, second))
    return one[0] > other[1] if axis.higher_is_better else one[1] < other[0]


def cell(entry: Entry, axes: Sequence[Axis]) -> list[tuple[str, bool]]:
    """For each axis the number in the axis' unit, "–" for none, and whether it is the best there."""
    return [
        (
            axis.unit.bare(entry.metrics[axis.metric].value) if axis.metric in entry.metrics else "–",
            axis.metric in entry.best,
        )
        for axis in axes
    ]


def _comparison(model: str, cases: Sequence[tuple[str, CaseResult]]) -> Comparison:
    entries: dict[str, dict[str, Entry]] = {}
    parents: dict[str, Entry] = {}
    for profile, case in cases:
        recipe = case.variant_name
        seen = case.observation.metrics if case.observation is not None else {}
        why = "" if seen else f"{status.of_case(case).label}: {sentence(brief(case))}"
        entries.setdefault(recipe, {})[profile] = Entry(
            recipe,
            profile,
            seen,
            key=case.key,
            why=why,
            moved=_moved(case),
            before=_before(case),
            limits=_limits(case),
        )
        if case.parent is not None:
            parents.setdefault(profile, Entry(ORIGINAL, profile, case.parent.metrics))
    if ORIGINAL not in entries and parents:
        entries[ORIGINAL] = parents
    everyone = [entry for row in entries.values() for entry in row.values()]
    axes = _axes([case for _, case in cases], everyone)
    profiles = tuple(dict.fromkeys(profile for profile, _ in cases))
    evidence: dict[tuple[str, str], str] = {}
    wins = []
    for profile in profiles:
        here = [row[profile] for row in entries.values() if profile in row and row[profile].metrics]
        for axis in axes:
            kinds = [entry.metrics[axis.metric].evidence for entry in here if axis.metric in entry.metrics]
            if kinds:
                evidence[profile, axis.metric] = ", ".join(dict.fromkeys(kinds))
        for entry in _ranked(here, axes):
            entries[entry.recipe][profile] = entry
        if len(here) > 1:
            wins.append((profile, _wins([row[profile] for row in entries.values() if profile in row], axes)))
    return Comparison(model, axes, profiles, evidence, entries, tuple(wins))


def _moved(case: CaseResult) -> bool:
    """Whether a judged number is proven to differ from the baseline's."""
    rows = (row for check in case.checks for row in check.rows if row.reference == "baseline")
    return any(status.improved(row) or (row.verdict is Verdict.FAIL and row.measured) for row in rows)


def _before(case: CaseResult) -> dict[str, float]:
    """The baseline's numbers of a case."""
    return {
        f"{row.metric}.{row.statistic}" if row.statistic else row.metric: row.reference_value
        for check in case.checks
        for row in check.rows
        if row.reference == "baseline" and row.reference_value is not None
    }


def _limits(case: CaseResult) -> dict[str, tuple[float, str]]:
    """The strictest written limit of each metric of a case."""
    found: dict[str, tuple[float, str]] = {}
    for check in case.checks:
        for row in check.rows:
            if row.bound is None or not row.place or row.statistic not in ("", "p50"):
                continue
            key = f"{row.metric}.{row.statistic}" if row.statistic else row.metric
            known = found.get(key)
            stricter = known is None or (row.bound > known[0]) == row.higher_is_better
            if stricter:
                found[key] = (row.bound, row.limit)
    return found


def _axes(cases: Sequence[CaseResult], entries: Sequence[Entry]) -> tuple[Axis, ...]:
    known = dict.fromkeys(name for entry in entries for name in entry.metrics)
    memory = "ram" if "ram" in known else "memory"
    wanted = ["size", *(name for name in known if is_score(name)), "latency.p50", memory]
    axes = []
    for name in wanted:
        if name not in known:
            continue
        here = [entry.metrics[name] for entry in entries if name in entry.metrics]
        unit = numbers.unit_for([metric.value for metric in here], here[0].unit)
        axes.append(Axis(name, name.replace(".", " "), is_higher_better(name, cases), unit))
    return tuple(axes)


def _ranked(here: Sequence[Entry], axes: Sequence[Axis]) -> list[Entry]:
    """The entries of one profile with `best` and `pareto` filled in."""
    if len(here) < 2:
        return list(here)
    shared = [axis for axis in axes if all(axis.metric in entry.metrics for entry in here)]

    def beats(first: Entry, second: Entry, axis: Axis) -> bool:
        return better(first.metrics[axis.metric], second.metrics[axis.metric], axis)

    found = []
    for entry in here:
        others = [other for other in here if other is not entry]
        best = frozenset(
            axis.metric
            for axis in shared
            if not any(beats(other, entry, axis) for other in others)
            and any(beats(entry, other, axis) for other in others)
        )
        dominated = any(
            any(beats(other, entry, axis) for axis in shared)
            and not any(beats(entry, other, axis) for axis in shared)
            for other in others
        )
        pareto = bool(shared) and not dominated
        found.append(replace(entry, best=best, pareto=pareto))
    return found


def _wins(here: Sequence[Entry], axes: Sequence[Axis]) -> tuple[tuple[str, str], ...]:
    found = []
    for axis in axes:
        winners = [entry.recipe for entry in here if axis.metric in entry.best]
        if winners:
            found.append((axis.title, ", ".join(winners)))
    return tuple(found)


def axis_text(axis: Axis) -> str:
    """``latency p50, ms``."""
    return f"{axis.title}, {axis.unit.sign}" if axis.unit.sign else axis.title


def rungs_text(comparison: Comparison, profile: str) -> str:
    """``static · host · host``: the evidence on a profile, in the order of the axes."""
    return " · ".join(comparison.evidence.get((profile, axis.metric), "–") for axis in comparison.axes)
