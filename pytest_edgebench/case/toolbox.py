"""`Toolbox`: what a process of a session needs to build, measure and judge; made when first needed."""

from __future__ import annotations

import contextlib
import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_edgebench.base.writing import writing
from pytest_edgebench.case.accepted import NothingAccepted
from pytest_edgebench.declare.model import Model, Prebuilt, Recipe
from pytest_edgebench.runtimes import known

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.case.accepted import Accepted
    from pytest_edgebench.compressors.build.builder import Builder
    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.judge.measurements import Rules
    from pytest_edgebench.measure.comparisons import Comparisons
    from pytest_edgebench.measure.host_comparison import HostComparison
    from pytest_edgebench.measure.memo import Memo
    from pytest_edgebench.measure.observer import Observer
    from pytest_edgebench.measure.paired import Terms
    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.settings.resolve import Settings
    from pytest_edgebench.workers.sandbox import Sandbox
    from pytest_edgebench.workers.spec import Spec

CACHE_NOTES = "cache.log"
"""In the run folder: what was told of the cache, for the process that reports."""


class Toolbox:
    """Tools of one process.

    Args:
        settings: of the session.
        cache_folder: kept across sessions.
        run_folder: of this session, shared by its processes.
        noisy: tells how many latency comparisons the whole matrix has.
        log: told in one line each time something is really built.
        accepted: the accepted state.
    """

    def __init__(
        self,
        settings: Settings,
        cache_folder: Path,
        run_folder: Path,
        noisy: Callable[[], int],
        log: Callable[[str], None],
        accepted: Accepted | None = None,
    ) -> None:
        self.settings = settings
        self.run_folder = run_folder
        self._cache_folder = cache_folder
        self._noisy = noisy
        self._log = log
        self.accepted: Accepted = accepted or NothingAccepted()

    @cached_property
    def cache(self) -> Cache:
        from pytest_edgebench.artifacts.cache import open_cache
        from pytest_edgebench.measure.locks import entry_lock

        return open_cache(self._cache_folder, self.settings.cache_trust, entry_lock, self._tell)

    def _tell(self, text: str) -> None:
        """What concerns the cache goes to the process that reports, once each."""
        with writing(self.run_folder), (self.run_folder / CACHE_NOTES).open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    @cached_property
    def builder(self) -> Builder:
        from pytest_edgebench.base.git import root_of
        from pytest_edgebench.compressors.build.builder import Builder
        from pytest_edgebench.compressors.build.rebuild import Rebuild
        from pytest_edgebench.compressors.build.runs import Runs
        from pytest_edgebench.measure.locks import building

        again = Rebuild(self.run_folder / "rebuilt" if self.settings.rebuild else None)
        root = root_of(self.settings.root)
        return Builder(self.cache, self._log, building, root, again, Runs(self.pool))

    @cached_property
    def pool(self) -> Pool:
        from pytest_edgebench.measure.pool import Pool

        return Pool(self.run_folder / "workers", self.sandbox)

    @cached_property
    def sandbox(self) -> Sandbox:
        """What workers are held to. A file is run from the cache, from the accepted state or, for a null
        control or a look inside, from a copy in the run folder."""
        from pytest_edgebench.measure.pool import COPIES
        from pytest_edgebench.workers.sandbox import Sandbox

        made = (*self.cache.folders, self.run_folder / COPIES)
        for folder in made:
            with contextlib.suppress(OSError):  # of a cache that is only read
                folder.mkdir(parents=True, exist_ok=True)  # what is not there could not be allowed
        return Sandbox(self.settings.sandbox, (*made, *self.accepted.folders))

    @cached_property
    def memo(self) -> Memo:
        from pytest_edgebench.measure.memo import Memo

        return Memo(self.run_folder / "memo")

    @cached_property
    def observer(self) -> Observer:
        from pytest_edgebench.measure.observer import Observer

        return Observer(self.cache, self.memo, self.pool, self.settings.deadline_s)

    @cached_property
    def host(self) -> HostComparison:
        from pytest_edgebench.measure.host_comparison import HostComparison
        from pytest_edgebench.measure.pool import COPIES

        copies = self.run_folder / COPIES
        return HostComparison(self.observer, self.pool, self.cache, copies, self.settings.deadline_s)

    @cached_property
    def comparisons(self) -> Comparisons:
        from pytest_edgebench.measure.comparisons import Comparisons

        null_limit = self.rules.baseline_latency
        return Comparisons(self.pool, self.observer, self.memo, self.run_folder, self.terms, null_limit)

    @property
    def _comparisons(self) -> int:
        return max(1, self._noisy())

    @cached_property
    def rules(self) -> Rules:
        return rules_of(self.settings, self._comparisons)

    def terms(self, limit: float) -> Terms:
        """What a latency comparison is held to: alpha is shared among all noisy cells of the matrix."""
        from pytest_edgebench.judge.matrix import alpha_per_cell
        from pytest_edgebench.measure.paired import Terms

        settings = self.settings
        return Terms(
            limit=limit,
            alpha_fail=alpha_per_cell(self._comparisons, settings.alpha),
            max_loads=settings.max_loads,
            cap_s=settings.cap_s,
            deadline_s=settings.deadline_s,
        )

    def spec(self, profile: Profile, fmt: Format, model: Model) -> Spec:
        """The kind of worker that runs a model's files of a format for a profile."""
        from pytest_edgebench.workers.spec import Spec

        runtime = self.settings.runtimes.get(profile.runtime)
        spec = Spec.of(dataclasses.replace(profile, runtime=str(runtime)) if runtime else profile, fmt)
        if not model.signature or fmt != "tflite":
            return spec
        chosen = dict(spec.options) | {"signature": model.signature}
        return dataclasses.replace(spec, options=tuple(chosen.items()))

    def close(self) -> None:
        """End the workers."""
        if "pool" in vars(self):
            self.pool.close()


def rules_of(settings: Settings, comparisons: int) -> Rules:
    """What of the settings bears on verdicts.

    Args:
        comparisons: noisy cells of the matrix, among which error rates are shared.
    """
    from pytest_edgebench.judge.measurements import Rules

    return Rules(
        comparisons=max(1, comparisons),
        accuracy_mode=settings.accuracy_mode,
        parent_latency=1 + settings.parent_limit_percent / 100,
        baseline_latency=1 + settings.baseline_limit_percent / 100,
        regressions=settings.regressions,
    )


def format_of(profile: Profile, source: Model | Recipe) -> Format:
    """The format a profile's runtime asks of a source; without a runtime, that of the source's file."""
    runtime = known.find(profile.runtime)
    if runtime is not None and runtime.format is not None:
        return runtime.format
    step = source.step if isinstance(source, Recipe) else None
    if isinstance(step, Prebuilt):
        return step.format
    model = source if isinstance(source, Model) else source.model
    return model.format() or "onnx"
