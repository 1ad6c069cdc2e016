"""Builders of slots, metrics and facts for the tests of rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_edgebench.declare.limit import Limit, Slot
from pytest_edgebench.judge.looks import N_MAX
from pytest_edgebench.judge.measurements import Facts, Reference, ScoreInfo
from pytest_edgebench.judge.relative_latency import Decision, confirm, decide
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from pytest_edgebench.declare.limit import Reference as ReferenceName
    from pytest_edgebench.record.schema import Evidence, Level

PLACE = "test_kws.py:6"
TOP1 = ScoreInfo("accuracy", "%", correctness=True)


def slot(
    metric: str,
    amount: float,
    unit: str,
    *,
    reference: ReferenceName = "",
    statistic: str = "",
    level: Level = "error",
    evidence: Evidence | None = None,
    text: str = "as written",
) -> Slot:
    """A budget after precedence."""
    return Slot(Limit(metric, statistic, reference, amount, unit, text), level, PLACE, "why", evidence)


def size(value: float) -> Metric:
    return Metric(value, "B", "static", 1)


def latency(seconds: float, evidence: Evidence = "host") -> Metric:
    return Metric(seconds, "s", evidence, 1440, 0.99 * seconds, 1.01 * seconds)


def right(count: int, n: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """(n,) of which the first `count` samples are right."""
    return np.arange(n) < count


def accuracy(count: int, n: int) -> Metric:
    return Metric(100.0 * (count / n), "%", "host", n)


def facts(metrics: dict[str, Metric], **more: Any) -> Facts:
    return Facts(model="kws", profile="rpi4", metrics=metrics, **{"score": TOP1, **more})


def scored(count: int, n: int, parent: int | None = None, baseline: int | None = None) -> Facts:
    """A case with `count` of `n` samples right; references right on the first of the same samples."""

    def reference(number: int | None) -> Reference:
        if number is None:
            return Reference()
        return Reference({"accuracy": accuracy(number, n)}, samples=right(number, n))

    return facts(
        {"accuracy": accuracy(count, n)},
        samples=right(count, n),
        parent=reference(parent),
        baseline=reference(baseline),
    )


def timed(
    change: float, limit: float, *, sd: float = 0.003, n: int = N_MAX, confirmed: bool = True
) -> Decision:
    """A decision on seeded loads."""
    q = math.log(1 + change) + np.random.default_rng(7).normal(0, sd, n)
    decision = decide(q, limit=limit, alpha_fail=1e-4, alpha_pass=0.01)
    return confirm(decision, decision) if confirmed else decision
