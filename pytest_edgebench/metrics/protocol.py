"""What a metric source is, and the view it gets of what it may use.

A source is a module (or an object) with the names of `Source`: a file in this room, or the entry point of
another package in the group ``pytest_edgebench.metrics``. A file is one if it assigns to ``GIVES``. It is
imported while tests are collected, so its imports must be light: runtimes, numpy and meters are imported by
the functions that use them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pytest_edgebench.record.metric_info import MetricInfo, Need
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.declare.model import Format, Model, Recipe
    from pytest_edgebench.measure.absolute_latency import Timed
    from pytest_edgebench.measure.answers import Answered
    from pytest_edgebench.measure.observer import Observer
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.workers.client import Client
    from pytest_edgebench.workers.spec import Spec

__all__ = ["Metric", "MetricInfo", "Need", "Source", "View"]


class View(Protocol):
    """One built file on one profile, and what may be used to measure it. Nothing of it may be changed.

    Attributes:
        artifact: the built file; ``artifact.path`` is where it is.
        source: the recipe it was built by, or the model itself. model: with its labelled data and score.
        spec: the kind of worker that runs the file for the profile.
        place: ``file:line`` of the recipe, for errors.
        deadline_s: of one request to a worker.
        accepted: the file that the baseline keeps of the case; or None, and why there is none.
        observer: measures, each figure once a session. cache: keeps what never changes across sessions.
    """

    @property
    def artifact(self) -> Artifact: ...
    @property
    def fmt(self) -> Format: ...
    @property
    def profile(self) -> Profile: ...
    @property
    def model(self) -> Model: ...
    @property
    def source(self) -> Model | Recipe: ...
    @property
    def spec(self) -> Spec: ...
    @property
    def place(self) -> str: ...
    @property
    def deadline_s(self) -> float: ...
    @property
    def observer(self) -> Observer: ...
    @property
    def cache(self) -> Cache: ...
    @property
    def accepted(self) -> tuple[Artifact | None, str]: ...

    @property
    def answered(self) -> Answered:
        """Outputs on the labelled data with their score, and how they agree with the host's.

        Raises:
            UnsupportedError: the file does not fit into the profile's memory.
            MeasureError, DataError: it cannot be run or scored, or the outputs are garbage.
        """

    @property
    def timed(self) -> Timed:
        """Absolute latency by fresh loads, measured once a session."""

    @property
    def timed_already(self) -> Timed | None:
        """The same where something else has asked for it before; None where nothing has."""

    def client(self) -> Client:
        """The session's worker of the profile, started if need be. Hold `measure.locks.timing` round what is
        timed."""

    def sibling(self, source: Recipe) -> View:
        """Another recipe for the same profile, built."""

    def memo(self, kind: str, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        """A plain JSON value under the file, profile and `key`, made once a session by `make`."""


class Source(Protocol):
    """A metric source.

    Attributes:
        GIVES: metric → what is known of it. A source may give a number of a metric that another source
            defines, where that one does not.
        NEEDS: where a target does not give it, neither `measure` nor `why` is called.
        RANK: place of the numbers in a record, smallest first; optional.
    """

    @property
    def GIVES(self) -> Mapping[str, MetricInfo]: ...  # noqa: N802 - a constant of a module
    @property
    def NEEDS(self) -> Need: ...  # noqa: N802

    def measure(self, view: View) -> Mapping[str, Metric]:
        """Name → number: a metric, or ``metric.statistic`` of one with statistics.

        What cannot be had is left out, and `why` says why.

        Raises:
            EdgebenchError: measuring failed in a way that fails the test.
        """

    def why(self, view: View) -> Mapping[str, str]:
        """Metric → why there is no number of it, one clause, as far as this source knows."""
