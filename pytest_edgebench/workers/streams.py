"""What a client asks of a worker that runs samples as they come, some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.workers.progress import Progress
from pytest_edgebench.workers.told import part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pytest_edgebench.samples.roles import Given
    from pytest_edgebench.workers.protocol import Channel
    from pytest_edgebench.workers.results import Array, Part, Readings


class Streams:
    """Part of `Client`."""

    _process: Channel

    @property
    def streams(self) -> bool:
        """Whether `run_part` can be asked: whether a worker of this package answers."""
        return bool(getattr(self._process, "streams", False))

    def share(self, slot: int, inputs: Mapping[str, Array]) -> list[Any] | None:
        """Put inputs where the worker can read them without a copy; None where that cannot be."""
        memory = getattr(self._process, "shared", None)
        return None if memory is None else memory.put(slot, inputs)

    def end_stream(self, deadline_s: float) -> None:
        """Have the worker let go of the file, and give the memory of `share` back to the system."""
        self._ask("end", {}, {}, "ending a stream", None, deadline_s)
        memory = getattr(self._process, "shared", None)
        if memory is not None:
            memory.empty()

    def run_part(
        self,
        path: Path,
        inputs: Given,
        *,
        batch: int,
        stream: str,
        before: int,
        count: int | None,
        shared: list[Any] | None,
        deadline_s: float,
    ) -> Part:
        """Outputs of some samples of a stream, which are asked for in their order.

        Args:
            stream: its name.
            before, count: samples before these, and all; None where nobody knows yet.
            shared: what `share` gave for these inputs.
            deadline_s: of each sample.

        Raises:
            MeasureError: as `Client.run`.
        """
        doing = f"running {path.name}"
        memory: Any = getattr(self._process, "shared", None)
        request: dict[str, Any] = {"path": path, "batch": batch, "stream": stream, "first": before}
        if inputs.roles:
            request["roles"] = inputs.roles.plain()
        given: Mapping[str, Array] = inputs
        if shared is not None:
            memory.done, given = 0, {}
            request["shared"] = memory.descriptor, shared
        number = len(next(iter(inputs.samples.values())))
        progress = Progress(before, number, count, None if shared is None else memory)
        answer, arrays = self._ask("run", request, dict(given), doing, path, deadline_s, progress)
        with self._reading(doing):
            return part(answer["ok"], arrays, number, self._readings(answer, doing))

    def stop(self) -> None:
        """End the worker at once, also while another thread waits for its answer."""
        stop = getattr(self._process, "stop", None)
        if stop is not None:
            stop()

    if TYPE_CHECKING:  # of `Client`

        def _ask(
            self,
            ask: str,
            request: Mapping[str, Any],
            inputs: Mapping[str, Array],
            doing: str,
            path: Path | None,
            deadline_s: float,
            progress: Progress | None = None,
        ) -> tuple[dict[str, Any], dict[str, Array]]: ...

        def _reading(self, doing: str) -> AbstractContextManager[None]: ...

        def _readings(self, answer: Mapping[str, Any], doing: str) -> Readings: ...
