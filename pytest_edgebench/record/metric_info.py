"""`MetricInfo`: what is known of a metric before any number of it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Class = Literal["exact", "score", "noisy"]
Need = Literal["file", "run", "latency", "memory", "instructions"]
"""What a metric source needs: only the built file; a run of it, on the target or else on this machine; or
what a target must be able to give (`pytest_edgebench.profiles.target`)."""
NEEDS: tuple[Need, ...] = get_args(Need)
LAST = 1000
"""Rank of metrics that name none: after all of this package's own."""


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """What is known of a metric.

    Attributes:
        unit: of stored values: "B", "s", "%", "" for counts and plain numbers, or a unit of `units`.
        cls: "exact": counted (on the target too, or where its predictions are not the host's); "score": on a
            labelled set; "noisy": timed or sampled.
        title: for people.
        higher_is_better: direction; None where only the score itself knows.
        statistics: those a limit may name, the usual one first; empty where there is one number.
        units: unit as written in a limit → its size in `unit`, as decimal text: {"J": "1", "mJ": "1e-3"}.
            Not needed for the units named above.
        example: a limit as one would write it, for messages; "" for one that follows from the unit.
        rank: place in tables, reports and messages, smallest first.
        in_file: counted in the file: no other evidence could say more, so ``evidence=`` does not apply.
        against_host: of the target's predictions against the host's of the same file, so that another model
            is no reference for it.
        against_baseline: of a file against the accepted one, so that it is in no baseline, and compared with
            none.
        near_exact: counted under emulation: repeatable to 0.1-0.2 %.
        on_request: measured only under a budget on it, or when a test reads it.
        expected: a report says why there is no number even where nobody asked for one.
        fraction: a number from 0 to 1, of which a point is a hundredth.
    """

    unit: str
    cls: Class
    title: str
    higher_is_better: bool | None = False
    statistics: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    example: str = ""
    rank: int = LAST
    in_file: bool = False
    against_host: bool = False
    against_baseline: bool = False
    near_exact: bool = False
    on_request: bool = False
    expected: bool = False
    fraction: bool = False
