"""`CaseRun`: one case built and measured, each part when it is first asked for."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import UnsupportedError
from pytest_edgebench.case import capacity, errors, paired_latency, slices
from pytest_edgebench.case.margins import margins
from pytest_edgebench.case.numbers import Numbers
from pytest_edgebench.case.toolbox import format_of
from pytest_edgebench.case.view import FileView
from pytest_edgebench.compressors.build import plan
from pytest_edgebench.declare.model import Model
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.measure.lengths import timed_at
from pytest_edgebench.record.run import Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.case.toolbox import Toolbox
    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.limit import Planned
    from pytest_edgebench.declare.model import Format, Recipe
    from pytest_edgebench.judge.measurements import Against, OfSlice
    from pytest_edgebench.measure.absolute_latency import Timed
    from pytest_edgebench.measure.observer import Scored
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.layers import Layers
    from pytest_edgebench.record.margins import Margins
    from pytest_edgebench.record.run import Metric, PairRecord, Twin
    from pytest_edgebench.record.slices import SlicesRecord
    from pytest_edgebench.workers.spec import Spec


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


class CaseRun:
    """One case of one process.

    Args:
        source: what the recipe's fixture gave, or the model itself.
        model: the model at the root.

    Attributes:
        pairs: "model" or "baseline" → how latency was compared with it.
        layers: what moved in its file, where it is worse than the baseline.
        remarks: what a reader of the report must know of how it was judged.
        building: gives what is held while the file is built, for the progress of a session.
    """

    def __init__(self, toolbox: Toolbox, planned: Planned, source: Model | Recipe, model: Model) -> None:
        self.toolbox = toolbox
        self.planned = planned
        self.source = source
        self.model = model
        self.profile: Profile = toolbox.settings.profiles[planned.case.profile]
        self.pairs: dict[str, PairRecord] = {}
        self.remarks: dict[str, None] = {}
        self.layers: Layers | None = None
        self.building: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext

    # Build

    @cached_property
    def fmt(self) -> Format:
        return format_of(self.profile, self.source)

    @cached_property
    def artifact(self) -> Artifact:
        plan.check_runtime(self.source, self.profile.runtime)
        with self.building():
            return self.toolbox.builder.build(self.source, self.fmt)

    @cached_property
    def parent(self) -> Parent:
        """The model itself for the same profile, or where that cannot be, on its own usual runtime."""
        if isinstance(self.source, Model):
            return Parent(None, self.fmt, same_runtime=True)
        build = self.toolbox.builder.build
        try:
            return Parent(build(self.model, self.fmt), self.fmt, same_runtime=True)
        except UnsupportedError as error:
            fmt = self.model.format()
            if fmt is None or fmt == self.fmt:
                raise
            return Parent(build(self.model, fmt), fmt, same_runtime=False, why=error.what)

    # Measure

    @cached_property
    def view(self) -> FileView:
        """The case's file as metric sources see it."""
        view = self._view(self.artifact, self.fmt)
        return replace(view, keeps=lambda: self.toolbox.accepted.kept(self))

    def _view(self, artifact: Artifact, fmt: Format) -> FileView:
        spec, place = self.spec_for(fmt), self.planned.place
        return FileView(self.toolbox, artifact, fmt, self.profile, self.model, self.source, spec, place)

    @cached_property
    def numbers(self) -> Numbers:
        return Numbers(self.view, untimed=self.toolbox.settings.exact_only)

    @cached_property
    def unfit(self) -> tuple[str, ...]:
        """Why the file does not fit into the profile's memory."""
        return capacity.reasons(self.artifact, self.profile, self.counted.get("arena"))

    @cached_property
    def scored(self) -> Scored:
        """Outputs and score on the profile; `UnsupportedError` where the file does not fit there."""
        if self.unfit:
            raise errors.does_not_fit(self.profile.name, self.unfit, self.planned.place)
        found = self.view.answered.scored
        _ = self._rows  # wrong slices are an error once, where the score is asked for
        return found

    @property
    def twin(self) -> Twin | None:
        """Predictions beside the host's, once the case is scored; None where they are the host's own."""
        return self.view.answered.twin if "scored" in vars(self) else None

    @cached_property
    def parent_view(self) -> FileView | None:
        """The float model as metric sources see it; None where the case is that itself."""
        parent = self.parent
        return None if parent.artifact is None else self._view(parent.artifact, parent.fmt)

    @cached_property
    def parent_numbers(self) -> Numbers | None:
        if self.parent_view is None:
            return None
        return Numbers(self.parent_view, untimed=self.toolbox.settings.exact_only)

    @property
    def parent_scored(self) -> Scored | None:
        return None if self.parent_view is None else self.parent_view.answered.scored

    @cached_property
    def slices(self) -> Mapping[str, OfSlice] | None:
        """The score on each slice of the samples; None where the model has none."""
        return slices.own(self.model, self._rows, self.scored, slices.draws(self.planned.slots))

    @cached_property
    def parent_slices(self) -> Mapping[str, Against] | None:
        """The original's score on each slice; None where it or they are not there."""
        return None if self.parent_scored is None else self.slices_of(self.parent_scored)

    def slices_of(self, scored: Scored) -> Mapping[str, Against] | None:
        """The score of another file on each slice, and how the case's differs there."""
        count = slices.draws(self.planned.slots)
        return slices.against(self.model, self._rows, self.scored, scored, count)

    @property
    def _rows(self) -> Mapping[str, Array] | None:
        return self.toolbox.observer.slices(self.model)

    def score_of(self, artifact: Artifact, fmt: Format) -> Scored:
        """Outputs and score of another file on the model's labelled data.

        Raises:
            MeasureError, DataError: as `Observer.scored`; a target that answers garbage.
        """
        return self._view(artifact, fmt).answered.scored

    def numbers_of(self, artifact: Artifact, fmt: Format) -> Numbers:
        """What the metric sources say of another file on the case's profile; nothing is timed."""
        return Numbers(self._view(artifact, fmt), untimed=True)

    def spec_for(self, fmt: Format) -> Spec:
        """The profile's worker; for another format than the case's, that of its usual runtime, here."""
        profile = self.profile
        if fmt != self.fmt:
            profile = replace(
                profile, runtime="", python="", runtime_version="", target="", target_options={}
            )
        return self.toolbox.spec(profile, fmt, self.model)

    @cached_property
    def spec(self) -> Spec:
        """The profile's worker."""
        return self.spec_for(self.fmt)

    @property
    def timing(self) -> bool:
        """Whether the profile's target gives latency, and timing is not switched off."""
        return self.profile.measured and not self.toolbox.settings.exact_only

    @property
    def timed(self) -> Timed | None:
        """Absolute latency by fresh loads; None on a profile that does not give it, or where nothing is
        timed."""
        return self.view.timed if self.timing else None

    def timed_again(self, word: str) -> Timed:
        """Absolute latency once more in a process of its own, by other loads for each word."""
        view = self.view
        return self.toolbox.observer.timed(view.artifact, view.spec, self.model, self.profile.batch, word)

    def ask(self, metrics: Iterable[str]) -> dict[str, Metric]:
        """The numbers of some metrics, measured now; `UnsupportedError` where the file does not fit."""
        wanted = tuple(metrics)
        if any(map(self.numbers.runs, wanted)):
            _ = self.scored
        return self.numbers.ask(wanted)

    def metrics(self) -> dict[str, Metric]:
        """All numbers of the case, as in `Observation.metrics`: what was asked for, and what nobody has to
        ask for."""
        _ = self.scored
        if self.timing and self.view.timed_already is not None:
            self.numbers.ask(["latency", "load"])  # another test has asked for it
        found = self.numbers.usual()
        if "latency.p50" not in found:
            at = timed_at(self.toolbox.observer.loaded(self.model))
            found |= paired_latency.candidate(self.pairs, self.spec.target_ref.evidence, at)
        return found

    def known(self) -> Mapping[str, Metric]:
        """The numbers that were measured already; nothing is built or measured for it."""
        return self.numbers.so_far() if "numbers" in vars(self) else {}

    @property
    def counted(self) -> Mapping[str, Metric]:
        """What is known of the file before it is run."""
        return self.numbers.counted()

    def static(self, artifact: Artifact) -> dict[str, Metric]:
        """What is counted in a file of the case's model, whatever its format."""
        return self.toolbox.observer.static(artifact, self.model)

    def untimed(self) -> dict[str, Metric]:
        """The numbers that need no timing."""
        _ = self.scored
        return self.numbers.usual()

    def absent(self) -> dict[str, str]:
        """Metric → why there is no number of it, also of metrics that only a budget asks for."""
        return self.numbers.why(ran=not self.unfit)

    def observation(self) -> Observation:
        """What the record keeps of the case; without a fit or a timing, what was found before that."""
        if self.unfit:
            missing = self.numbers.expected(ran=False)
            told = self.counted, missing, self.unfit
            return capacity.observation(self.artifact.key, self.profile.name, self.spec.title, *told)
        runtime = self._ran(self.spec, self.artifact)
        metrics, series = self.metrics(), paired_latency.series(self.pairs)
        timed = self.view.timed_already if self.timing else None
        if timed is not None:
            series = dict(timed.series)
        missing = self.numbers.expected()
        return Observation(
            self.artifact.key,
            self.profile.name,
            runtime,
            metrics,
            series,
            missing=missing,
            twin=self.twin,
            slices=self.recorded_slices,
            data=self.model.data_source,
            margins=self.margins,
        )

    @cached_property
    def recorded_slices(self) -> SlicesRecord | None:
        """What the record keeps of the slices."""
        total = self.scored.metric.n
        return slices.record(self.model, self._rows, self.slices, self.parent_slices, total)

    @cached_property
    def margins(self) -> Margins | None:
        """How far decisions are from another class, beside the original's; None without class scores."""
        return margins(as_score(self.model.score), self.scored, self.parent_scored)

    def parent_metrics(self, asked: Iterable[str] = ()) -> dict[str, Metric]:
        """Numbers of the float model on the same profile, as far as they compare with the case's.

        Args:
            asked: metrics that a budget compares with the float model.
        """
        numbers, scored = self.parent_numbers, self.parent_scored
        if numbers is None or scored is None:
            return {}
        if not self.parent.same_runtime:
            return {**numbers.in_file(), scored.name: scored.metric}
        return {**numbers.counted(), scored.name: scored.metric, **numbers.ask(asked)}

    def parent_observation(self) -> Observation | None:
        """What the record keeps of the float model on the same profile."""
        parent = self.parent
        if parent.artifact is None or self.parent_scored is None:
            return None
        metrics = self.parent_metrics()
        series: Mapping[str, tuple[float, ...]] = {}
        if parent.same_runtime and "latency.p50" not in metrics:
            metrics |= paired_latency.reference(self.pairs, self.spec.target_ref.evidence)
        runtime = self._ran(self.spec_for(parent.fmt), parent.artifact)
        told = self.model.data_source
        return Observation(parent.artifact.key, self.profile.name, runtime, metrics, series, data=told)

    def _ran(self, spec: Spec, artifact: Artifact) -> dict[str, str]:
        """What ran a file, when its state was reset, and what is to be said of the data."""
        observer = self.toolbox.observer
        return (
            observer.describe(spec) | observer.resets(artifact, self.model) | observer.data_facts(self.model)
        )
