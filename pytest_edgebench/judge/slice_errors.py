"""Sentences about slices: why one was not judged, what decided, how many samples are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import nearest
from pytest_edgebench.judge.formatting import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_edgebench.judge.measurements import ScoreInfo
    from pytest_edgebench.record.run import Metric

MOST_NAMED = 3
LOSS = "a loss "
"""Before "shown at 1 %": that the slice became worse, rather than that the limit is missed."""


def no_slices(model: str) -> str:
    return f"{model} has no slices: give its eb.Model some, slices=eb.slices(...)"


def unknown_slice(name: str, model: str, known: Iterable[str]) -> str:
    return f"{model} has no slice {name!r}: {nearest(name, known)}"


def reference_unknown(reference: str) -> str:
    name = "baseline" if reference == "baseline" else "original"
    return f"the {name}'s answers on it are not known"


def no_interval() -> str:
    return "the score has no interval on it, so nothing can be shown"


def none_judged(name: str, why: str, count: int) -> str:
    others = f" (and none of the other {count - 1:,} slices was judged)" if count > 1 else ""
    return f"slice {name} was not judged: {why}{others}"


def unscored(name: str, why: str) -> str:
    return f"slice {name} was not judged: {why}"


def lost(change: Metric, reference: float, score: ScoreInfo, name: str) -> str:
    """ "lost 10.4 points from 95.2 % of the original"."""
    worse = change.value > 0 if score.lower_is_better else change.value < 0
    of = "baseline" if name == "baseline" else "original"
    if not change.value:
        return f"as the {of}"
    gap = quantity(abs(change.value), change.unit)
    return f"{'lost' if worse else 'gained'} {gap} from {quantity(reference, score.unit)} of the {of}"


def too(others: Sequence[str]) -> str:
    """The other slices that break the limit, worst first."""
    if not others:
        return ""
    more = f" and {len(others) - MOST_NAMED:,} more" if len(others) > MOST_NAMED else ""
    verb = "does" if len(others) == 1 else "do"
    return f"; so {verb} {', '.join(others[:MOST_NAMED])}{more}"


def and_more(count: int) -> str:
    """The other slices that lost."""
    return f" ({count:,} more slices lost, too)" if count else ""


def undecided(name: str, n: int, over: float, unit: str, needed: int | None) -> str:
    gap = quantity(abs(over), unit)
    side = "at the limit" if not over else f"{gap} {'beyond' if over > 0 else 'within'} the limit"
    if needed is None:
        return f"slice {name} is {side} on {n:,} samples; no number of samples makes that sure"
    missing = int(float(f"{max(1, needed - n):.3g}"))
    return f"slice {name} is {side} on {n:,} samples, too few to tell: about {missing:,} more are needed"
