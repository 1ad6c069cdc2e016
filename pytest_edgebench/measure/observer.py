"""`Observer`: what one file does on one profile, each figure found once a session."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.distributions import version
from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.identity.file_digests import FileDigests
from pytest_edgebench.measure import absolute_latency, locks
from pytest_edgebench.measure.counting import counts_of, macs_metric
from pytest_edgebench.measure.lengths import timed_at
from pytest_edgebench.measure.resets import resets
from pytest_edgebench.measure.stored_outputs import StoredOutputs
from pytest_edgebench.record.run import Metric
from pytest_edgebench.runtimes import known
from pytest_edgebench.samples.data import load
from pytest_edgebench.samples.labels import content
from pytest_edgebench.samples.scores import evaluate, judged
from pytest_edgebench.samples.slices import slices_of
from pytest_edgebench.workers.run_samples import run_samples

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.measure.absolute_latency import Timed
    from pytest_edgebench.measure.memo import Memo
    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.record.run import Counts
    from pytest_edgebench.record.schema import Evidence
    from pytest_edgebench.samples.roles import Given
    from pytest_edgebench.samples.stream import Samples
    from pytest_edgebench.workers.results import Array, Outputs
    from pytest_edgebench.workers.spec import Spec

MEMORY_PROCESSES = 3
COUNTS = 8  # inferences whose instructions are counted; the first one does more


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A model's outputs on its labelled data, and their score.

    Attributes:
        metric: name is that of the score.
        outputs: one array for each output, (N, ...). samples: (N,) per-sample values, None for aggregates.
        labels: (N, ...). fed: numbers of the outputs that feed a state.
    """

    name: str
    metric: Metric
    outputs: tuple[Array, ...]
    samples: Array | None
    labels: Array
    fed: tuple[int, ...] = ()


