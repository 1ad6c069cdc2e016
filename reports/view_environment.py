"""What the numbers come from: the machine, versions, runtimes, the noise of the machine, profiles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers
from pytest_edgebench.reports.data_sources import data_sources
from pytest_edgebench.reports.view_cases import only_described, runtime_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.record.run import Run

WAS = "was "
"""Begins the keys of `Run.baseline` that are facts of its machine which differ from this one's."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A titled list of facts of the environment."""

    title: str
    pairs: tuple[tuple[str, str], ...]


def environment(run: Run) -> tuple[Facts, ...]:
    """The facts in groups; a group without any is left out."""
    was = {key.removeprefix(WAS): value for key, value in run.baseline.items() if key.startswith(WAS)}
    baseline = {key: value for key, value in run.baseline.items() if not key.startswith(WAS)}
    groups = [
        Facts("Machine", _pairs(run.environment, was)),
        Facts("Versions", _pairs(run.versions)),
        Facts("Runtimes", _runtimes(run)),
        Facts("Data", tuple((names, told) for told, names in data_sources(run).items())),
        Facts("Noise floor", _noise(run)),
        Facts("Baseline", _pairs(baseline)),
        *(Facts(f"Profile {name}", _pairs(facts)) for name, facts in run.profiles.items()),
    ]
    return tuple(group for group in groups if group.pairs)


def _pairs(facts: Mapping[str, str], was: Mapping[str, str] | None = None) -> tuple[tuple[str, str], ...]:
    found = []
    for key, value in facts.items():
        before = (was or {}).get(key, value)
        text = value if before == value else f"{value} (was {before})"
        if value:
            found.append((key.replace("_", " "), text))
    return tuple(found)


def _runtimes(run: Run) -> tuple[tuple[str, str], ...]:
    """Profiles → what ran there; those that are only described are told apart, because nothing did."""
    found: dict[tuple[str, bool], list[str]] = {}
    for case in run.cases:
        if case.observation is not None and case.observation.runtime:
            key = runtime_text(case.observation.runtime), only_described(run, case.profile)
            profiles = found.setdefault(key, [])
            if case.profile not in profiles:
                profiles.append(case.profile)
    return tuple(
        (
            ", ".join(profiles),
            f"nothing ran there; the score is from {text}, on the machine of this run" if described else text,
        )
        for (text, described), profiles in found.items()
    )


def _noise(run: Run) -> tuple[tuple[str, str], ...]:
    """Profile → what comparing a file with a copy of itself gave, the widest of its cases."""
    found: dict[str, tuple[float, ...]] = {}
    for case in run.cases:
        for pair in case.pairs.values():
            if len(pair.noise) == 3 and all(math.isfinite(one) for one in pair.noise):
                known = found.get(case.profile)
                if known is None or _width(pair.noise) > _width(known):
                    found[case.profile] = pair.noise
    return tuple(
        (
            profile,
            f"a file against its own copy: {_percent(noise[0])} [{_percent(noise[1])}, {_percent(noise[2])}]",
        )
        for profile, noise in found.items()
    )


def _width(noise: tuple[float, ...]) -> float:
    return noise[2] - noise[1]


def _percent(ratio: float) -> str:
    """The change in percent that the logarithm of a ratio stands for."""
    try:
        return numbers.change(100 * math.expm1(ratio), "%")
    except OverflowError:  # a ratio that is beyond any float
        return numbers.change(math.inf, "%")
