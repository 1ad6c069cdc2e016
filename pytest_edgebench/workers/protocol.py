"""What a way to reach a profile offers to the rest of the package.

A worker is one self-contained file (`pytest_edgebench.workers.worker`) with the file of a runtime, asked over
a pipe. A target says how these files and the model files get where they are run, and starts a worker there. A
target that runs something else than the worker answers the same questions by a channel of its own.

To add a target: a module in `pytest_edgebench.targets`, or of another package, with a constant `KIND`
(`profiles.target.Kind`) and a function ``make(target_ref, folder) -> Target``. It is imported once a profile
names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.profiles.target import TargetRef
    from pytest_edgebench.workers.channel import Arrays
    from pytest_edgebench.workers.spec import Spec


class Channel(Protocol):
    """A running worker, or what answers like one. `pytest_edgebench.workers.process.Process` is one.

    One whose attribute `streams` is true keeps a file loaded for a stream of samples (`streaming.py`), and
    its `ask` also takes a `Progress`; another gets about 64 MiB of samples a request.
    """

    @property
    def pid(self) -> int:
        """Of the process on this machine that leads to it."""

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""

    def ask(
        self, message: Mapping[str, Any], arrays: Arrays, doing: str, deadline_s: float
    ) -> tuple[dict[str, Any], Arrays]:
        """Send a request and wait for its answer; after any failure it is not alive.

        Args:
            message: a request of `worker.py`; model files in it are paths that `Target.put` gave.
            doing: for messages.

        Raises:
            Dropped: the connection was lost: the same question may be asked of another channel.
            MeasureError: it died, had not answered in time, or answered garbage.
        """

    def tail(self) -> str:
        """The end of what it printed."""

    def kill(self, patience_s: float = 0) -> int:
        """End it with all its children; how it ended, as `subprocess` has it."""

    def close(self) -> None:
        """Let it end by itself, or kill it; may be called again."""


class Target(Protocol):
    """One place where model files are run, as one process of a session sees it."""

    target_ref: TargetRef

    def prepare(self) -> None:
        """Make sure that it can be reached and has what a worker needs; cheap when done before.

        Raises:
            MeasureError: it cannot; `lasting` says whether trying again is of no use.
        """

    def put(self, path: Path) -> str:
        """Send a file, with the side files of an artifact, unless its content is there already.

        Returns:
            its path there.

        Raises:
            MeasureError: no room, no right to write, no connection.
        """

    def start(self, spec: Spec, folder: Path) -> Channel:
        """Start a worker of a kind there.

        Args:
            folder: of this machine, for what it prints.

        Raises:
            MeasureError: it cannot be started.
        """

    def fetch(self, there: str, here: Path) -> None:
        """Copy a file from there, by its path there.

        Raises:
            MeasureError: no such file, no connection.
        """

    def describe(self) -> Mapping[str, str]:
        """What is known of the place beside what the worker tells, for the record; may be empty."""

    def stop(self) -> None:
        """Let go of it; may be called again."""
