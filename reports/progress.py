"""Shows the progress of long phases in the process that reports."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.record.phase import PERIOD_S, Phase, line
from pytest_edgebench.record.progress import PHASES

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

PATIENCE_S = 0.5
"""On a terminal: phases that are shorter are not shown."""
REDRAW_S = 0.1


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
            for noted in whole.splitlines():
                try:
                    self._take(path.stem, json.loads(noted))
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
