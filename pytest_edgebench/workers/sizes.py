"""How many samples go to a worker at once: more as long as it answers soon."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

ANSWER_S = 0.5  # that a request may take
SHARE = 10  # of a deadline, likewise
GROWTH = 8


class Sizes:
    """Starts with one call.

    Args:
        batch: samples of a call. deadline_s: of a sample.
    """

    def __init__(self, batch: int, deadline_s: float) -> None:
        self._batch, self._size = batch, batch
        self._wanted_s = min(ANSWER_S, deadline_s / SHARE)

    def next(self) -> int:
        """Samples of the next request."""
        return self._size

    def took(self, samples: int, seconds: float) -> None:
        """Take in how long a request took."""
        fitting = int(samples * self._wanted_s / max(seconds, 1e-6))
        self._size = max(self._batch, min(fitting, GROWTH * max(samples, self._batch)))

    def timed(self, samples: int, ask: Callable[[], T]) -> T:
        """The answer to a request with so many samples."""
        began = time.monotonic()
        found = ask()
        self.took(samples, time.monotonic() - began)
        return found
