"""Trade-offs: a figure a device, and beside it in words what it shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_edgebench.reports.compare import better, comparisons
from pytest_edgebench.reports.tradeoff import axes_of, entries_of, tradeoff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import CaseResult, Run
    from pytest_edgebench.reports.compare import Axis, Comparison, Entry

MOST_FIGURES = 8


@dataclass(frozen=True, slots=True)
class TradeView:
    """A figure and its words; `colour` is the range of latencies, "" where none is known."""

    model: str
    device: str
    figure: str
    words: tuple[tuple[str, str], ...]
    colour: tuple[str, str] | None


def trade_views(run: Run, most: int = MOST_FIGURES) -> tuple[TradeView, ...]:
    """At most so many, in the order of models and devices."""
    models: dict[str, list[CaseResult]] = {}
    for case in run.cases:
        models.setdefault(case.model, []).append(case)
    found: list[TradeView] = []
    for cases in models.values():
        if len(found) >= most:
            break
        (comparison,) = comparisons([("", replace(run, cases=tuple(cases)))])
        for profile in comparison.profiles:
            if len(found) < most and (figure := tradeoff(comparison, profile)):
                found.append(_view(comparison, profile, figure))
    return tuple(found)


def _view(comparison: Comparison, profile: str, figure: str) -> TradeView:
    here = entries_of(comparison, profile)
    axes = axes_of(comparison)
    assert axes is not None
    shared = [axis for axis in comparison.axes if all(axis.metric in entry.metrics for entry in here)]
    better_side = "up" if axes[1].higher_is_better else "down"
    words = [
        (
            "Read it",
            f"{better_side} and left is better. A grey dot is the baseline, the arrow leads to this run.",
        ),
        ("Whiskers", f"95 % interval of {axes[1].title}. Dashed: limits that all recipes share."),
    ]
    beaten = [told for entry in here if (told := _beaten(entry, here, shared))]
    if beaten:
        words.append(("Dominated", "; ".join(beaten)))
    alike = _alike(here, axes[1])
    if len(alike) > 1:
        words.append((f"Not distinguishable in {axes[1].title}", f"{', '.join(alike)} (intervals overlap)"))
    times = sorted(m.value for entry in here if (m := entry.metrics.get("latency.p50")) is not None)
    axis = next((axis for axis in comparison.axes if axis.metric == "latency.p50"), None)
    colour = (axis.unit.text(times[0]), axis.unit.text(times[-1])) if times and axis is not None else None
    return TradeView(comparison.model, profile, figure, tuple(words), colour)


def _beaten(entry: Entry, here: Sequence[Entry], axes: Sequence[Axis]) -> str:
    """``rank (by int8: size, latency p50)``; "" for one that no other is better than without being worse."""
    for other in here:
        if other is entry:
            continue
        wins = [
            axis.title
            for axis in axes
            if better(other.metrics[axis.metric], entry.metrics[axis.metric], axis)
        ]
        loses = any(better(entry.metrics[axis.metric], other.metrics[axis.metric], axis) for axis in axes)
        if wins and not loses:
            return f"{entry.recipe} ({other.recipe} is better in {', '.join(wins)} and worse in none)"
    return ""


def _alike(here: Sequence[Entry], axis: Axis) -> list[str]:
    """The best recipe by a score, and those whose interval overlaps with its own."""
    sign = 1.0 if axis.higher_is_better else -1.0
    best = max(here, key=lambda entry: sign * entry.metrics[axis.metric].value)
    top = best.metrics[axis.metric]
    if top.low is None or top.high is None:
        return []
    found = []
    for entry in here:
        metric = entry.metrics[axis.metric]
        if (
            metric.low is not None
            and metric.high is not None
            and metric.low <= top.high
            and metric.high >= top.low
        ):
            found.append(entry.recipe)
    return found
