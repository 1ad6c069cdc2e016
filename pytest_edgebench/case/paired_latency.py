"""Latency p50 from the loads of a paired benchmark, for reports: nothing is timed for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.record.run import PairRecord
    from pytest_edgebench.record.schema import Evidence

WITH = {"model": "the float model", "baseline": "the baseline"}


def candidate(pairs: Mapping[str, PairRecord], evidence: Evidence, at: str = "") -> dict[str, Metric]:
    """``latency.p50`` of the case, from the comparison with the most loads; nothing without one.

    Args:
        pairs: "model" or "baseline" → the comparison. evidence: of what was timed.
        at: at which of several lengths it was timed.
    """
    name = _longest(pairs)
    found = {} if name is None else _p50(pairs[name].p50_s, pairs[name], name, evidence)
    return {
        key: replace(metric, note=f"{metric.note}; timed at {at}") if at else metric
        for key, metric in found.items()
    }


def reference(pairs: Mapping[str, PairRecord], evidence: Evidence) -> dict[str, Metric]:
    """``latency.p50`` of the float model, from the comparison with it."""
    pair = pairs.get("model")
    return {} if pair is None else _p50(pair.reference_p50_s, pair, "model", evidence)


def series(pairs: Mapping[str, PairRecord]) -> dict[str, tuple[float, ...]]:
    """Seconds of the case, one a load, as `Observation.series` has them."""
    name = _longest(pairs)
    return {} if name is None else {"latency.load_p50": tuple(pairs[name].p50_s)}


def to_judge(pairs: Mapping[str, PairRecord]) -> Sequence[float]:
    """p50 of the case in each load of one comparison, seconds, to judge a budget by; empty without one.

    The comparison with the float model before that with the baseline: not the longer one, as which that is
    depends on the times themselves.
    """
    return next((pairs[name].p50_s for name in WITH if name in pairs and pairs[name].p50_s), ())


def _longest(pairs: Mapping[str, PairRecord]) -> str | None:
    timed = [name for name, pair in pairs.items() if pair.p50_s]
    return max(timed, key=lambda name: len(pairs[name].p50_s), default=None)


def _p50(seconds: Sequence[float], pair: PairRecord, name: str, evidence: Evidence) -> dict[str, Metric]:
    from pytest_edgebench.judge.absolute_latency import p50_of_loads

    if not seconds:
        return {}
    found = p50_of_loads(seconds, calls=len(seconds) * pair.pairs * pair.calls)
    board = f"{pair.board}; " if pair.board else ""
    note = f"{board}from the loads of the comparison with {WITH[name]}"
    return {"latency.p50": Metric(found.value, "s", evidence, found.n, found.low, found.high, note)}
