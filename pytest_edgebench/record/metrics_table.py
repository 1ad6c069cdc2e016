"""`METRICS`: every metric there is, by the name it has in budgets.

The table is the union of what metric sources say they give (`GIVES`): first those of this package, one file
each in its room ``metrics``, found by name; then those of other installed packages, found by entry point::

    [project.entry-points."pytest_edgebench.metrics"]
    energy = "my_package.energy"

The entry point is a module (or an object) as `pytest_edgebench.metrics.protocol.Source` describes it. Nothing
is imported before a name is looked up, and no other package before a name is asked for that this one does not
have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base import discovery
from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.record import errors
from pytest_edgebench.record.metric_info import LAST, NEEDS, MetricInfo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import EntryPoint

ROOM, MARKER = "metrics", "GIVES"
"""The room of our own sources, which is the group of entry points of others too; what makes a file one."""
CALLED = ("measure", "why")


@dataclass(frozen=True, slots=True)
class Found:
    """A metric source.

    Attributes:
        name: of its file or entry point. package: distribution it comes from, "" for this one.
        source: the module or object itself, a `pytest_edgebench.metrics.protocol.Source`.
    """

    name: str
    package: str
    source: Any


class MetricsTable(Mapping[str, MetricInfo]):
    """Metric → what is known of it, in the order of `MetricInfo.rank`; any other name is a user's own score.

    Raises:
        SourceError: from any look-up that needs other packages: one of them cannot be used.
    """

    def __getitem__(self, name: str) -> MetricInfo:
        own: MetricInfo | None = self._own.get(name)
        return self._all[name] if own is None else own

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @cached_property
    def sources(self) -> tuple[Found, ...]:
        """All sources, in the order in which a record has their numbers (`RANK`)."""
        each = (*self._room, *self._installed)
        return tuple(sorted(each, key=lambda found: getattr(found.source, "RANK", LAST)))

    @cached_property
    def _room(self) -> tuple[Found, ...]:
        names = sorted(discovery.files(ROOM, MARKER))
        return tuple(Found(name, "", discovery.module(ROOM, MARKER, ROOM, name)) for name in names)

    @cached_property
    def _own(self) -> dict[str, MetricInfo]:
        return _union(self._room)

    @cached_property
    def _installed(self) -> tuple[Found, ...]:
        try:
            points = discovery.entry_points(ROOM)
            return tuple(_loaded(point) for _, point in sorted(points.items()))
        except SettingsError as error:
            raise errors.SourceError(error.what, where=error.where, fix=error.fix) from error

    @cached_property
    def _all(self) -> dict[str, MetricInfo]:
        return _union((*self._room, *self._installed))


def _loaded(point: EntryPoint) -> Found:
    """A source of another package, made sure to be one."""
    source, owner = discovery.loaded(point, ROOM), discovery.owner(point)
    gives = getattr(source, MARKER, None)
    whole = isinstance(gives, Mapping) and gives and all(callable(getattr(source, f, None)) for f in CALLED)
    if not whole or not all(isinstance(info, MetricInfo) for info in gives.values()):  # type: ignore[union-attr]
        raise errors.no_source(point.name, owner)
    if getattr(source, "NEEDS", None) not in NEEDS:
        raise errors.unknown_need(point.name, owner, getattr(source, "NEEDS", None), NEEDS)
    return Found(point.name, owner, source)


def _union(sources: tuple[Found, ...]) -> dict[str, MetricInfo]:
    """The metrics of all sources by rank; each has one source."""
    givers: dict[str, Found] = {}
    infos: dict[str, MetricInfo] = {}
    for found in sources:
        for name, info in found.source.GIVES.items():
            if name in givers:
                raise errors.metric_given_twice(name, [givers[name].name, found.name], found.package)
            givers[name], infos[name] = found, info
    return dict(sorted(infos.items(), key=lambda item: (item[1].rank, item[0])))


METRICS = MetricsTable()
"""Every metric there is."""
