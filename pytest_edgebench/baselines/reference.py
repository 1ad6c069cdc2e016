"""`AcceptedState`: what the baseline has of a case, as the judge needs it, and what a new one would keep."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.artifact import Artifact
from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.baselines import errors
from pytest_edgebench.baselines.recount import counters, recounted, true_digest
from pytest_edgebench.baselines.terms import terms
from pytest_edgebench.case.against import bootstrap, changed
from pytest_edgebench.case.errors import no_baseline
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.judge.cause import Made, cause
from pytest_edgebench.judge.measurements import Reference
from pytest_edgebench.profiles.text import as_text
from pytest_edgebench.record import environment
from pytest_edgebench.record.baseline import FILES, Entry, outputs_as_kept
from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.record.run import ArtifactRecord, Counts

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.baselines.terms import Today
    from pytest_edgebench.case.case import CaseRun
    from pytest_edgebench.measure.observer import Scored
    from pytest_edgebench.record.baseline import Baseline
    from pytest_edgebench.record.layers import Layers

NO_COUNTS = Counts({}, 0, {}, 0, 0, 0)
BESIDE_COUNTS = frozenset(
    {"extends", "ram_bytes", "flash_bytes", "dedicated", "required", "python", "core", "clock_hz", "caches",
     "predicted_by", "kernels"}
)  # fmt: skip
"""What a profile or a runtime may say otherwise without another count of instructions."""


class AcceptedState:
    """The accepted state beside a session's cases.

    Args:
        baseline: None where the session has none.
        updating: what is measured becomes the accepted state, so that a case without one is new.
    """

    def __init__(self, baseline: Baseline | None, *, updating: bool) -> None:
        self.baseline = baseline
        self._updating = updating
        self._digests: dict[Path, str] = {}
        self._moved: dict[tuple[str, str, str], Layers] = {}

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the kept model files lie."""
        return () if self.baseline is None else (self.baseline.folder / FILES,)

    def artifact(self, case_run: CaseRun) -> Artifact | None:
        """The accepted file, where it can be timed beside the case's own; None where not."""
        entry = self._entry(case_run)
        if entry is None or entry.format != case_run.fmt:
            return None
        try:
            return self._file(entry)
        except EdgebenchError:
            return None  # told by `reference`

    def kept(self, case_run: CaseRun) -> tuple[Artifact | None, str]:
        """The accepted file, of whatever format; or None, and why there is none."""
        if self.baseline is None:
            return None, no_baseline()
        entry = self._entry(case_run)
        if entry is None:
            broken = self.baseline.broken.get(case_run.planned.case.key)
            return None, errors.broken_there(self.baseline.title, broken) if broken else errors.not_listed()
        try:
            return self._file(entry), ""
        except EdgebenchError as error:
            return None, error.what

    def reference(self, case_run: CaseRun) -> Reference:
        """What is accepted of a case, or why there is nothing to compare with."""
        if self.baseline is None:
            return Reference(new=self._updating)
        key = case_run.planned.case.key
        if key in self.baseline.broken:
            return Reference(why=errors.broken_there(self.baseline.title, self.baseline.broken[key]))
        entry = self._entry(case_run)
        if entry is None:
            return Reference(new=True)
        try:
            artifact = self._file(entry)
            scored = self._scored(case_run, entry, artifact)
            lacks = self._lacks(case_run, entry)
            metrics = recounted(self.baseline.title, case_run, entry, artifact, lacks)
        except EdgebenchError as error:
            return Reference(why=f"{error.what}; {error.fix}" if error.fix else error.what)
        self._remark(case_run, entry)
        return Reference(
            metrics={**metrics, scored.name: scored.metric},
            why="" if entry.format == case_run.fmt else errors.other_format(entry.format),
            same_bytes=artifact.record.digest == case_run.artifact.record.digest,
            samples=scored.samples,
            bootstrap=bootstrap(case_run.model, case_run.scored, scored),
            changed=changed(case_run.model, case_run.scored, scored),
            lacks=lacks,
            slices=case_run.slices_of(scored),
        )

    def cause(self, case_run: CaseRun) -> str:
        """What of a case differs from the accepted state, in one sentence; "" without one."""
        entry = self._entry(case_run)
        if entry is None or self.baseline is None:
            return ""
        host = {} if self.baseline.kind == "ref" else entry.host or self.baseline.host
        counts = {name: metric.value for name, metric in entry.metrics.items()}
        then = Made(
            entry.parent, entry.digest, entry.steps, entry.versions, entry.runtime, entry.profile_keys, host,
            entry.ops, counts,
        )  # fmt: skip
        return cause(then, made(case_run))

    def layers(self, case_run: CaseRun) -> Layers | None:
        """What moved in a case's file since the accepted one; None where nothing did, or nobody can tell."""
        from pytest_edgebench.artifacts.inspect.layers import layers
        from pytest_edgebench.baselines.moved import moved
        from pytest_edgebench.measure.counting import depends_on_a_call

        before, after = self.artifact(case_run), case_run.artifact
        if before is None or before.record.digest == after.record.digest:
            return None
        model, observer = case_run.model, case_run.toolbox.observer
        pair = model.name, before.record.digest, after.record.digest
        if pair in self._moved:  # of another profile
            return self._moved[pair]
        try:
            given = observer.sample(model, 1).call() if depends_on_a_call(after.record.counts) else {}
            old, new = (layers(one.path, given, model.signature) for one in (before, after))
        except EdgebenchError:  # what could not be counted is told of its metrics
            return None
        self._moved[pair] = moved(old, new)
        return self._moved[pair]

    def _entry(self, case_run: CaseRun) -> Entry | None:
        return None if self.baseline is None else self.baseline.cases.get(case_run.planned.case.key)

    def _file(self, entry: Entry) -> Artifact:
        assert self.baseline is not None
        path = self.baseline.artifact(entry)
        sizes = {name: (path.parent / name).stat().st_size for name in entry.files}
        key, fmt = entry.artifact_key, entry.format
        found = Artifact(path, ArtifactRecord(key, entry.digest, fmt, sizes, NO_COUNTS, (), entry.versions))
        if path not in self._digests:
            self._digests[path] = true_digest(self.baseline.title, entry, found)
        return replace(found, record=replace(found.record, digest=self._digests[path]))

    def _scored(self, case_run: CaseRun, entry: Entry, artifact: Artifact) -> Scored:
        """By the accepted outputs; where the labelled data changed, by running the accepted file again."""
        assert self.baseline is not None
        observer, model = case_run.toolbox.observer, case_run.model
        if entry.data == observer.data_key(model):
            outputs = self.baseline.outputs(entry)
            if outputs is not None:
                evidence = case_run.scored.metric.evidence
                return observer.score(outputs, model, case_run.planned.place, evidence)
        else:
            case_run.remarks[errors.other_data(self.baseline.title, model.name)] = None
        return case_run.score_of(artifact, "tflite" if entry.format == "tflite" else "onnx")

    def _remark(self, case_run: CaseRun, entry: Entry) -> None:
        assert self.baseline is not None
        here = case_run.toolbox.observer.describe(case_run.spec)
        then, now = (f"{found.get('name')} {found.get('version')}" for found in (entry.runtime, here))
        if then != now:
            case_run.remarks[errors.other_runtime(self.baseline.title, then, now)] = None

    def _lacks(self, case_run: CaseRun, entry: Entry) -> dict[str, str]:
        """Counts of a target's own code that another emulator, runtime or CPU made: they are not compared."""
        counted = [name for name in entry.metrics if name in METRICS and METRICS[name].near_exact]
        if not counted:
            return {}
        then = {**entry.runtime, **entry.profile_keys}
        now = {
            **case_run.toolbox.observer.describe(case_run.spec),
            **as_text(case_run.profile),
        }
        for key in sorted((then.keys() | now.keys()) - BESIDE_COUNTS):
            if then.get(key) != now.get(key):
                why = errors.other_counter(key, then.get(key, "none"), now.get(key, "none"))
                return dict.fromkeys(counted, why)
        return {}


