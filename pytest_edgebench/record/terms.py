"""What a case was judged by when it was accepted: limits, settings of the gate, waivers; plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_edgebench.record.schema import Level


@dataclass(frozen=True, slots=True)
class Demand:
    """One limit.

    Attributes:
        text: as written. amount, unit: as in `pytest_edgebench.declare.limit.Limit`.
        level: resolved. evidence: the weakest kind that was accepted; "" for any.
    """

    text: str
    amount: float
    unit: str
    level: Level
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Waived:
    """A regression that was accepted for a while; `until` is ISO 8601."""

    text: str
    amount: float
    unit: str
    until: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What one case was judged by.

    Attributes:
        demands: slot ("size", "latency.p95 model") → the strictest limit of all tests of the case.
        off: slots whose default check was switched off.
        gate: setting → value: ini keys, options of ``addopts``, and what the profile says of the gate.
        waived: slot → waiver.
        higher_is_better: direction of the model's score.
    """

    demands: Mapping[str, Demand] = field(default_factory=dict)
    off: tuple[str, ...] = ()
    gate: Mapping[str, str] = field(default_factory=dict)
    waived: Mapping[str, Waived] = field(default_factory=dict)
    higher_is_better: bool = True


def metric_of(slot: str) -> str:
    """The metric of a slot's name: "latency" of "latency.p95 model"."""
    return slot.partition(" ")[0].partition(".")[0]
