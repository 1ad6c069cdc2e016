"""`FileView`: one built file on one profile, as metric sources see it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_edgebench.case import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.case.toolbox import Toolbox
    from pytest_edgebench.declare.model import Format, Model, Recipe
    from pytest_edgebench.measure.absolute_latency import Timed
    from pytest_edgebench.measure.answers import Answered
    from pytest_edgebench.measure.observer import Observer
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.workers.client import Client
    from pytest_edgebench.workers.spec import Spec


def not_kept() -> tuple[Artifact | None, str]:
    """Of a file that is no case's own."""
    return None, errors.not_a_case()


@dataclass(frozen=True, eq=False)
class FileView:
    """What `pytest_edgebench.metrics.protocol.View` promises, on the tools of a session."""

    toolbox: Toolbox
    artifact: Artifact
    fmt: Format
    profile: Profile
    model: Model
    source: Model | Recipe
    spec: Spec
    place: str
    keeps: Callable[[], tuple[Artifact | None, str]] = not_kept

    @cached_property
    def accepted(self) -> tuple[Artifact | None, str]:
        return self.keeps()

    @property
    def deadline_s(self) -> float:
        return self.toolbox.settings.deadline_s

    @property
    def observer(self) -> Observer:
        return self.toolbox.observer

    @property
    def cache(self) -> Cache:
        return self.toolbox.cache

    @cached_property
    def answered(self) -> Answered:
        from pytest_edgebench.measure.answers import answered

        return answered(
            self.toolbox.host, self.artifact, self.spec, self.model, self.profile, self.place
        )  # fmt: skip

    @cached_property
    def timed(self) -> Timed:
        return self.observer.timed(self.artifact, self.spec, self.model, self.profile.batch)

    @property
    def timed_already(self) -> Timed | None:
        return self.observer.timed_already(self.artifact, self.spec, self.model, self.profile.batch)

    def client(self) -> Client:
        return self.toolbox.pool.get(self.spec)

    def sibling(self, source: Recipe) -> FileView:
        return replace(self, artifact=self.toolbox.builder.build(source, self.fmt), source=source)

    def memo(self, kind: str, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        from pytest_edgebench.identity.digest import digest

        whole = digest((self.artifact.record.digest, self.spec.key, self.profile.name, key))
        what = f"measuring {kind} of {self.artifact.path.name}"
        return self.toolbox.memo.get(f"source-{kind}", whole, what, make)
