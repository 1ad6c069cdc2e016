"""`Accepted`: what the baseline knows of a case, as the judge needs it; and what a new one would keep."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.artifact import Artifact
from pytest_edgebench.declare.limit import AGAINST_HOST, METRICS
from pytest_edgebench.errors import EdgebenchError
from pytest_edgebench.errors import baseline as errors
from pytest_edgebench.judge.cause import Made, cause
from pytest_edgebench.judge.exact import NEAR_EXACT
from pytest_edgebench.judge.facts import Reference
from pytest_edgebench.judging import bootstrap, changed
from pytest_edgebench.record import environment
from pytest_edgebench.record.baseline import Entry
from pytest_edgebench.record.run import ArtifactRecord, Counts

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.examine import Examination
    from pytest_edgebench.measure.observe import Scored
    from pytest_edgebench.record.baseline import Baseline

NO_COUNTS = Counts({}, 0, {}, 0, 0, 0)
BESIDE_COUNTS = frozenset(
    {"extends", "ram_bytes", "flash_bytes", "dedicated", "required", "python", "core", "clock_hz", "caches",
     "predicted_by"}
)  # fmt: skip
"""What a profile or a runtime may say otherwise without another count of instructions."""


class Accepted:
    """The accepted state beside a session's cases.

    Args:
        baseline: None where the session has none.
        updating: what is measured becomes the accepted state, so that a case without one is new.
    """

    def __init__(self, baseline: Baseline | None, *, updating: bool) -> None:
        self.baseline = baseline
        self._updating = updating

    def artifact(self, examination: Examination) -> Artifact | None:
        """The accepted file, where it can be timed beside the case's own; None where not."""
        entry = self._entry(examination)
        if entry is None or entry.format != examination.fmt:
            return None
        try:
            return self._file(entry)
        except errors.BaselineError:
            return None  # told by `reference`

    def reference(self, examination: Examination) -> Reference:
        """What is accepted of a case, or why there is nothing to compare with."""
        if self.baseline is None:
            return Reference(new=self._updating)
        key = examination.planned.case.key
        if key in self.baseline.broken:
            return Reference(why=errors.broken_there(self.baseline.title, self.baseline.broken[key]))
        entry = self._entry(examination)
        if entry is None:
            return Reference(new=True)
        try:
            artifact = self._file(entry)
            scored = self._scored(examination, entry, artifact)
        except EdgebenchError as error:
            return Reference(why=f"{error.what}; {error.fix}" if error.fix else error.what)
        self._remark(examination, entry)
        lacks = self._lacks(examination, entry)
        metrics = {name: m for name, m in entry.metrics.items() if _exact(name) and name not in lacks}
        return Reference(
            metrics={**metrics, scored.name: scored.metric},
            why="" if entry.format == examination.fmt else errors.other_format(entry.format),
            same_bytes=entry.digest == examination.artifact.record.digest,
            samples=scored.samples,
            bootstrap=bootstrap(examination, scored),
            changed=changed(examination, scored),
            lacks=lacks,
        )

    def cause(self, examination: Examination) -> str:
        """What of a case differs from the accepted state, in one sentence; "" without one."""
        entry = self._entry(examination)
        if entry is None or self.baseline is None:
            return ""
        host = {} if self.baseline.kind == "ref" else self.baseline.host
        counts = {name: metric.value for name, metric in entry.metrics.items()}
        then = Made(
            entry.parent, entry.digest, entry.steps, entry.versions, entry.runtime, entry.profile_keys, host,
            entry.ops, counts,
        )  # fmt: skip
        return cause(then, made(examination))

    def _entry(self, examination: Examination) -> Entry | None:
        return None if self.baseline is None else self.baseline.cases.get(examination.planned.case.key)

    def _file(self, entry: Entry) -> Artifact:
        assert self.baseline is not None
        path = self.baseline.artifact(entry)
        sizes = {name: (path.parent / name).stat().st_size for name in entry.files}
        key, fmt = entry.artifact_key, entry.format
        return Artifact(path, ArtifactRecord(key, entry.digest, fmt, sizes, NO_COUNTS, (), entry.versions))

    def _scored(self, examination: Examination, entry: Entry, artifact: Artifact) -> Scored:
        """By the accepted outputs; where the labelled data changed, by running the accepted file again."""
        assert self.baseline is not None
        observer, model = examination.bench.observer, examination.model
        if entry.data == observer.data_key(model):
            outputs = self.baseline.outputs(entry)
            if outputs is not None:
                rung = examination.scored.metric.rung
                return observer.score(outputs, model, examination.planned.place, rung)
        else:
            examination.remarks[errors.other_data(self.baseline.title, model.name)] = None
        return examination.score_of(artifact, "tflite" if entry.format == "tflite" else "onnx")

    def _remark(self, examination: Examination, entry: Entry) -> None:
        assert self.baseline is not None
        here = examination.bench.observer.describe(examination.spec)
        then, now = (f"{found.get('name')} {found.get('version')}" for found in (entry.runtime, here))
        if then != now:
            examination.remarks[errors.other_runtime(self.baseline.title, then, now)] = None

    def _lacks(self, examination: Examination, entry: Entry) -> dict[str, str]:
        """Counts of a target's own code that another emulator, runtime or CPU made: they are not compared."""
        counted = NEAR_EXACT & entry.metrics.keys()
        if not counted:
            return {}
        then = {**entry.runtime, **entry.profile_keys}
        now = {
            **examination.bench.observer.describe(examination.spec),
            **environment.told(examination.profile),
        }
        for key in sorted((then.keys() | now.keys()) - BESIDE_COUNTS):
            if then.get(key) != now.get(key):
                why = errors.other_counter(key, then.get(key, "none"), now.get(key, "none"))
                return dict.fromkeys(counted, why)
        return {}


