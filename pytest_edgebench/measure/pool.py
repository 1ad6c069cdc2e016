"""`Pool`: the workers of a session, one of each kind."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pytest_edgebench.errors import Dropped
from pytest_edgebench.measure.client import Client
from pytest_edgebench.targets.opening import Targets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from pytest_edgebench.measure.spec import Spec


class Pool:
    """Keeps one worker of each kind alive; one that has died is replaced when it is next needed.

    Args:
        folder: for what workers print.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clients: dict[Spec, Client] = {}
        self._targets = Targets(folder)

    def get(self, spec: Spec) -> Client:
        """The worker of a kind.

        Raises:
            MeasureError: its target cannot be reached, its interpreter cannot be started, or the runtime has
                another version than asked for.
        """
        client = self._clients.get(spec)
        if client is not None and client.alive:
            return client
        if client is not None:
            client.close()
        self._clients[spec] = client = self._started(spec)
        return client

    @contextlib.contextmanager
    def fresh(self, spec: Spec) -> Iterator[Client]:
        """A worker that has done nothing yet, for this block alone; errors as `get`."""
        with self._started(spec) as client:
            yield client

    def reached(self, spec: Spec) -> dict[str, str]:
        """What the target of a kind tells of itself, for the record; errors as `get`."""
        return dict(self._targets.get(spec.reach).describe())

    def close(self) -> None:
        """End all workers, and let go of their targets."""
        while self._clients:
            self._clients.popitem()[1].close()
        self._targets.close()

    def _started(self, spec: Spec) -> Client:
        try:
            client = Client(spec, self._folder, self._targets.get(spec.reach))
        except Dropped:  # what was seen only now
            client = Client(spec, self._folder, self._targets.get(spec.reach))
        try:
            client.check()
        except BaseException:
            client.close()
            raise
        return client

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
