"""The figures of a case."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_edgebench.record.statistics import STATISTICS
from pytest_edgebench.reports import numbers, svg

if TYPE_CHECKING:
    from pytest_edgebench.record.run import CaseResult

LARGEST_Q = 700.0
"""Of a log ratio, whose exponential is still a float."""
Figure = tuple[str, tuple[tuple[str, str], ...]]
"""An SVG and its legend as (class, text)."""


def against_baseline(case: CaseResult) -> Figure:
    """The fastest call of each fresh load, of a case and of the baseline's file, loaded in turn.

    Returns:
        "" and () for a case that was not timed beside a baseline.
    """
    pair = case.pairs.get("baseline")
    if pair is None or not pair.reference_s:
        return "", ()
    mine = [
        seconds * math.exp(min(q, LARGEST_Q)) for seconds, q in zip(pair.reference_s, pair.q, strict=True)
    ]
    curves = [
        svg.Curve("this model", "candidate", mine),
        svg.Curve("baseline", "reference", pair.reference_s),
    ]
    legend = (("candidate", f"{case.recipe} on {case.profile}"), ("reference", "the baseline's file"))
    return svg.ecdf(curves, [], f"Fastest call of each load of {case.key} and of its baseline"), legend


def distribution(case: CaseResult) -> Figure:
    """Latency of a case beside its parent's, with the budgets.

    Returns:
        "" and () for a case that was not timed.
    """
    timed = case.observation.series.get("latency", ()) if case.observation is not None else ()
    if not timed:
        return "", ()
    curves = [svg.Curve("this model", "candidate", timed)]
    legend = [("candidate", f"{case.recipe} on {case.profile}")]
    parent = case.parent.series.get("latency", ()) if case.parent is not None else ()
    if parent:
        curves.append(svg.Curve("original", "reference", parent))
        legend.append(("reference", "original on the same device"))
    bounds = {
        (row.statistic, row.bound): row
        for check in case.checks
        for row in check.rows
        if row.metric == "latency" and row.bound is not None
    }
    budgets = [
        svg.Line(f"{statistic} ≤ {numbers.number(bound, 's')}", bound, STATISTICS[statistic].share)
        for statistic, bound in sorted(bounds)
    ]
    if budgets:
        legend.append(("budget", "budget; the dot is where its statistic is read"))
    return svg.ecdf(curves, budgets, f"Distribution of the latency of {case.key}"), tuple(legend)
