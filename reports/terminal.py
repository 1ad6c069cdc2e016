"""The section at the end of pytest's output: causes, counts, and what to type next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from pytest_edgebench.base.text import columns, cut, plain
from pytest_edgebench.reports import numbers, row_text, status, terminal_causes, terminal_rows
from pytest_edgebench.reports.acceptance import accept_lines
from pytest_edgebench.reports.causes import account, sentences
from pytest_edgebench.reports.changes import items
from pytest_edgebench.reports.data_sources import data_lines
from pytest_edgebench.reports.missing import not_measured, not_run
from pytest_edgebench.reports.terminal_rows import painted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.reports.causes.values import Account

Show = Literal["failing", "regressed", "all"]
LEVELS: dict[str, int] = {"failing": 0, "regressed": 1, "all": 2}


def summary(
    run: Run, show: Show | None, width: int, colour: bool, *, report: str = "", verbosity: int = 0
) -> list[str]:
    """The lines of the terminal section; none when no case ran and none was expected.

    Args:
        show: which judgements are listed, where the user said so: the worst of those that fail, all that fail
            or warn, or all. None: as `verbosity` has it.
        width: of the terminal, in columns. Names are shortened, what tells them apart and numbers never.
        colour: whether ANSI colours are wanted; NO_COLOR in the environment overrules it.
        report: path of the HTML report, for the last line.
        verbosity: of pytest: below 0 one line, 1 lists all that fail or warns, 2 everything.
    """
    if not run.cases and not run.problems and not run.loosened:
        return []
    paint = colour and not os.environ.get("NO_COLOR")
    level = min(verbosity, 2) if show is None else LEVELS[show]
    found = account(run)
    problems = [painted(line, status.ERROR, paint) for line in _problems(run, width)]
    looser = [line for line in run.loosened if line not in run.problems]
    loosened = [part for line in looser for part in terminal_causes.folded(plain(line), width)]
    if level < 0:
        return [*_quiet(found, paint), *problems, *loosened]
    out = terminal_causes.lines(found.causes, width, paint, whole=level > 0)
    out += terminal_causes.undecided(found.undecided, width, paint, whole=level > 0)
    out += [*problems, *loosened]
    if level > 1:
        out += [*terminal_rows.rows(items(run), width, paint), *terminal_rows.silent(run, paint)]
    out += _absent(run, width, whole=level > 0, notes=level > 0 or not found.failing)
    out += [part for line in data_lines(run) for part in terminal_causes.folded(line, width)]
    return [*out, *_end(run, found, width, report)]


def counts(run: Run) -> str:
    """``16 failed · 0 passed · 2 unsupported · 63 warnings · 1 inconclusive check``."""
    return " · ".join(f"{number:,} {what}" for _, number, what in sentences.tallies(account(run).counts))


def _quiet(found: Account, paint: bool) -> list[str]:
    line = sentences.verdict_line(found)
    called = status.OVER if found.failing else status.REGRESSED
    return [painted(f"{called.glyph} {plain(line)}", called, paint)] if line else []


def _problems(run: Run, width: int) -> list[str]:
    """One line each, which names a place to copy; what became looser names many cases."""
    out: list[str] = []
    for problem in run.problems:
        line = f"✕ {plain(problem)}"
        out += terminal_causes.folded(line, width) if problem in run.loosened else [line]
    return out


def _absent(run: Run, width: int, *, whole: bool, notes: bool) -> list[str]:
    """What was not run, what was not measured, and notes: the first of each, or all."""
    groups = [
        (not_run(run) if run.cases else (), 2, whole),
        ([f"not measured: {text}" for text in not_measured(run.cases)], 2, whole),
        ([f"note: {text}" for text in run.notes], 2, notes),
    ]
    return [line for texts, most, every in groups for line in _first(texts, width, most, whole=every)]


def _first(texts: Sequence[str], width: int, most: int, *, whole: bool) -> list[str]:
    """All texts; without `whole` the first, on at most so many lines, and how many others there are."""
    if whole or not texts:
        return [plain(text) for text in texts]
    more = f" + {len(texts) - 1} more (-v)" if len(texts) > 1 else ""
    text = plain(texts[0])
    lines = terminal_causes.folded(text + more, width)
    room = most * width - columns(more)
    while len(lines) > most and room > width // 2:
        lines = terminal_causes.folded(_clipped(text, room) + more, width)
        room -= 8
    return lines


def _clipped(text: str, room: int) -> str:
    """The beginning of a sentence: its end says less."""
    if columns(text) <= room:
        return text
    shown = text[: room - 1]
    while columns(shown) > room - 1:
        shown = shown[:-1]
    return f"{shown.rpartition(' ')[0] or shown} …"


def _end(run: Run, found: Account, width: int, report: str) -> list[str]:
    took = numbers.duration(run.duration_s)
    told = counts(run)
    apart = width - columns(told) - columns(took)
    out = [f"{told}{' ' * apart}{took}"] if apart > 1 else terminal_causes.folded(f"{told} · {took}", width)
    if found.failing:
        accept = [
            line for text in accept_lines(run, found) for line in terminal_causes.folded(text, width - 10)
        ]
        out += [f"{'' if i else 'accept':<10}{line}" for i, line in enumerate(accept)]
    rerun = row_text.again(run.baseline) if found.failing else ""
    tail = [f"rerun     {rerun}"] if rerun else []
    tail += [f"report    {cut(plain(report), max(20, width - 10))}"] if report else []
    return [*out, *(["    ".join(tail)] if columns("    ".join(tail)) <= width else tail)] if tail else out
