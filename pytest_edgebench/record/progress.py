"""`Notes`: what the processes of a session have begun and ended, written down for whoever shows it.

Each process appends to a file of its own in the run folder, as it does with its plan: under xdist the
controller sees nothing else of a worker before a test has ended.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

FOLDER = "progress"
REFERENCES, COMPRESSING, MEASURING = "building references", "compressing", "measuring"
PHASES = (REFERENCES, COMPRESSING, MEASURING)
"""In the order in which they are shown."""


class Notes:
    """Begun and ended items of phases, one JSON object a line.

    What cannot be written is not told: progress must never be the reason why a session fails.

    Args:
        folder: for all processes of the session. who: this one's name.
        only: the one phase under which everything is told, for the builder of a baseline.
    """

    def __init__(self, folder: Path, who: str, only: str = "") -> None:
        self._path = folder / f"{who}.jsonl"
        self._only = only
        self._begun: set[tuple[str, str]] = set()
        self._ended: set[tuple[str, str]] = set()
        self.listener: Callable[[], None] = lambda: None
        """Called after each note, in the process that shows them itself."""

    def plan(self, phase: str, keys: Iterable[str]) -> None:
        """Tell which items a phase will have."""
        if self._kept(phase):
            self._note(phase, plan=sorted(set(keys)))

    def begin(self, phase: str, key: str) -> None:
        """An item is begun; one that was begun before is not begun again."""
        if self._kept(phase) and (phase, key) not in self._begun:
            self._begun.add((phase, key))
            self._note(phase, begin=key)

    def end(self, phase: str, key: str) -> None:
        """An item that was begun has ended; well or not."""
        if (phase, key) in self._begun - self._ended:
            self._ended.add((phase, key))
            self._note(phase, end=key)

    @contextlib.contextmanager
    def item(self, phase: str, key: str) -> Iterator[None]:
        """A block that is one item of a phase."""
        self.begin(phase, key)
        try:
            yield
        finally:
            self.end(phase, key)

    def _kept(self, phase: str) -> bool:
        # The builder of a baseline tells of cases, once each: its compressing is a part of that.
        return not self._only or phase == MEASURING

    def _note(self, phase: str, **what: object) -> None:
        line = json.dumps({"phase": self._only or phase, "at": time.time(), **what})
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        self.listener()
