"""`Examination`: one case built, measured and judged, each part when it is first asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_edgebench.bench import format_of
from pytest_edgebench.declare.model import Model
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.errors import EdgebenchError, UnsupportedError
from pytest_edgebench.errors import run as errors
from pytest_edgebench.record.run import Observation, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.bench import Bench
    from pytest_edgebench.declare.limit import Planned, Slot
    from pytest_edgebench.declare.model import Format, Recipe
    from pytest_edgebench.judge.absolute import AbsoluteDecision
    from pytest_edgebench.judge.bootstrap import Bootstrap
    from pytest_edgebench.judge.facts import Facts, Reference
    from pytest_edgebench.judge.timing import Decision
    from pytest_edgebench.measure.observe import Scored, Timed
    from pytest_edgebench.measure.spec import Spec
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.run import Metric, PairRecord, Row
    from pytest_edgebench.waivers import Waiver

NEEDS_A_RUN = ("latency", "load", "first_inference", "memory")
OF_THE_DEVICE = ("ram", "flash")


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
    """

    def __init__(self, bench: Bench, planned: Planned, source: Model | Recipe, model: Model) -> None:
        self.bench = bench
        self.planned = planned
        self.source = source
        self.model = model
        self.profile: Profile = bench.settings.profiles[planned.case.profile]
        self.pairs: dict[str, PairRecord] = {}
        self.remarks: dict[str, None] = {}

    # Build

    @cached_property
    def fmt(self) -> Format:
        return format_of(self.profile, self.source)

    @cached_property
    def artifact(self) -> Artifact:
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
    def scored(self) -> Scored:
        return self.score_of(self.artifact, self.fmt)

    @cached_property
    def parent_scored(self) -> Scored | None:
        parent = self.parent
        return None if parent.artifact is None else self.score_of(parent.artifact, parent.fmt)

    @cached_property
    def drawn(self) -> dict[str, Metric]:
        """Worst, median and spread of the score over several calibrations; nothing where there is one."""
        from pytest_edgebench.compressors.draws import redrawn, summary

        built = [self.bench.builder.build(source, self.fmt) for source in redrawn(self.source)]
        found = [self.score_of(artifact, self.fmt).metric for artifact in built]
        score = as_score(self.model.score)
        return summary(score.name, found, lower_is_better=score.lower_is_better)

    def score_of(self, artifact: Artifact, fmt: Format) -> Scored:
        """Outputs and score of a file on the model's labelled data.

        Raises:
            MeasureError, DataError: as `Observer.scored`.
        """
        spec, batch = self.spec_for(fmt), self.profile.batch
        found = self.bench.observer.scored(artifact, spec, self.model, batch, self.planned.place)
        if self.profile.measured:
            return found
        note = f"of {spec.title} on this machine: {self.profile.name} is only described"
        return replace(found, metric=replace(found.metric, note=note))

    def spec_for(self, fmt: Format) -> Spec:
        """The profile's worker; for another format than the case's, that of its usual runtime."""
        profile = self.profile if fmt == self.fmt else replace(self.profile, runtime="", python="")
        return self.bench.spec(profile, fmt)

    @cached_property
    def timed(self) -> Timed | None:
        """Latency by fresh loads; None on a profile that is only described, or where nothing is timed."""
        timing = self.profile.measured and not self.bench.settings.exact_only
        return self._timed(self.artifact) if timing else None

    def _timed(self, artifact: Artifact, again: str = "") -> Timed:
        spec = self.spec_for(self.fmt)
        return self.bench.observer.timed(artifact, spec, self.model, self.profile.batch, again)

    @cached_property
    def memory(self) -> Metric | None:
        """Peak memory of clean processes; None on a profile that is only described."""
        if not self.profile.measured:
            return None
        spec = self.spec_for(self.fmt)
        return self.bench.observer.memory(self.artifact, spec, self.model, self.profile.batch)

    def metrics(self) -> dict[str, Metric]:
        """All numbers of the case, as in `Observation.metrics`; memory only once it was asked for."""
        return self._metrics(self.timed)

    def _metrics(self, timed: Timed | None) -> dict[str, Metric]:
        found = dict(self.bench.observer.static(self.artifact))
        found[self.scored.name] = self.scored.metric
        found |= self.drawn
        if timed is not None:
            found |= timed.metrics
        if vars(self).get("memory") is not None:
            found["memory"] = vars(self)["memory"]
        return found

    def missing(self) -> dict[str, str]:
        """Metric → why it cannot be had here."""
        found = {}
        if not self.profile.measured:
            found = {name: errors.only_described(self.profile.name, name) for name in NEEDS_A_RUN}
        return found | {name: errors.not_on_host(name) for name in OF_THE_DEVICE}

    def observation(self) -> Observation:
        """What the record keeps of the case; where timing failed, what was found before it."""
        missing = self.missing()
        try:
            timed = self.timed
        except EdgebenchError as error:
            timed, missing = None, missing | {"latency": error.what}
        runtime = self.bench.observer.describe(self.spec_for(self.fmt))
        series = timed.series if timed is not None else {}
        metrics = self._metrics(timed)
        return Observation(self.artifact.key, self.profile.name, runtime, metrics, series, missing=missing)

    def parent_observation(self) -> Observation | None:
        """What the record keeps of the float model on the same profile."""
        parent = self.parent
        if parent.artifact is None or self.parent_scored is None:
            return None
        metrics = dict(self.bench.observer.static(parent.artifact))
        metrics[self.parent_scored.name] = self.parent_scored.metric
        series: Mapping[str, tuple[float, ...]] = {}
        if self.profile.measured and parent.same_runtime:
            timed = self._timed(parent.artifact)
            metrics |= timed.metrics
            series = timed.series
        runtime = self.bench.observer.describe(self.spec_for(parent.fmt))
        return Observation(parent.artifact.key, self.profile.name, runtime, metrics, series)

    # Judge

    def judge(self) -> tuple[Row, ...]:
        """Judge all that is demanded of the case, and the default checks."""
        from pytest_edgebench.judge.cause import explained
        from pytest_edgebench.judge.defaults import default_rows
        from pytest_edgebench.judge.rows import judge_slot
        from pytest_edgebench.judge.waive import updated

        slots = self.planned.slots
        facts, rules = self._facts(slots), self.bench.rules
        rows = [judge_slot(slot, facts, rules) for slot in slots]
        rows += default_rows(slots, facts, rules, off=self.planned.off)
        if any(row.reference == "baseline" and row.verdict is Verdict.FAIL for row in rows):
            told = self.bench.accepted.cause(self)
            rows = [explained(row, told) for row in rows]
        if self.bench.settings.update_baseline != "no":
            return tuple(updated(row) for row in rows)
        alive = [waiver for waiver in self.bench.settings.waivers if date.today() <= waiver.until]
        return tuple(self._waived(row, facts, alive) for row in rows)

    def _waived(self, row: Row, facts: Facts, waivers: Sequence[Waiver]) -> Row:
        """A broken row that a waiver allows, as a warning."""
        from pytest_edgebench.judge.waive import allowed, pending

        found = pending(row, self.planned.case.key, waivers)
        if found is None:
            return row
        if found.limit.metric == "latency" and found.limit.reference:
            from pytest_edgebench.judge.rows import timing_limit

            decision = self._raced(found.limit.reference, timing_limit(found.limit))
            if decision is not None:
                facts = replace(facts, timing={**facts.timing, found.limit.reference: decision})
        return allowed(row, found, facts, self.bench.rules)

    def _facts(self, slots: Sequence[Slot]) -> Facts:
        from pytest_edgebench.judge.facts import Facts, ScoreInfo

        score, scored = as_score(self.model.score), self.scored
        if any(slot.limit.metric == "memory" for slot in slots):
            _ = self.memory
        return Facts(
            model=self.planned.case.model,
            profile=self.profile.name,
            metrics=self.metrics(),
            missing=self.missing() | self._draws_missing(),
            score=ScoreInfo(score.name, score.unit, score.lower_is_better, score.correctness),
            samples=scored.samples,
            parent=self._reference(),
            baseline=self.bench.accepted.reference(self),
            timing=self._timing(slots),
            absolute=self._absolute(slots),
        )

    def _draws_missing(self) -> dict[str, str]:
        """Statistics of several calibrations → why there are none; nothing where there are."""
        from pytest_edgebench.declare.limit import OF_DRAWS
        from pytest_edgebench.errors import precision

        if self.drawn:
            return {}
        return {f"{self.scored.name}.{word}": precision.no_draws(word) for word in OF_DRAWS}

    def _reference(self) -> Reference:
        from pytest_edgebench.judge.facts import Reference

        parent, scored = self.parent, self.parent_scored
        if parent.artifact is None or scored is None:
            return Reference()
        metrics = {scored.name: scored.metric}
        if parent.same_runtime:
            metrics |= self.bench.observer.static(parent.artifact)
        return Reference(
            metrics=metrics,
            why=parent.why,
            same_bytes=parent.same_runtime and parent.artifact.record.digest == self.artifact.record.digest,
            samples=scored.samples,
            bootstrap=self.bootstrap(scored),
            changed=self.changed(scored),
        )

    def changed(self, parent: Scored) -> int | None:
        """Samples whose largest output is another one, where right and wrong is what is scored."""
        mine, theirs = self.scored.outputs[0], parent.outputs[0]
        if not as_score(self.model.score).correctness or mine.shape != theirs.shape:
            return None
        flat = (len(mine), -1)
        return int((mine.reshape(flat).argmax(1) != theirs.reshape(flat).argmax(1)).sum())

    def bootstrap(self, parent: Scored) -> Bootstrap | None:
        """How the drop of an aggregate varies over the samples; None where there are per-sample values."""
        if parent.samples is not None and self.scored.samples is not None:
            return None
        from pytest_edgebench.judge.bootstrap import paired

        score, labels = as_score(self.model.score), self.scored.labels
        sign = -1.0 if score.lower_is_better else 1.0

        def value(scored: Scored, chosen: Any) -> float:
            outputs = tuple(array[chosen] for array in scored.outputs)
            return float(score.fn(outputs[0] if len(outputs) == 1 else outputs, labels[chosen]))

        return paired(lambda i: sign * (value(parent, i) - value(self.scored, i)), len(labels))

    def _timing(self, slots: Sequence[Slot]) -> dict[str, Decision]:
        """Latency against the float model and against the baseline, where they run here."""
        from pytest_edgebench.judge.rows import timing_limit

        rules, found = self.bench.rules, {}
        for name, usual in (("model", rules.parent_latency), ("baseline", rules.baseline_latency)):
            if ("latency", "p50", name) in self.planned.off:
                continue
            written = [s.limit for s in slots if s.limit.metric == "latency" and s.limit.reference == name]
            decision = self._raced(name, timing_limit(written[0]) if written else usual)
            if decision is not None:
                found[name] = decision
        return found

    def _raced(self, name: str, limit: float) -> Decision | None:
        """Latency against another file, a ratio; None where it cannot be timed, or has the same bytes."""
        if name == "baseline":
            other = self.bench.accepted.artifact(self)
        else:
            other = self.parent.artifact if self.parent.same_runtime else None
        timing = self.profile.measured and not self.bench.settings.exact_only
        if other is None or not timing or other.record.digest == self.artifact.record.digest:
            return None
        decision, self.pairs[name] = self.bench.race(
            self.profile, self.fmt, other, self.artifact, self.model, limit
        )
        return decision

    def _absolute(self, slots: Sequence[Slot]) -> dict[str, AbsoluteDecision]:
        """Absolute latency budgets; a FAIL is measured again in a fresh process, later on."""
        if self.timed is None:
            return {}
        from pytest_edgebench.judge import absolute
        from pytest_edgebench.judge.timing import Outcome

        found = {}
        for slot in slots:
            limit = slot.limit
            if limit.metric != "latency" or limit.reference:
                continue
            timed = self.timed
            judged = absolute.judge(limit.statistic, timed.loads, limit.amount, calls=timed.calls)
            if judged.verdict is Outcome.FAIL:
                time.sleep(max(0.0, timed.at + self.bench.settings.confirm_s - time.time()))
                again = self._timed(self.artifact, "confirm")
                second = absolute.judge(limit.statistic, again.loads, limit.amount, calls=again.calls)
                judged = absolute.confirm(judged, second)
            found[limit.statistic] = judged
        return found
