"""Progress of long phases: how much of each is done, and how long it may still take."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.progress import PHASES

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

PERIOD_S = 30.0
"""In a log: no line before a phase has lasted so long, and none sooner after another."""
PATIENCE_S = 0.5
"""On a terminal: phases that are shorter are not shown."""
REDRAW_S = 0.1
FEWEST = 2
"""Finished items below which nothing is said of the time left."""


@dataclass(slots=True)
class Phase:
    """What is known of one phase.

    Attributes:
        planned: all its items. begun: item → when, seconds since the epoch. seconds: finished item → how long
            it took. processes: how many work on it.
    """

    name: str
    planned: set[str] = field(default_factory=set)
    begun: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    processes: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        """Number of items: those planned, and those that came besides."""
        return len(self.planned | self.begun.keys())

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        return len(self.seconds) >= self.total

    @property
    def since(self) -> float:
        """When its first item was begun; in the future where none was."""
        return min(self.begun.values(), default=float("inf"))

    def left_s(self) -> float | None:
        """Seconds that it may still take; None before two items are finished, and when all are.

        Open items x the mean of the finished ones, shared among the processes that work on the phase.
        """
        open_ = self.total - len(self.seconds)
        if len(self.seconds) < FEWEST or not open_:
            return None
        mean = sum(self.seconds.values()) / len(self.seconds)
        return open_ * mean / min(open_, len(self.processes))

    def text(self) -> str:
        """``compressing 3/12, about 40 s left``."""
        from pytest_edgebench.reports import numbers

        left = self.left_s()
        told = "" if left is None else f", about {numbers.duration(max(1.0, round(left)))} left"
        return f"{self.name} {len(self.seconds):,}/{self.total:,}{told.replace('.0 s', ' s')}"

    def now(self) -> str:
        """The item that was begun last and is not finished; "" where none is."""
        running = [key for key in self.begun if key not in self.seconds]
        return max(running, key=self.begun.__getitem__, default="")


class Follower:
    """Reads what the processes of a session write down, each line once.

    A line that is not whole yet, or is damaged, is read later, or left out.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}
        self._phases = {name: Phase(name) for name in PHASES}

    def phases(self) -> list[Phase]:
        """Phases that have begun, in their order."""
        for path in sorted(self._folder.glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                whole, newline, _ = file.read().rpartition(b"\n")
            self._read[path] = self._read.get(path, 0) + len(whole) + len(newline)
            for line in whole.splitlines():
                try:
                    self._take(path.stem, json.loads(line))
                except (ValueError, LookupError, TypeError):
                    continue
        return [phase for phase in self._phases.values() if phase.begun]

    def _take(self, who: str, note: dict[str, Any]) -> None:
        phase = self._phases[note["phase"]]
        phase.planned |= set(note.get("plan", ()))
        if "begin" in note:
            phase.begun.setdefault(note["begin"], note["at"])
            phase.processes.add(who)
        elif "end" in note:
            phase.seconds.setdefault(note["end"], max(0.0, note["at"] - phase.begun[note["end"]]))


def line(phases: Sequence[Phase], width: int) -> str:
    """Phases that are not over, in one line of fewer than `width` columns; "" where there are none.

    What does not fit goes in this order: the name of the item at work, the times, the end of the line.
    """
    from pytest_edgebench.reports.lines import plain
    from pytest_edgebench.reports.terminal import columns, cut

    open_ = [phase for phase in phases if not phase.over]
    if not open_:
        return ""
    texts = " · ".join(phase.text() for phase in open_)
    now = plain(open_[-1].now())
    counts = " · ".join(phase.text().partition(",")[0] for phase in open_)
    for text in (f"{texts}: {now}" if now else texts, texts, counts):
        if columns(text) < width:
            return text
    return cut(counts, max(1, width - 1))


class Printer:
    """Shows progress in the process that reports.

    On a terminal it is one line below what pytest prints, drawn anew at each step and wiped before pytest
    prints again; in a log, whole lines, rarely. With -q, or without pytest's terminal reporter, nothing.

    Args:
        folder: gives that of the notes, None as long as there is none.
        parallel: whether other processes write them, as xdist's workers do.
    """

    def __init__(self, config: pytest.Config, folder: Callable[[], Path | None], *, parallel: bool) -> None:
        self._config = config
        self._folder = folder
        self._parallel = parallel
        self._follower: Follower | None = None
        self._drawn = False
        self._last = 0.0

    def step(self) -> None:
        """Show what has become of the phases, where it is time to."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or reporter.verbosity < 0:
            return
        live = self._live(reporter)
        now = time.time()
        if now - self._last < (REDRAW_S if live else PERIOD_S):
            return
        patience = PATIENCE_S if live else PERIOD_S
        folder = self._folder()
        if folder is None:
            return
        if self._follower is None:
            self._follower = Follower(folder)
        phases = [phase for phase in self._follower.phases() if now - phase.since >= patience]
        if all(phase.over for phase in phases):
            return
        self._last = now
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if capture is None:
            self._show(reporter, phases, live)
            return
        with capture.global_and_fixture_disabled():
            self._show(reporter, phases, live)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None, None, None]:
        yield from self._around()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self) -> Generator[None, None, None]:
        yield from self._around()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self) -> Generator[None, None, None]:
        yield from self._around()

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_testnodedown(self) -> None:
        self.wipe()

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self) -> None:
        self.wipe()

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        self.wipe()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.wipe()

    # Within

    def _around(self) -> Generator[None, None, None]:
        self.wipe()
        yield
        if self._parallel:
            self.step()

    def _live(self, reporter: Any) -> bool:
        """Whether a line can be drawn below the current one: a terminal to which nobody else prints."""
        option: Any = self._config.option
        logged = getattr(option, "log_cli_level", None)
        if self._config.pluginmanager.hasplugin("logging"):
            logged = logged or self._config.getini("log_cli")
        alone = not logged and getattr(option, "capture", "no") != "no"
        return alone and bool(reporter.isatty) and os.environ.get("TERM") != "dumb"

    def _show(self, reporter: Any, phases: Sequence[Phase], live: bool) -> None:
        writer = reporter._tw
        width = _columns_of(writer) if live else writer.fullwidth
        text = line(phases, width)
        if not live:
            reporter.ensure_newline()
            if writer.width_of_current_line:
                writer.line()
            writer.line(f"edgebench: {text}")
            writer.flush()
            return
        column = writer.width_of_current_line
        if column >= width:  # wrapped by the terminal, in ways that differ
            return
        paint = reporter.hasmarkup and not os.environ.get("NO_COLOR")
        shown = f"\x1b[2m{text}\x1b[0m" if paint else text
        back = f"\x1b[{column}C" if column else ""
        # Past pytest's writer, which counts the columns of the current line.
        writer._file.write(f"\n\r\x1b[J{shown}\x1b[1A\r{back}")
        writer._file.flush()
        self._drawn = True

    def wipe(self) -> None:
        """Take the line away, where it is drawn."""
        if not self._drawn:
            return
        self._drawn = False
        writer: Any = self._config.pluginmanager.get_plugin("terminalreporter")._tw  # type: ignore[union-attr]
        writer._file.write("\x1b[J")
        writer._file.flush()


def _columns_of(writer: Any) -> int:
    """Width of the terminal itself: pytest takes 80 for one of fewer than 40 columns."""
    told: int = writer.fullwidth
    try:
        own = os.get_terminal_size(writer._file.fileno()).columns
    except (OSError, ValueError, AttributeError):
        return told
    return min(own or told, told)