def made(case_run: CaseRun) -> Made:
    """What a case is made of now."""
    record = case_run.artifact.record
    counts = {name: metric.value for name, metric in case_run.static(case_run.artifact).items()}
    return Made(
        model=_parent(case_run),
        artifact=record.digest,
        steps=tuple(step.step for step in record.steps),
        versions=record.versions,
        runtime=case_run.toolbox.observer.describe(case_run.spec),
        profile=as_text(case_run.profile),
        host=environment.host(),
        ops=record.counts.ops,
        counts=counts,
    )


def _parent(case_run: CaseRun) -> str:
    """Digest of the uncompressed model for the same profile; "" where there is none."""
    try:
        parent = case_run.parent
    except EdgebenchError:
        return ""
    if parent.artifact is None:
        return case_run.artifact.record.digest
    return parent.artifact.record.digest if parent.same_runtime else ""


def entry_of(case_run: CaseRun, outputs_file: Path, now: Today) -> Entry:
    """What a baseline keeps of a case; its outputs are written into a file (.npz).

    Args:
        now: what the case is judged by.

    Raises:
        EdgebenchError: it could not be built or run.
    """
    import io

    import numpy as np

    case, record, scored = case_run.planned.case, case_run.artifact.record, case_run.scored
    buffer = io.BytesIO()
    np.savez(buffer, **outputs_as_kept(scored.outputs))
    content = buffer.getbuffer()
    outputs_file.write_bytes(content)
    folder = case_run.artifact.path.parent
    counted = case_run.untimed().items()
    exact = {
        name: metric
        for name, metric in counted
        if _exact(name) and not _comparison(name) and metric.evidence != "predicted"
    }
    return Entry(
        case=case.key,
        model_name=case.model,
        recipe=case.recipe,
        variant=case.variant,
        profile=case.profile,
        place=case_run.planned.place,
        tests=(),
        digest=record.digest,
        format=record.format,
        model=case_run.artifact.path.name,
        files={name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in record.files},
        artifact_key=record.key,
        steps=tuple(step.step for step in record.steps),
        versions=record.versions,
        runtime=case_run.toolbox.observer.describe(case_run.spec),
        metrics={**exact, scored.name: scored.metric},
        ops=record.counts.ops,
        parent=_parent(case_run),
        profile_keys=as_text(case_run.profile),
        outputs=hashlib.sha256(content).hexdigest(),
        data=case_run.toolbox.observer.data_key(case_run.model),
        counters=counters(),
        terms=terms(now, higher_is_better=not as_score(case_run.model.score).lower_is_better),
    )


def _comparison(name: str) -> bool:
    return METRICS[name].against_host or METRICS[name].against_baseline


def _exact(name: str) -> bool:
    return name in METRICS and METRICS[name].cls == "exact"
