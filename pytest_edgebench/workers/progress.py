"""How far a worker is with a stream of samples, and how long it may take for the next."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_edgebench.workers.shared import Shared

LOOKS = 8  # at the count of samples done, while a deadline passes


@dataclass(frozen=True, slots=True)
class Progress:
    """Of a stream of samples.

    Attributes:
        before: samples of requests that were answered. size: samples of the request at hand.
        count: of all samples; None where nobody knows yet.
        shared: memory in which the worker counts those of the request at hand; None where there is none.
    """

    before: int
    size: int
    count: int | None
    shared: Shared | None = None

    @property
    def done(self) -> int:
        """Samples done; no more than there are, whatever the worker writes."""
        return self.before + (0 if self.shared is None else min(self.size, max(0, self.shared.done)))

    def told(self) -> str:
        """In words, e.g. "37 of 1,000 samples"."""
        of_all = "" if self.count is None else f" of {self.count:,}"
        return f"{self.done:,}{of_all} sample{'' if (self.count or self.done) == 1 else 's'}"


class Waiting:
    """A deadline that starts again with each sample that is done.

    Args:
        progress: None for a request that is not one of a stream: then there is one deadline.
    """

    def __init__(self, deadline_s: float, progress: Progress | None = None) -> None:
        self._deadline_s, self._progress = deadline_s, progress
        self._seen = 0 if progress is None else progress.done
        self._end = time.monotonic() + deadline_s

    def look_s(self) -> float:
        """Seconds to wait before `over` is asked."""
        left = max(0.0, self._end - time.monotonic())
        return left if self._progress is None else min(left, self._deadline_s / LOOKS)

    def over(self) -> bool:
        """Whether nothing came for too long."""
        now = time.monotonic()
        if self._progress is not None and (done := self._progress.done) > self._seen:
            self._seen, self._end = done, now + self._deadline_s
        return now >= self._end
