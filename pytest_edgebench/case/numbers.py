"""`Numbers`: what the metric sources say of one file, each asked once and only for what is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.case import errors
from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.metric_info import Need
    from pytest_edgebench.record.metrics_table import Found

ANYWHERE = ("file", "run")
"""What every profile gives: a file that is only described for it is run on this machine."""


class Numbers:
    """The numbers of one file on one profile.

    Args:
        untimed: nothing may be timed.
    """

    def __init__(self, view: View, *, untimed: bool) -> None:
        self._view = view
        self._untimed = untimed
        self._measured: dict[str, Mapping[str, Metric]] = {}
        self._failed: dict[str, EdgebenchError] = {}
        self._sources = METRICS.sources

    def counted(self) -> dict[str, Metric]:
        """What is known before the file is run."""
        return self._of(each for each in self._sources if _usual(each) and each.source.NEEDS == "file")

    def in_file(self) -> dict[str, Metric]:
        """What is counted in the file itself."""
        return self._of(each for each in self._sources if any(i.in_file for i in each.source.GIVES.values()))

    def usual(self) -> dict[str, Metric]:
        """All that nobody has to ask for, and what was asked for before."""
        self._of(each for each in self._sources if _usual(each))
        return self.so_far()

    def so_far(self) -> dict[str, Metric]:
        """What was measured up to now."""
        return self._of(each for each in self._sources if each.name in self._measured)

    def ask(self, metrics: Iterable[str]) -> dict[str, Metric]:
        """The numbers of some metrics, by their names in budgets; errors as `Source.measure`."""
        wanted = set(metrics)
        return self._of(each for each in self._sources if wanted & each.source.GIVES.keys())

    def runs(self, metric: str) -> bool:
        """Whether a metric is one whose source runs the file."""
        return any(metric in each.source.GIVES and each.source.NEEDS != "file" for each in self._sources)

    def why(self, *, ran: bool = True) -> dict[str, str]:
        """Metric → why there is no number of it, of those that were asked for or that nobody has to ask for.

        Args:
            ran: False for a file that must not be run.
        """
        told: dict[str, str] = {}
        for each in self._sources:
            if not self._open(each):
                told |= {name: self._closed(name, each.source.NEEDS) for name in each.source.GIVES}
        for each in self._sources:
            tried = self._open(each) and (_usual(each) or each.name in self._measured)
            if tried and (ran or each.source.NEEDS == "file"):
                told |= _told_by(each, each.source.why, self._view)
        for each in self._sources:
            if each.name in self._failed:
                told |= dict.fromkeys(each.source.GIVES, self._failed[each.name].what)
        found = self.so_far()
        return {name: why for name, why in told.items() if name not in found}

    def expected(self, *, ran: bool = True) -> dict[str, str]:
        """Metric → why there is no number of it, of those a reader of a report would look for."""
        bases = {name.partition(".")[0] for name in self.so_far()}
        told = {name: why for name, why in self.why(ran=ran).items() if name not in bases}
        return {name: why for name, why in told.items() if self._reported(name)}

    # Within

    def _reported(self, name: str) -> bool:
        info = METRICS.get(name)
        if info is None:
            return False
        needs: Need = next(each.source.NEEDS for each in self._sources if name in each.source.GIVES)
        if needs not in ANYWHERE and self._view.profile.gives(needs):
            return not (self._untimed and needs == "latency")
        tried = self._measured.keys() | self._failed.keys()
        asked = any(name in each.source.GIVES and each.name in tried for each in self._sources)
        return info.expected or (info.on_request and asked)

    def _open(self, each: Found) -> bool:
        """Whether a source gets what it needs."""
        needs: Need = each.source.NEEDS
        if needs in ANYWHERE:
            return True
        return self._view.profile.gives(needs) and not (self._untimed and needs == "latency")

    def _closed(self, name: str, needs: Need) -> str:
        profile = self._view.profile
        if needs == "instructions":
            return errors.no_instructions(profile.name)
        if not profile.target:
            return errors.only_described(profile.name, name)
        if not profile.gives(needs):
            target = profile.target_ref
            return errors.not_given(profile.name, name, target.kind, target.gives)
        return errors.not_timed()

    def _of(self, sources: Iterable[Found]) -> dict[str, Metric]:
        found: dict[str, Metric] = {}
        for each in sources:
            if each.name not in self._measured:
                self._measured[each.name] = self._measure(each) if self._open(each) else {}
            found |= self._measured[each.name]
        return found

    def _measure(self, each: Found) -> Mapping[str, Metric]:
        """What a source measures; one that failed is not tried again."""
        if each.name in self._failed:
            raise self._failed[each.name]
        try:
            return _numbers(each, self._view)
        except EdgebenchError as error:
            self._failed[each.name] = error
            raise


def _usual(each: Found) -> bool:
    gives = each.source.GIVES.values()
    return not (gives and all(info.on_request for info in gives))


def _numbers(each: Found, view: View) -> Mapping[str, Metric]:
    """What a source measures.

    Raises:
        MeasureError: the source of another package raised, or gave something else than it says.
    """
    found: Mapping[str, Metric] = _told_by(each, each.source.measure, view)
    if each.package:
        for name, metric in found.items():
            info = each.source.GIVES.get(name.partition(".")[0])
            if info is None or not isinstance(metric, Metric) or metric.unit != info.unit:
                raise errors.source_gave(each.name, each.package, name, metric, view.place)
    return found


def _told_by(each: Found, ask: Callable[[View], Mapping[str, Any]], view: View) -> Mapping[str, Any]:
    """What a source says; a mistake in another package is an error that names it."""
    if not each.package:
        return ask(view)
    try:
        return dict(ask(view))
    except EdgebenchError:
        raise
    except Exception as cause:
        raise errors.source_failed(each.name, each.package, cause, view.place) from cause