def made(examination: Examination) -> Made:
    """What a case is made of now."""
    record = examination.artifact.record
    counts = {
        name: metric.value for name, metric in examination.bench.observer.static(examination.artifact).items()
    }
    return Made(
        model=_parent(examination),
        artifact=record.digest,
        steps=tuple(step.step for step in record.steps),
        versions=record.versions,
        runtime=examination.bench.observer.describe(examination.spec),
        profile=environment.told(examination.profile),
        host=environment.host(),
        ops=record.counts.ops,
        counts=counts,
    )


def _parent(examination: Examination) -> str:
    """Digest of the uncompressed model for the same profile; "" where there is none."""
    try:
        parent = examination.parent
    except EdgebenchError:
        return ""
    if parent.artifact is None:
        return examination.artifact.record.digest
    return parent.artifact.record.digest if parent.same_runtime else ""


def entry_of(examination: Examination, outputs_file: Path) -> Entry:
    """What a baseline keeps of a case; its outputs are written into a file (.npz).

    Raises:
        EdgebenchError: it could not be built or run.
    """
    import io

    import numpy as np

    case, record, scored = examination.planned.case, examination.artifact.record, examination.scored
    buffer = io.BytesIO()
    np.savez(buffer, **{f"output_{i}": array for i, array in enumerate(scored.outputs)})  # type: ignore[arg-type]
    content = buffer.getvalue()
    outputs_file.write_bytes(content)
    folder = examination.artifact.path.parent
    counted = examination.untimed().items()
    exact = {
        name: metric
        for name, metric in counted
        if _exact(name) and name not in AGAINST_HOST and metric.rung != "predicted"
    }
    return Entry(
        case=case.key,
        model_name=case.model,
        recipe=case.recipe,
        variant=case.variant,
        profile=case.profile,
        place=examination.planned.place,
        tests=(),
        digest=record.digest,
        format=record.format,
        model=examination.artifact.path.name,
        files={name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in record.files},
        artifact_key=record.key,
        steps=tuple(step.step for step in record.steps),
        versions=record.versions,
        runtime=examination.bench.observer.describe(examination.spec),
        metrics={**exact, scored.name: scored.metric},
        ops=record.counts.ops,
        parent=_parent(examination),
        profile_keys=environment.told(examination.profile),
        outputs=hashlib.sha256(content).hexdigest(),
        data=examination.bench.observer.data_key(examination.model),
    )


def _exact(name: str) -> bool:
    return name in METRICS and METRICS[name].cls == "exact"
