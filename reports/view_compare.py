"""Comparisons as the page shows them: plain texts and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports.compare import cell, comparisons
from pytest_edgebench.reports.tradeoff import tradeoff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.reports.compare import Axis, Comparison

MOST_FIGURES = 8


@dataclass(frozen=True, slots=True)
class ProfileView:
    """A profile and the evidence behind its numbers, in the order of the axes."""

    name: str
    rungs: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """A cell: `why` where there are no numbers, else `figures` as (number, best)."""

    why: str
    pareto: bool = False
    figures: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class RecipeView:
    name: str
    cells: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """The table of a model: axes like ``size, kB``; `wins` is empty, or has (axis, recipes) a profile."""

    model: str
    axes: tuple[str, ...]
    profiles: tuple[ProfileView, ...]
    rows: tuple[RecipeView, ...]
    wins: tuple[tuple[tuple[str, str], ...], ...]
    figures: tuple[tuple[str, str], ...]


def compared(runs: Sequence[tuple[str, Run]]) -> tuple[ComparisonView, ...]:
    """What the page shows; at most `MOST_FIGURES` figures are drawn, in the order of models and profiles."""
    left = MOST_FIGURES
    found = []
    for comparison in comparisons(runs):
        drawn: list[tuple[str, str]] = []
        for profile in comparison.profiles:
            if len(drawn) < left and (figure := tradeoff(comparison, profile)):
                drawn.append((profile, figure))
        left -= len(drawn)
        found.append(_view(comparison, tuple(drawn)))
    return tuple(found)


def axis_text(axis: Axis) -> str:
    """``latency p50, ms``."""
    return f"{axis.title}, {axis.unit.sign}" if axis.unit.sign else axis.title


def _view(comparison: Comparison, figures: tuple[tuple[str, str], ...]) -> ComparisonView:
    axes, profiles = comparison.axes, comparison.profiles
    wins = dict(comparison.wins)
    rows = []
    for recipe, entries in comparison.entries.items():
        cells = []
        for profile in profiles:
            entry = entries.get(profile)
            if entry is None or not entry.metrics:
                cells.append(EntryView(entry.why if entry is not None else "not declared"))
            else:
                cells.append(EntryView("", entry.pareto, tuple(cell(entry, axes))))
        rows.append(RecipeView(recipe, tuple(cells)))
    return ComparisonView(
        comparison.model,
        tuple(axis_text(axis) for axis in axes),
        tuple(ProfileView(name, rungs_text(comparison, name)) for name in profiles),
        tuple(rows),
        tuple(wins.get(profile, ()) for profile in profiles) if wins else (),
        figures,
    )


def rungs_text(comparison: Comparison, profile: str) -> str:
    """``static · host · host``: the evidence on a profile, in the order of the axes."""
    return " · ".join(comparison.rungs.get((profile, axis.metric), "–") for axis in comparison.axes)
