"""`Examination`: one case built and measured, each part when it is first asked for."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_edgebench import counting, drawn, fit, predicted, twins
from pytest_edgebench.bench import format_of
from pytest_edgebench.declare.model import Model
from pytest_edgebench.errors import EdgebenchError, UnsupportedError
from pytest_edgebench.errors import arena as arena_errors
from pytest_edgebench.errors import predict as predict_errors
from pytest_edgebench.errors import run as errors
from pytest_edgebench.errors import target as target_errors
from pytest_edgebench.measure.arena import RUNTIME
from pytest_edgebench.record.run import Observation
from pytest_edgebench.targets.reach import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.bench import Bench
    from pytest_edgebench.declare.limit import Planned
    from pytest_edgebench.declare.model import Format, Recipe
    from pytest_edgebench.measure.observe import Scored, Timed
    from pytest_edgebench.measure.spec import Spec
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.run import Metric, PairRecord, Rung, Twin

NEEDS_A_RUN = {"latency": "latency", "load": "latency", "first_inference": "latency", "memory": "memory"}
"""Metric → what a target must give for it (`targets.reach.Gives`)."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The float model a case is compared with.

    Attributes:
        artifact: None for the model itself. fmt: its format.
        same_runtime: built for the same profile, so that size and latency compare.
        why: what does not compare and why; "" where all does.
    """

    artifact: Artifact | None
    fmt: Format
    same_runtime: bool
    why: str = ""


class Examination:
    """One case of one process.

    Args:
        source: what the recipe's fixture gave, or the model itself.
        model: the model at the root.

    Attributes:
        pairs: "model" or "baseline" → how latency was compared with it.
        remarks: what a reader of the report must know of how it was judged.
        twins: key of an artifact → its predictions beside the host's, once it was scored.
        building: gives what is held while the file is built, for the progress of a session.
    """

    def __init__(self, bench: Bench, planned: Planned, source: Model | Recipe, model: Model) -> None:
        self.bench = bench
        self.planned = planned
        self.source = source
        self.model = model
        self.profile: Profile = bench.settings.profiles[planned.case.profile]
        self.pairs: dict[str, PairRecord] = {}
        self.remarks: dict[str, None] = {}
        self.twins: dict[str, Twin | None] = {}
        self.building: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext

    # Build

    @cached_property
    def fmt(self) -> Format:
        return format_of(self.profile, self.source)

    @cached_property
    def artifact(self) -> Artifact:
        with self.building():
            return self.bench.builder.build(self.source, self.fmt)

    @cached_property
    def parent(self) -> Parent:
        """The model itself for the same profile, or where that cannot be, on its own usual runtime."""
        if isinstance(self.source, Model):
            return Parent(None, self.fmt, same_runtime=True)
        build = self.bench.builder.build
        try:
            return Parent(build(self.model, self.fmt), self.fmt, same_runtime=True)
        except UnsupportedError as error:
            fmt = self.model.format()
            if fmt is None or fmt == self.fmt:
                raise
            return Parent(build(self.model, fmt), fmt, same_runtime=False, why=error.what)

    # Measure

    @cached_property
    def unfit(self) -> tuple[str, ...]:
        """Why the file does not fit into the profile's memory."""
        return fit.reasons(self.artifact, self.profile, self.counted.get("arena"))

    @cached_property
    def scored(self) -> Scored:
        """Outputs and score on the profile; `UnsupportedError` where the file does not fit there."""
        if self.unfit:
            raise arena_errors.does_not_fit(self.profile.name, self.unfit, self.planned.place)
        return self.score_of(self.artifact, self.fmt)

    @property
    def twin(self) -> Twin | None:
        """Predictions beside the host's, once the case is scored; None where they are the host's own."""
        return self.twins.get(self.artifact.key)

    @cached_property
    def parent_scored(self) -> Scored | None:
        parent = self.parent
        return None if parent.artifact is None else self.score_of(parent.artifact, parent.fmt)

    @cached_property
    def drawn(self) -> Mapping[str, Metric]:
        """The score over several draws of calibration data; nothing where there is one."""
        return drawn.metrics(self)

    def score_of(self, artifact: Artifact, fmt: Format) -> Scored:
        """Outputs and score of a file on the model's labelled data.

        Raises:
            MeasureError, DataError: as `Observer.scored`; a target that answers garbage.
        """
        spec, batch = self.spec_for(fmt), self.profile.batch
        if not self.profile.gives("outputs"):
            spec = replace(spec, reach=LOCAL, version="")
        found = self.bench.observer.scored(artifact, spec, self.model, batch, self.planned.place)
        self.twins[artifact.key] = twins.beside_host(
            self.bench, artifact, spec, self.model, self.profile, found, self.planned.place
        )
        if self.profile.gives("outputs"):
            return found
        why = "gives no outputs" if self.profile.target else "is only described"
        note = f"of {spec.title} on this machine: {self.profile.name} {why}"
        rung: Rung = "emulated" if spec.runtime == RUNTIME else found.metric.rung
        return replace(found, metric=replace(found.metric, rung=rung, note=note))

    def spec_for(self, fmt: Format) -> Spec:
        """The profile's worker; for another format than the case's, that of its usual runtime, here."""
        profile = self.profile
        if fmt != self.fmt:
            profile = replace(
                profile, runtime="", python="", runtime_version="", target="", target_options={}
            )
        return self.bench.spec(profile, fmt)

    @cached_property
    def spec(self) -> Spec:
        """The profile's worker."""
        return self.spec_for(self.fmt)

    @cached_property
    def timed(self) -> Timed | None:
        """Latency by fresh loads; None on a profile that does not give it, or where nothing is timed."""
        timing = self.profile.measured and not self.bench.settings.exact_only
        return self.time(self.artifact) if timing else None

    def time(self, artifact: Artifact, again: str = "") -> Timed:
        """Latency of a file by fresh loads; by other ones for each other word in `again`."""
        spec = self.spec
        return self.bench.observer.timed(artifact, spec, self.model, self.profile.batch, again)

    @cached_property
    def memory(self) -> Metric | None:
        """Peak memory of clean processes; None on a profile that does not give it."""
        if not self.profile.gives("memory"):
            return None
        spec = self.spec
        return self.bench.observer.memory(self.artifact, spec, self.model, self.profile.batch)

    @cached_property
    def predicted(self) -> Mapping[str, Metric | str]:
        """What is predicted of a profile that cannot be measured, or why it is not."""
        return predicted.metrics(self.profile, self.artifact)

    @cached_property
    def instructions(self) -> Metric | str:
        """Of an inference, or why they are not counted; of a target whose outputs could be trusted."""
        _ = self.scored
        return counting.instructions(self, self.artifact)

    def metrics(self) -> dict[str, Metric]:
        """All numbers of the case, as in `Observation.metrics`; memory only once it was asked for."""
        return self._metrics(self.timed)

    def _metrics(self, timed: Timed | None) -> dict[str, Metric]:
        found = {**self.counted, self.scored.name: self.scored.metric}
        found |= twins.metrics(self.twin, self.scored.metric.rung)
        if not isinstance(self.instructions, str):
            found["instructions"] = self.instructions
        found |= self.drawn
        if timed is not None:
            found |= timed.metrics
        if vars(self).get("memory") is not None:
            found["memory"] = vars(self)["memory"]
        return found

    @cached_property
    def counted(self) -> Mapping[str, Metric]:
        """What is known of the file before it is run."""
        return self.counted_of(self.artifact)

    def counted_of(self, artifact: Artifact) -> Mapping[str, Metric]:
        """What is known of a file of the case's format before it is run."""
        found = self.bench.observer.static(artifact)
        arena = fit.arena(self.bench, artifact, self.spec)
        found = {**found, **predicted.given(predicted.metrics(self.profile, artifact))}
        return found if arena is None else {**found, "arena": arena}

    def untimed(self) -> dict[str, Metric]:
        """The numbers that need no timing."""
        return self._metrics(None)

    def absent(self) -> dict[str, str]:
        """Metric → why there is no number of it, also of metrics that only a budget asks for."""
        counts = {"arena": arena_errors.needs_micro(), **counting.missing(self), **drawn.missing(self)}
        told = {**counts, **twins.missing(self.twin, self.profile), **self.missing()}
        if predicted.P50 in self.counted:
            told["latency"] = predict_errors.only_typical(self.profile.name)
        return told

    def missing(self) -> dict[str, str]:
        """Metric → why it cannot be had here, of those one would expect."""
        found = {}
        for name, what in NEEDS_A_RUN.items():
            if not self.profile.target:
                found[name] = errors.only_described(self.profile.name, name)
            elif not self.profile.gives(what):
                reach = self.profile.reach
                found[name] = target_errors.not_given(self.profile.name, name, reach.kind, reach.gives)
        found |= {name: errors.not_on_host(name) for name in ("ram", "flash")}
        found |= predicted.refused(self.predicted)
        there = {predicted.WHAT[name] for name in predicted.given(self.predicted)}
        return {name: why for name, why in found.items() if name not in there}

    def observation(self) -> Observation:
        """What the record keeps of the case; without a fit or a timing, what was found before that."""
        missing = self.missing()
        if self.unfit:
            told = self.counted, missing, self.unfit
            return fit.observation(self.artifact.key, self.profile.name, self.spec.title, *told)
        try:
            timed = self.timed
        except EdgebenchError as error:
            timed, missing = None, missing | {"latency": error.what}
        runtime = self.bench.observer.describe(self.spec)
        series = timed.series if timed is not None else {}
        metrics = self._metrics(timed)
        if self.profile.gives("instructions"):
            missing |= counting.missing(self)
        return Observation(
            self.artifact.key, self.profile.name, runtime, metrics, series, missing=missing, twin=self.twin
        )

    def parent_observation(self) -> Observation | None:
        """What the record keeps of the float model on the same profile."""
        parent = self.parent
        if parent.artifact is None or self.parent_scored is None:
            return None
        static = self.counted_of if parent.same_runtime else self.bench.observer.static
        metrics = {**static(parent.artifact), self.parent_scored.name: self.parent_scored.metric}
        series: Mapping[str, tuple[float, ...]] = {}
        if self.profile.measured and parent.same_runtime:
            timed = self.time(parent.artifact)
            metrics |= timed.metrics
            series = timed.series
        runtime = self.bench.observer.describe(self.spec_for(parent.fmt))
        return Observation(parent.artifact.key, self.profile.name, runtime, metrics, series)
