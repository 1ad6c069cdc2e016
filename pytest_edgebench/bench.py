"""`Bench`: what a process of a session needs to build, measure and judge; made when first needed."""

from __future__ import annotations

import dataclasses
import shutil
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_edgebench.declare.model import Model, Prebuilt, Recipe
from pytest_edgebench.runtimes.protocol import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgebench.accepted import Accepted
    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.compressors.build import Builder
    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.judge.facts import Rules
    from pytest_edgebench.judge.timing import Decision
    from pytest_edgebench.measure.observe import Observer
    from pytest_edgebench.measure.once import Once
    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.measure.race import Terms
    from pytest_edgebench.measure.spec import Spec
    from pytest_edgebench.options import Settings
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.baseline import Baseline
    from pytest_edgebench.record.run import PairRecord


class Bench:
    """Tools of one process.

    Args:
        settings: of the session.
        cache_folder: kept across sessions.
        run_folder: of this session, shared by its processes.
        noisy: tells how many latency comparisons the whole matrix has.
        log: told in one line each time something is really built.
        baseline: the accepted state, where there is one.
    """

    def __init__(
        self,
        settings: Settings,
        cache_folder: Path,
        run_folder: Path,
        noisy: Callable[[], int],
        log: Callable[[str], None],
        baseline: Baseline | None = None,
    ) -> None:
        self.settings = settings
        self.run_folder = run_folder
        self._cache_folder = cache_folder
        self._noisy = noisy
        self._log = log
        self._baseline = baseline

    @cached_property
    def cache(self) -> Cache:
        from pytest_edgebench.artifacts.cache import Cache
        from pytest_edgebench.measure.locks import entry_lock

        return Cache(self._cache_folder, entry_lock, self._log)

    @cached_property
    def builder(self) -> Builder:
        from pytest_edgebench.compressors.build import Builder
        from pytest_edgebench.measure.locks import building
        from pytest_edgebench.record.tree import root_of

        return Builder(self.cache, self._log, building, root_of(self.settings.root))

    @cached_property
    def accepted(self) -> Accepted:
        from pytest_edgebench.accepted import Accepted

        return Accepted(self._baseline, updating=self.settings.update_baseline != "no")

    @cached_property
    def pool(self) -> Pool:
        from pytest_edgebench.measure.pool import Pool

        return Pool(self.run_folder / "workers")

    @cached_property
    def once(self) -> Once:
        from pytest_edgebench.measure.once import Once

        return Once(self.run_folder / "once")

    @cached_property
    def observer(self) -> Observer:
        from pytest_edgebench.measure.observe import Observer

        return Observer(self.cache, self.once, self.pool, self.settings.deadline_s)

    @property
    def _comparisons(self) -> int:
        return max(1, self._noisy())

    @cached_property
    def rules(self) -> Rules:
        from pytest_edgebench.judge.facts import Rules

        settings = self.settings
        return Rules(
            comparisons=self._comparisons,
            accuracy_mode=settings.accuracy_mode,
            parent_latency=1 + settings.parent_limit_percent / 100,
            baseline_latency=1 + settings.baseline_limit_percent / 100,
            regressions=settings.regressions,
        )

    def terms(self, limit: float) -> Terms:
        """What a latency comparison is held to: alpha is shared among all noisy cells of the matrix."""
        from pytest_edgebench.judge.matrix import alpha_per_cell
        from pytest_edgebench.measure.race import Terms

        settings = self.settings
        return Terms(
            limit=limit,
            alpha_fail=alpha_per_cell(self._comparisons, settings.alpha),
            max_loads=settings.max_loads,
            cap_s=settings.cap_s,
            deadline_s=settings.deadline_s,
        )

    def spec(self, profile: Profile, fmt: Format) -> Spec:
        """The kind of worker that runs a format for a profile."""
        from pytest_edgebench.measure.spec import Spec

        runtime = self.settings.runtimes.get(profile.runtime)
        return Spec.of(dataclasses.replace(profile, runtime=str(runtime)) if runtime else profile, fmt)

    def race(
        self,
        profile: Profile,
        fmt: Format,
        reference: Artifact,
        candidate: Artifact,
        model: Model,
        limit: float,
    ) -> tuple[Decision, PairRecord]:
        """Latency of one artifact against another's, once a session; `limit` is a ratio."""
        from pytest_edgebench.declare.identity import digest
        from pytest_edgebench.measure import locks, race
        from pytest_edgebench.record.codec import Decoder, encode
        from pytest_edgebench.record.run import PairRecord

        spec, terms = self.spec(profile, fmt), self.terms(limit)
        pair = (reference.record.digest, candidate.record.digest)
        key = digest((pair, *spec.key, profile.batch, limit))
        what = f"timing {model.name} on {profile.name}"

        def measure() -> dict[str, object]:
            sample = self.observer.sample(model, profile.batch)
            with locks.timing(spec.reach.lock, what):
                decision, record = race.compare(
                    self.pool, spec, reference.path, candidate.path, sample, terms, null
                )
            return {"decision": race.plain(decision), "record": encode(record)}

        null = self._null(spec, reference, model, profile.batch)
        found = self.once.get("pairs", key, what, measure)
        record: PairRecord = Decoder("the run folder").decode(PairRecord, found["record"], "")
        return race.decision_from(found["decision"]), record

    def _null(self, spec: Spec, reference: Artifact, model: Model, batch: int) -> Decision:
        """The null control of a kind of worker: a file against a byte copy of itself, once a session."""
        from pytest_edgebench.declare.identity import digest
        from pytest_edgebench.measure import locks, race

        key = digest(spec.key)
        terms = self.terms(self.rules.baseline_latency)

        def measure() -> dict[str, object]:
            folder = self.run_folder / "null" / key
            shutil.copytree(reference.path.parent, folder, dirs_exist_ok=True)
            sample = self.observer.sample(model, batch)
            with locks.timing(spec.reach.lock, "null control"):
                client = self.pool.get(spec)
                leg = race.run_leg(client, reference.path, folder / reference.path.name, sample, terms)
            return race.plain(leg.decision)

        return race.decision_from(self.once.get("null", key, "null control", measure))

    def close(self) -> None:
        """End the workers."""
        if "pool" in vars(self):
            self.pool.close()


def format_of(profile: Profile, source: Model | Recipe) -> Format:
    """The format a profile's runtime asks of a source; without a runtime, that of the source's file."""
    if profile.runtime in FORMATS:
        return FORMATS[profile.runtime]
    step = source.step if isinstance(source, Recipe) else None
    if isinstance(step, Prebuilt):
        return step.format
    model = source if isinstance(source, Model) else source.model
    return model.format() or "onnx"
