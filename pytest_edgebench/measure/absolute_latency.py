"""Absolute latency of one file: fresh loads, each with its load time, first call and timed calls."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.record.run import Metric
from pytest_edgebench.record.statistics import STATISTICS
from pytest_edgebench.workers.results import board_note

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.workers.client import Client
    from pytest_edgebench.workers.results import Array

LOADS = 12  # of an absolute latency, by the gate's rule
CALLS = max(each.fewest_calls for each in STATISTICS.values())  # a load
LOAD_SECONDS = 0.7  # after which a load of a slow model has enough calls
QUANTILES = 60  # of the timed calls, kept for drawing


@dataclass(frozen=True, slots=True)
class Timed:
    """Latency by fresh loads.

    Attributes:
        metrics: "latency.p50", ..., "load", "first_inference".
        series: for the record: quantiles of the calls and one figure a load, seconds.
        loads: statistic → its figure in each load, seconds. calls: fewest calls of a load.
        at: when it ended, seconds since the epoch.
    """

    metrics: Mapping[str, Metric]
    series: Mapping[str, tuple[float, ...]]
    loads: Mapping[str, tuple[float, ...]]
    calls: int
    at: float


def timed_from(found: Mapping[str, Any], at: str = "") -> Timed:
    """What `time_loads` gave, from its plain form.

    Args:
        at: at which of several lengths the file was timed.
    """
    note = at and f"timed at {at}"
    metrics = {
        name: Metric(**{**value, "note": "; ".join(filter(None, (value["note"], note)))})
        for name, value in found["metrics"].items()
    }
    series = {name: tuple(values) for name, values in found["series"].items()}
    loads = {name: tuple(values) for name, values in found["loads"].items()}
    return Timed(metrics, series, loads, found["calls"], found["at"])


def time_loads(
    client: Client, path: Path, sample: Mapping[str, Array], deadline_s: float, calls: int = CALLS
) -> dict[str, Any]:
    """Time a file; the machine must be held for timing (`locks.timing`).

    Args:
        sample: the inputs of one call. calls: of a load, as far as `LOAD_SECONDS` allow.

    Returns:
        The fields of `Timed` as values that `json` writes.
    """
    import numpy as np

    from pytest_edgebench.judge.absolute_latency import of_loads, summarise

    seed = int.from_bytes(os.urandom(4))
    timing = client.time(
        path, sample, loads=LOADS, calls=calls, seed=seed, seconds=LOAD_SECONDS, deadline_s=deadline_s
    )
    metrics = {}
    for name, found in summarise(list(timing.calls_s)).items():
        metrics[f"latency.{name}"] = (found.value, found.low, found.high, found.n)
    for name, values in (("load", timing.load_s), ("first_inference", timing.first_s)):
        if not len(values):  # a user's own program need not tell it
            continue
        value = summarise([values[i : i + 1] for i in range(len(values))])["mean"]
        metrics[name] = (value.value, value.low, value.high, len(values))
    every = np.concatenate(timing.calls_s)
    loads = of_loads(timing.calls_s)
    shared = {
        "unit": "s", "evidence": client.spec.target_ref.evidence, "note": board_note(timing.readings)
    }  # fmt: skip
    points = np.linspace(0, 1, min(QUANTILES, len(every)))
    return {
        "metrics": {
            name: {"value": v, "n": n, "low": low, "high": high, **shared}
            for name, (v, low, high, n) in metrics.items()
        },
        "series": {
            "latency": [float(value) for value in np.quantile(every, points)],
            "latency.load_min": list(loads["min"]),
            "latency.load_p50": list(loads["p50"]),
        },
        "loads": {name: list(values) for name, values in loads.items()},
        "calls": min(len(load) for load in timing.calls_s),
        "at": time.time(),
    }
