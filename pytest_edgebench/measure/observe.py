"""`Observer`: what one file does on one profile, each figure found once a session."""

from __future__ import annotations

import gzip
import time
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from pytest_edgebench.declare import data
from pytest_edgebench.declare.identity import digest
from pytest_edgebench.declare.score import as_score, evaluate
from pytest_edgebench.errors import MeasureError
from pytest_edgebench.measure import locks
from pytest_edgebench.measure.results import board_note
from pytest_edgebench.record.run import Metric
from pytest_edgebench.runtimes.protocol import DISTRIBUTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.measure.once import Once
    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.measure.results import Array, Outputs
    from pytest_edgebench.measure.spec import Spec
    from pytest_edgebench.record.run import Rung

LOADS = 12  # of an absolute latency, by the gate's rule
CALLS = 100  # a load: p99 needs as many
LOAD_SECONDS = 0.7  # after which a load of a slow model has enough calls
MEMORY_PROCESSES = 3
COUNTS = 8  # inferences whose instructions are counted; the first one does more
QUANTILES = 60  # of the timed calls, kept for drawing


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A model's outputs on its labelled data, and their score.

    Attributes:
        metric: name is that of the score.
        outputs: one array for each output, (N, ...). samples: (N,) per-sample values, None for aggregates.
        labels: (N, ...).
    """

    name: str
    metric: Metric
    outputs: tuple[Array, ...]
    samples: Array | None
    labels: Array


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


class Observer:
    """Measures files on this machine and on targets that are reached from it.

    Args:
        cache: keeps outputs across sessions, by all they depend on; timings are never kept.
        once: of the session.
        pool: of workers.
        deadline_s: of one request to a worker.
    """

    def __init__(self, cache: Cache, once: Once, pool: Pool, deadline_s: float) -> None:
        self._cache = cache
        self._once = once
        self._pool = pool
        self._deadline_s = deadline_s
        # The model is kept with its data so that no id is used twice.
        self._data: dict[int, tuple[Model, data.Loaded, str]] = {}
        self._described: dict[Spec, dict[str, str]] = {}
        self._failed: dict[str, MeasureError] = {}

    def static(self, artifact: Artifact) -> dict[str, Metric]:
        """What is counted in the file: size raw and gzip, parameters, MACs, operations."""
        counts, files = artifact.record.counts, len(artifact.record.files)

        def counted(value: float, unit: str = "", n: int = 1) -> Metric:
            return Metric(value, unit, "static", n)

        return {
            "size": counted(artifact.size, "B", files),
            "gzip": counted(self._gzip(artifact), "B", files),
            "parameters": counted(counts.parameters),
            "macs": counted(counts.macs),
            "ops": counted(sum(counts.ops.values())),
            "float_ops": counted(counts.float_ops),
        }

    def describe(self, spec: Spec) -> dict[str, str]:
        """Name, version, threads and CPU of a runtime, and what its target tells; starts its worker."""
        if spec not in self._described:
            self._described[spec] = self._pool.get(spec).describe() | self._pool.reached(spec)
        return self._described[spec]

    def loaded(self, model: Model) -> data.Loaded:
        """The model's labelled data, loaded once a process."""
        return self._loaded(model)[1]

    def sample(self, model: Model, batch: int) -> dict[str, Array]:
        """The inputs of one call: the first `batch` samples, repeated where there are fewer."""
        import numpy as np

        return {
            name: np.resize(array, (batch, *array.shape[1:])) if len(array) < batch else array[:batch]
            for name, array in self.loaded(model).inputs.items()
        }

    def scored(self, artifact: Artifact, spec: Spec, model: Model, batch: int, place: str) -> Scored:
        """Run all labelled samples and score the outputs, on the rung of where they ran.

        Raises:
            MeasureError: the runtime failed. DataError: data, outputs or score cannot be used.
        """
        _, loaded, key = self._loaded(model)
        try:
            outputs = self._outputs(artifact, spec, loaded, key, batch)
        except MeasureError as error:
            if error.where == str(artifact.path):  # of the cache, which says nothing to a user
                error.where = place
            raise
        return self.score(outputs, model, place, spec.reach.rung)

    def data_key(self, model: Model) -> str:
        """SHA-256 of the labelled data."""
        _, loaded, key = self._loaded(model)
        return digest((key, loaded.labels))

    def score(self, outputs: tuple[Array, ...], model: Model, place: str, rung: Rung = "host") -> Scored:
        """Outputs on the labelled data, one (N, ...) each, with their score; `DataError` as `scored`."""
        from pytest_edgebench.judge.proportion import wilson

        loaded, score = self.loaded(model), as_score(model.score)
        given = outputs[0] if len(outputs) == 1 else outputs
        value, samples = evaluate(score, given, loaded.labels, place)
        count = len(loaded.labels)
        low = high = None
        if samples is not None and score.correctness:
            low, high = (100 * bound for bound in wilson(int(samples.sum()), count, 0.025))
        metric = Metric(value, score.unit, rung, count, low, high)
        return Scored(score.name, metric, outputs, samples, loaded.labels)

    def timed(self, artifact: Artifact, spec: Spec, model: Model, batch: int, again: str = "") -> Timed:
        """Time fresh loads in this session's worker, or with `again` (a word) in a process of its own."""
        key = digest(("timed", artifact.record.digest, spec.key, batch, self._loaded(model)[2], again))
        what = f"timing {artifact.path.name} on {spec.title}"
        found = self._once.get("timed", key, what, lambda: self._time(artifact, spec, model, batch, again))
        metrics = {name: Metric(**value) for name, value in found["metrics"].items()}
        series = {name: tuple(values) for name, values in found["series"].items()}
        loads = {name: tuple(values) for name, values in found["loads"].items()}
        return Timed(metrics, series, loads, found["calls"], found["at"])

    def memory(self, artifact: Artifact, spec: Spec, model: Model, batch: int) -> Metric:
        """Peak resident memory of clean processes: median, with the range of three."""
        key = digest(("memory", artifact.record.digest, spec.key, batch, self._loaded(model)[2]))

        def measure() -> list[int]:
            peaks = []
            for _ in range(MEMORY_PROCESSES):
                with self._pool.fresh(spec) as client:
                    sample = self.sample(model, batch)
                    peaks.append(client.memory(artifact.path, sample, self._deadline_s).peak_bytes)
            return sorted(peaks)

        peaks = self._once.get("memory", key, f"memory of {artifact.path.name}", measure)
        note = f"range of {len(peaks)} processes"
        return Metric(peaks[len(peaks) // 2], "B", spec.reach.rung, len(peaks), peaks[0], peaks[-1], note)

    def counted(self, artifact: Artifact, spec: Spec, model: Model, batch: int) -> Metric:
        """Instructions of one inference: the median of some, with their range; the first is left out.

        Kept across sessions where an emulator counts, by all that the count depends on.

        Raises:
            MeasureError: the target does not count, or the runtime failed.
        """
        told = sorted(self.describe(spec).items())
        key = digest(("count", artifact.record.digest, spec.key, told, batch, self._loaded(model)[2]))

        def measure() -> list[int]:
            doing = f"counting the instructions of {artifact.path.name}"
            with locks.building(doing, target=spec.reach.lock):
                found = self._pool.get(spec).count(
                    artifact.path, self.sample(model, batch), calls=COUNTS, deadline_s=self._deadline_s
                )
            return found[1:] or found

        lasting = spec.reach.rung == "emulated" and spec.reach.kind != "command"
        known = self._cache.memo_get("count", key) if lasting else None
        if not isinstance(known, list):
            known = self._once.get("count", key, f"counting for {spec.title}", measure)
            if lasting:
                self._cache.memo_put("count", key, known)
        counts = sorted(known)
        value, low, high = float(counts[(len(counts) - 1) // 2]), float(counts[0]), float(counts[-1])
        return Metric(
            value, "", spec.reach.rung, len(counts), low, high, f"range of {len(counts)} inferences"
        )

    # Within

    def _loaded(self, model: Model) -> tuple[Model, data.Loaded, str]:
        if id(model) not in self._data:
            from pytest_edgebench.compressors.seeds import seeded

            with seeded(model.seed):
                loaded = data.load(model)
            self._data[id(model)] = model, loaded, digest(loaded.inputs)
        return self._data[id(model)]

    def _gzip(self, artifact: Artifact) -> int:
        """Bytes of all files, each compressed by gzip at level 9 without a time stamp."""
        known = self._cache.memo_get("gzip", artifact.record.digest)
        if isinstance(known, int):
            return known
        folder = artifact.path.parent
        size = sum(
            len(gzip.compress((folder / name).read_bytes(), 9, mtime=0)) for name in artifact.record.files
        )
        self._cache.memo_put("gzip", artifact.record.digest, size)
        return size

    def _version(self, spec: Spec) -> str:
        if spec.reach.here and not spec.python and spec.runtime in DISTRIBUTIONS:
            return metadata.version(DISTRIBUTIONS[spec.runtime])
        found = self.describe(spec)
        told = f"{found.get('version', '')} on {found.get('python', '')}"
        return told if spec.reach.here else f"{told} on {found.get('cpu', '')}"

    def _outputs(
        self, artifact: Artifact, spec: Spec, loaded: data.Loaded, inputs_key: str, batch: int
    ) -> tuple[Array, ...]:
        key = digest(("outputs", artifact.record.digest, spec.key, self._version(spec), inputs_key, batch))
        found = self._cache.arrays_get("outputs", key)
        if found is None:
            with self._cache.lock(f"outputs-{key}", f"running {artifact.path.name} on {spec.title}"):
                found = self._cache.arrays_get("outputs", key)  # another process may have run it meanwhile
                if found is None:
                    ran = self._run(key, artifact, spec, loaded, batch)
                    found = {f"{n:03}": array for n, array in enumerate(ran.arrays)}
                    self._cache.arrays_put("outputs", key, found)
        return tuple(found[name] for name in sorted(found))

    def _run(self, key: str, artifact: Artifact, spec: Spec, loaded: data.Loaded, batch: int) -> Outputs:
        """Run all samples; a failure is remembered, so that a runtime that hangs is waited for once."""
        if key in self._failed:
            raise self._failed[key]
        client = self._pool.get(spec)
        try:
            with locks.building(f"running {artifact.path.name}", target=spec.reach.lock):
                return client.run(artifact.path, loaded.inputs, batch=batch, deadline_s=self._deadline_s)
        except MeasureError as error:
            self._failed[key] = error
            raise

    def _time(self, artifact: Artifact, spec: Spec, model: Model, batch: int, again: str) -> dict[str, Any]:
        import os

        import numpy as np

        from pytest_edgebench.judge.absolute import of_loads, summarise

        sample = self.sample(model, batch)
        seed = int.from_bytes(os.urandom(4))
        ask = {"loads": LOADS, "calls": CALLS, "seed": seed, "seconds": LOAD_SECONDS}
        with locks.timing(spec.reach.lock, f"timing {artifact.path.name}"):
            if again:
                with self._pool.fresh(spec) as client:
                    timing = client.time(artifact.path, sample, deadline_s=self._deadline_s, **ask)  # type: ignore[arg-type]
            else:
                client = self._pool.get(spec)
                timing = client.time(artifact.path, sample, deadline_s=self._deadline_s, **ask)  # type: ignore[arg-type]
        metrics = {}
        for name, found in summarise(list(timing.calls_s)).items():
            metrics[f"latency.{name}"] = (found.value, found.low, found.high, found.n)
        for name, values in (("load", timing.load_s), ("first_inference", timing.first_s)):
            if not len(values):  # a user's own program need not tell it
                continue
            value = summarise([values[i : i + 1] for i in range(len(values))])["mean"]
            metrics[name] = (value.value, value.low, value.high, len(values))
        calls = np.concatenate(timing.calls_s)
        loads = of_loads(timing.calls_s)
        rung, note = spec.reach.rung, board_note(timing.readings)
        points = np.linspace(0, 1, min(QUANTILES, len(calls)))
        return {
            "metrics": {
                name: {"value": v, "unit": "s", "rung": rung, "n": n, "low": low, "high": high, "note": note}
                for name, (v, low, high, n) in metrics.items()
            },
            "series": {
                "latency": [float(value) for value in np.quantile(calls, points)],
                "latency.load_min": list(loads["min"]),
                "latency.load_p50": list(loads["p50"]),
            },
            "loads": {name: list(values) for name, values in loads.items()},
            "calls": min(len(load) for load in timing.calls_s),
            "at": time.time(),
        }
