"""`WorkerPool`: workers of this process, one of each kind."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import Dropped, MeasureError
from pytest_edgebench.targets.local import Local
from pytest_edgebench.targets.opening import Targets
from pytest_edgebench.workers.client import Client
from pytest_edgebench.workers.sandbox import OFF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from pytest_edgebench.profiles.target import TargetRef
    from pytest_edgebench.workers.sandbox import Sandbox
    from pytest_edgebench.workers.spec import Spec


class WorkerPool:
    """Keeps one worker of each kind alive; one that has died is replaced when it is next needed.

    Args:
        folder: for what workers print. sandbox: of those on this machine.
    """

    def __init__(self, folder: Path, sandbox: Sandbox = OFF) -> None:
        self._folder = folder
        self._clients: dict[Spec, Client] = {}
        self._sandbox = sandbox
        self._targets = Targets(folder, sandbox)
        self._started_once: set[Spec] = set()
        # Target and runtime file → why its workers are not in the sandbox.
        self._without: dict[tuple[TargetRef, Path], str] = {}

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
        told = dict(self._targets.get(spec.target_ref).describe())
        if why := self._without.get((spec.target_ref, spec.file)):
            told["sandbox"] = f"off: {why}"
        return told

    def close(self) -> None:
        """End all workers, and let go of their targets."""
        while self._clients:
            self._clients.popitem()[1].close()
        self._targets.close()

    def _started(self, spec: Spec) -> Client:
        try:
            client = Client(spec, self._folder, self._targets.get(spec.target_ref))
        except Dropped:  # what was seen only now
            client = Client(spec, self._folder, self._targets.get(spec.target_ref))
        client = self._tried(spec, client)
        try:
            client.check()
        except BaseException:
            client.close()
            raise
        return client

    def _tried(self, spec: Spec, client: Client) -> Client:
        """A worker that answers: where the sandbox keeps it from starting and is not required, one without.

        No model file is loaded yet, so that none can bring this about.
        """
        target = self._targets.get(spec.target_ref)
        if spec in self._started_once or self._sandbox.mode != "auto" or not isinstance(target, Local):
            return client
        held = target.sandbox
        if not held.confines(spec.file, spec.code):
            return client
        try:
            client.describe()
        except MeasureError as error:
            client.close()
            target.sandbox = dataclasses.replace(held, exempt=held.exempt | {spec.file})
            client = Client(spec, self._folder, target)
            try:
                client.describe()
            except MeasureError:  # it is not the sandbox, and this says what it is
                client.close()
                target.sandbox = held
                raise
            self._without[spec.target_ref, spec.file] = f"{spec.title} does not start in it: {error.what}"
        self._started_once.add(spec)
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