class Observer:
    """Measures files on this machine and on targets that are reached from it.

    Args:
        cache: keeps outputs across sessions, by all they depend on; timings are never kept.
        memo: of the session.
        pool: of workers.
        deadline_s: of one request to a worker.
    """

    def __init__(self, cache: Cache, memo: Memo, pool: Pool, deadline_s: float) -> None:
        self._cache = cache
        self._memo = memo
        self._pool = pool
        self._deadline_s = deadline_s
        # The model is kept with its data so that no id is used twice.
        self._data: dict[int, tuple[Model, Samples]] = {}
        self._keys: dict[int, str] = {}  # of the inputs, by the id of a model above, as the next two
        self._fed: dict[int, tuple[int, ...]] = {}  # outputs that feed a state
        self._slices: dict[int, Mapping[str, Array] | None] = {}
        self._described: dict[Spec, dict[str, str]] = {}
        self._stored = StoredOutputs(cache)
        self._files = FileDigests(cache)

    def counts(self, artifact: Artifact, model: Model) -> Counts:
        """What is in a file, at the lengths of the model's samples where the file leaves them open."""
        return counts_of(artifact, self._cache, lambda: self.sample(model, 1).call(), model.signature)

    def static(self, artifact: Artifact, model: Model) -> dict[str, Metric]:
        """What is counted in the file: size raw and gzip, parameters, MACs, operations."""
        counts, files = self.counts(artifact, model), len(artifact.record.files)

        def counted(value: float, unit: str = "", n: int = 1) -> Metric:
            return Metric(value, unit, "static", n)

        return {
            "size": counted(artifact.size, "B", files),
            "gzip": counted(self._gzip(artifact), "B", files),
            "parameters": counted(counts.parameters),
            "macs": macs_metric(counts),
            "ops": counted(sum(counts.ops.values())),
            "float_ops": counted(counts.float_ops),
        }

    def describe(self, spec: Spec) -> dict[str, str]:
        """Name, version, threads and CPU of a runtime, and what its target tells; starts its worker."""
        if spec not in self._described:
            self._described[spec] = self._pool.get(spec).describe() | self._pool.reached(spec)
        return self._described[spec]

    def resets(self, artifact: Artifact, model: Model) -> dict[str, str]:
        """When a file's state is reset while it is scored, for the record; empty where it has none."""
        return resets(artifact, self.loaded(model).roles, self._cache)

    def data_facts(self, model: Model) -> dict[str, str]:
        """What the record says of the labelled data, where there is something to say.

        "data": files that are known by a sample; "timed at": the shape of the sample that was timed.
        """
        loaded = self.loaded(model)
        files, length = loaded.large_files(self._files), timed_at(loaded)
        told = {"data": f"{files} known by size, time and a sample of the content"} if files else {}
        return told | ({"timed at": length} if length else {})

    def loaded(self, model: Model) -> Samples:
        """The model's labelled data, loaded once a process."""
        if id(model) not in self._data:
            from pytest_edgebench.samples.seeds import seeded

            with seeded(model.seed):
                self._data[id(model)] = model, load(model)
        return self._data[id(model)][1]

    def slices(self, model: Model) -> Mapping[str, Array] | None:
        """Slice → numbers of its samples, found once a process; None where the model has none."""
        if id(model) not in self._slices:
            self._slices[id(model)] = slices_of(model, self.loaded(model))
        return self._slices[id(model)]

    def sample(self, model: Model, batch: int) -> Given:
        """The inputs of one call: the first `batch` samples, repeated where there are fewer."""
        import numpy as np

        given = self.loaded(model).first(batch)
        return given.of(
            {
                name: np.resize(array, (batch, *array.shape[1:])) if len(array) < batch else array
                for name, array in given.samples.items()
            }
        )

    def scored(self, artifact: Artifact, spec: Spec, model: Model, batch: int, place: str) -> Scored:
        """Run all labelled samples and score the outputs, with the evidence of where they ran.

        Raises:
            MeasureError: the runtime failed. DataError: data, outputs or score cannot be used.
        """
        loaded = self.loaded(model)
        parts = artifact.record.digest, spec.key, self._version(spec)
        run = partial(self._run, artifact, spec, loaded, batch)
        what = f"running {artifact.path.name} on {spec.title}"
        try:
            outputs, self._fed[id(model)] = self._stored.outputs(
                parts, loaded, lambda: self._inputs_key(model), batch, run, what
            )
        except MeasureError as error:
            if error.where == str(artifact.path):  # of the cache, which says nothing to a user
                error.where = place
            raise
        return self.score(outputs, model, place, spec.target_ref.evidence)

    def data_key(self, model: Model) -> str:
        """SHA-256 of the labelled data."""
        return digest((self._inputs_key(model), content(self.loaded(model).labels())))

    def score(
        self, outputs: tuple[Array, ...], model: Model, place: str, evidence: Evidence = "host"
    ) -> Scored:
        """Outputs on the labelled data, one (N, ...) each, with their score; `DataError` as `scored`."""
        from pytest_edgebench.judge.proportion import wilson

        loaded, score = self.loaded(model), as_score(model.score)
        fed = self._fed.get(id(model), ())
        given = judged(score, outputs, fed)
        value, samples = evaluate(score, given, loaded.labels(), place, model.place)
        count = loaded.count
        low = high = None
        if samples is not None and score.correctness:
            low, high = (100 * bound for bound in wilson(int(samples.sum()), count, 0.025))
        metric = Metric(value, score.written_unit, evidence, count, low, high)
        return Scored(score.name, metric, outputs, samples, loaded.labels(), fed)

    def timed(self, artifact: Artifact, spec: Spec, model: Model, batch: int, again: str = "") -> Timed:
        """Time fresh loads in this session's worker, or with `again` (a word) in a process of its own."""
        key = self._timing_key(artifact, spec, model, batch, again)
        what = f"timing {artifact.path.name} on {spec.title}"

        def measure() -> dict[str, Any]:
            sample = self.sample(model, batch)

            def loads() -> dict[str, Any]:
                if not again:
                    client = self._pool.get(spec)
                    return absolute_latency.time_loads(client, artifact.path, sample, self._deadline_s)
                with self._pool.fresh(spec) as client:
                    return absolute_latency.time_loads(client, artifact.path, sample, self._deadline_s)

            return self._pool.alone(spec, f"timing {artifact.path.name}", loads)

        found = self._memo.get("timed", key, what, measure)
        return absolute_latency.timed_from(found, timed_at(self.loaded(model)))

    def timed_already(self, artifact: Artifact, spec: Spec, model: Model, batch: int) -> Timed | None:
        """What `timed` gives where it was asked for in this session; None where it was not."""
        found = self._memo.peek("timed", self._timing_key(artifact, spec, model, batch))
        at = timed_at(self.loaded(model))
        return None if found is None else absolute_latency.timed_from(found, at)

    def load_times(self, artifact: Artifact, spec: Spec, model: Model, batch: int) -> Timed:
        """Time fresh loads with one timed call each: for load time and first inference."""
        key = self._timing_key(artifact, spec, model, batch)

        def measure() -> dict[str, Any]:
            sample = self.sample(model, batch)

            def loads() -> dict[str, Any]:
                client = self._pool.get(spec)
                return absolute_latency.time_loads(client, artifact.path, sample, self._deadline_s, calls=1)

            return self._pool.alone(spec, f"loading {artifact.path.name}", loads)

        what = f"loading {artifact.path.name} on {spec.title}"
        found = self._memo.get("loads", key, what, measure)
        return absolute_latency.timed_from(found, timed_at(self.loaded(model)))

    def memory(self, artifact: Artifact, spec: Spec, model: Model, batch: int) -> Metric:
        """Peak resident memory of clean processes: median, with the range of three."""
        key = digest(("memory", artifact.record.digest, spec.key, batch, self._inputs_key(model)))

        def measure() -> list[int]:
            peaks = []
            for _ in range(MEMORY_PROCESSES):
                with self._pool.fresh(spec) as client:
                    sample = self.sample(model, batch)
                    peaks.append(client.memory(artifact.path, sample, self._deadline_s).peak_bytes)
            return sorted(peaks)

        peaks = self._memo.get("memory", key, f"memory of {artifact.path.name}", measure)
        note = f"range of {len(peaks)} processes"
        return Metric(
            peaks[len(peaks) // 2], "B", spec.target_ref.evidence, len(peaks), peaks[0], peaks[-1], note
        )

    def counted(self, artifact: Artifact, spec: Spec, model: Model, batch: int) -> Metric:
        """Instructions of one inference: the median of some, with their range; the first is left out.

        Kept across sessions where an emulator counts, by all that the count depends on.

        Raises:
            MeasureError: the target does not count, or the runtime failed.
        """
        told = sorted(self.describe(spec).items())
        key = digest(("count", artifact.record.digest, spec.key, told, batch, self._inputs_key(model)))

        def measure() -> list[int]:
            doing = f"counting the instructions of {artifact.path.name}"
            with locks.building(doing, target=spec.target_ref.lock):
                found = self._pool.get(spec).count(
                    artifact.path, self.sample(model, batch), calls=COUNTS, deadline_s=self._deadline_s
                )
            return found[1:] or found

        lasting = spec.target_ref.evidence == "emulated" and spec.target_ref.kind != "command"
        known = self._cache.memo_get("count", key) if lasting else None
        if not isinstance(known, list):
            known = self._memo.get("count", key, f"counting for {spec.title}", measure)
            if lasting:
                self._cache.memo_put("count", key, known)
        counts = sorted(known)
        value, low, high = float(counts[(len(counts) - 1) // 2]), float(counts[0]), float(counts[-1])
        return Metric(
            value, "", spec.target_ref.evidence, len(counts), low, high, f"range of {len(counts)} inferences"
        )

    # Within

    def _inputs_key(self, model: Model) -> str:
        """SHA-256 of the inputs; all of them are read for it, unless they were read already."""
        loaded = self.loaded(model)
        if id(model) not in self._keys:
            self._keys[id(model)] = loaded.inputs_key(self._files)
        return self._keys[id(model)]

    def _timing_key(self, artifact: Artifact, spec: Spec, model: Model, batch: int, again: str = "") -> str:
        return digest(("timed", artifact.record.digest, spec.key, batch, self._inputs_key(model), again))

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
        runtime = known.own().get(spec.runtime) if spec.target_ref.here and not spec.python else None
        if runtime is not None and runtime.usual:  # always in this environment
            return version(runtime.distribution)
        found = self.describe(spec)
        told = f"{found.get('version', '')} on {found.get('python', '')}"
        return told if spec.target_ref.here else f"{told} on {found.get('cpu', '')}"

    def _run(self, artifact: Artifact, spec: Spec, loaded: Samples, batch: int, folder: Path) -> Outputs:
        """Run all samples; outputs may be mapped from files in the folder."""
        client = self._pool.get(spec)
        with locks.building(f"running {artifact.path.name}", target=spec.target_ref.lock):
            return run_samples(
                client, artifact.path, loaded, batch=batch, deadline_s=self._deadline_s, folder=folder
            )
