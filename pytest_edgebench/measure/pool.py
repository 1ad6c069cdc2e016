"""`Pool`: the workers of a session, one of each kind, and who may time on what they run on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pytest_edgebench.base.errors import LockLost
from pytest_edgebench.measure import locks
from pytest_edgebench.targets.pool import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.workers.spec import Spec


T = TypeVar("T")
COPIES = "copies"
"""In the run folder: copies of model files, which workers may read."""


class Pool(WorkerPool):
    """Workers that are timed."""

    def alone(self, spec: Spec, what: str, measure: Callable[[], T]) -> T:
        """Hold what a kind of worker runs on, and time there; once more where it was not ours all the time.

        A board is held on the board itself, from whichever machine it is used.

        Args:
            what: for whoever waits.

        Raises:
            LockLost: twice. MeasureError, SettingsError: as `locks.timing`, `Target.prepare`, and `measure`.
        """
        with locks.timing(spec.target_ref.lock, what):
            hold = getattr(self._targets.get(spec.target_ref), "hold", None)
            if hold is None:
                return measure()
            for again in (True, False):
                try:
                    with hold(spec, what, locks.TIMING_S):
                        return measure()
                except LockLost:
                    if not again:
                        raise
                    self._targets.get(spec.target_ref)
        raise AssertionError
