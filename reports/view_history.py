"""History: a figure for each number of a case whose earlier runs are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports.trend import trends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.reports.summary import Brief
    from pytest_edgebench.reports.trend import Trend

MOST = 12
"""Figures; an earlier run is some 100 bytes each."""


@dataclass(frozen=True, slots=True)
class PastView:
    """The history of one case."""

    key: str
    trends: tuple[Trend, ...]


def past_views(found: Sequence[Brief]) -> tuple[PastView, ...]:
    """Cases with earlier runs, in the order given."""
    out: list[PastView] = []
    left = MOST
    for one in found:
        drawn = trends(one)[:left]
        if drawn:
            out.append(PastView(one.case.key, drawn))
            left -= len(drawn)
    return tuple(out)
