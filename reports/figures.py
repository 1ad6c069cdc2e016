"""The figures of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers, svg

if TYPE_CHECKING:
    from pytest_edgebench.record.run import CaseResult

_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "min": 0.0, "max": 1.0}


def distribution(case: CaseResult) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Latency of a case beside its parent's, with the budgets.

    Returns:
        the SVG and its legend as (class, text); "" and () for a case that was not timed.
    """
    timed = case.observation.series.get("latency", ()) if case.observation is not None else ()
    if not timed:
        return "", ()
    curves = [svg.Curve("this model", "candidate", timed)]
    legend = [("candidate", f"{case.recipe} on {case.profile}")]
    parent = case.parent.series.get("latency", ()) if case.parent is not None else ()
    if parent:
        curves.append(svg.Curve("uncompressed model", "reference", parent))
        legend.append(("reference", "uncompressed model on the same profile"))
    bounds = {
        (row.statistic, row.bound): row
        for check in case.checks
        for row in check.rows
        if row.metric == "latency" and row.bound is not None
    }
    budgets = [
        svg.Line(f"{statistic} ≤ {numbers.number(bound, 's')}", bound, _SHARES.get(statistic))
        for statistic, bound in sorted(bounds)
    ]
    if budgets:
        legend.append(("budget", "budget; the dot is where its statistic is read"))
    return svg.ecdf(curves, budgets, f"Distribution of the latency of {case.key}"), tuple(legend)
