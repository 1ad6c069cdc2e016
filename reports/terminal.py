"""The section at the end of pytest's output."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pytest_edgebench.reports import lines, numbers, status
from pytest_edgebench.reports.accept import ways
from pytest_edgebench.reports.items import Item, items, silences

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Row, Run
    from pytest_edgebench.reports.status import Status

Show = Literal["failing", "regressed", "all"]

_SHOWN: dict[str, tuple[Status, ...]] = {
    "failing": status.BLOCKING,
    "regressed": (*status.ATTENTION, status.IMPROVED),
    "all": status.ORDER,
}
_COLOURS = {
    "error": "31", "over": "31", "failed": "31", "regressed": "33", "warned": "33",
    "inconclusive": "35", "improved": "34", "pass": "32", "unsupported": "2", "notrun": "2",
}  # fmt: skip
SHORTEST_NAME = 16
LONGEST_WORDS = 40
INDENT = "    "


def summary(
    run: Run, show: Show, width: int, colour: bool, *, report: str = "", quiet: bool = False
) -> list[str]:
    """The lines of the terminal section; none when no case ran and none was expected.

    Args:
        show: which judgements get a line: "failing", also those that "regressed" or are undecided, or "all".
        width: of the terminal, in columns. Long names are cut in their middle, numbers never.
        colour: whether ANSI colours are wanted; NO_COLOR in the environment overrules it.
        report: path of the HTML report, for the last line.
        quiet: failures and problems only (pytest -q).
    """
    if not run.cases and not run.problems:
        return []
    paint = colour and not os.environ.get("NO_COLOR")
    wanted = status.BLOCKING if quiet else _SHOWN[show]
    found = [item for item in items(run) if item.status in wanted]
    text = _table([item for item in found if item.row is not None], width, paint)
    text += [_reason(item, width, paint) for item in found if item.row is None]
    text += [_painted(f"✕ {lines.plain(problem)}", status.ERROR, paint) for problem in run.problems]
    if quiet:
        return text
    if show == "all":
        text += [
            _silent(case.key, item.status, item.reason, paint)
            for item in silences(run)
            for case in item.cases
        ]
    text += [f"note: {lines.plain(note)}" for note in run.notes]
    accept = ways(
        run,
        [(item.cases[0].key, item.row) for item in found if item.row and item.row.reference == "baseline"],
    )
    text += [f"to accept: {lines.plain(way.text)}" for way in accept]
    text.append(counts(run))
    text.append(_last_line(run, report))
    return [line for line in text if line]


def counts(run: Run) -> str:
    """``93 cases: 3 over budget, 86 pass; 3 not run (cortex-m7: flash)``: judged first, then what was not."""
    found = status.count(status.of_case(case) for case in run.cases)
    judged = [f"{number:,} {called.label}" for called, number in found.items() if called not in status.SILENT]
    text = numbers.plural(status.counts_of(found), "case")
    if judged:
        text += f": {', '.join(judged)}"
    for called in status.SILENT:
        if called in found:
            text += f"; {found[called]:,} {called.label} ({_reasons(run, called)})"
    return text


def _reasons(run: Run, called: Status) -> str:
    """``cortex-m7: flash, rpi4: ...``, three at most, each cut to a few words."""
    groups: dict[str, list[str]] = {}
    for silence in silences(run):
        if silence.status is called:
            groups.setdefault(silence.reason, []).append(silence.profile)
    texts = [
        f"{', '.join(dict.fromkeys(profiles))}: {cut(lines.plain(reason), 60)}"
        for reason, profiles in groups.items()
    ]
    hidden = len(texts) - 3
    return "; ".join(texts[:3]) + (f"; and {numbers.plural(hidden, 'other reason')}" if hidden > 0 else "")


def _table(found: list[Item], width: int, paint: bool) -> list[str]:
    """Aligned lines: what must be seen together stays together, the rest goes below where it does not fit."""
    rows = [(item, lines.shown(item.row), item.row) for item in found if item.row is not None]
    if not rows:
        return []
    fixed = [
        [cut(lines.plain(text.metric), LONGEST_WORDS) for _, text, _ in rows],
        [text.measured for _, text, _ in rows],
        [_comparison(text, row) for _, text, row in rows],
        [text.use for _, text, _ in rows],
    ]
    sizes = [max(columns(cell) for cell in column) for column in fixed]
    room = width - 2 - sum(size + 2 for size in sizes)
    name_size = max(columns(lines.plain(item.subject)) for item, _, _ in rows)
    name_size = min(name_size, max(SHORTEST_NAME, room))
    out = []
    for i, (item, text, row) in enumerate(rows):
        name = f"{item.status.glyph} {pad(cut(lines.plain(item.subject), name_size), name_size)}"
        cells = [
            pad(lines.plain(column[i]), size, right=column in (fixed[1], fixed[3]))
            for column, size in zip(fixed, sizes, strict=True)
        ]
        numbers_text = "  ".join(cells)
        shown = f"{_painted(name, item.status, paint)}  {numbers_text}"
        used = columns(name) + 2 + columns(numbers_text)
        below: list[str] = []
        change = f"{text.change} {text.against}".strip()
        more = [text.interval, change, text.p, text.since, text.evidence, row.place or "default check"]
        for part in [lines.plain(part) for part in more if part]:
            if not below and used + 2 + columns(part) <= width:
                shown, used = f"{shown}  {part}", used + 2 + columns(part)
            else:
                below.append(part)
        out.append(shown.rstrip())
        if below:
            out.append(INDENT + "  ".join(below))
        out += [
            INDENT + lines.plain(remark) for remark in lines.remarks(row) if item.status is not status.PASSED
        ]
    return out


def _comparison(text: lines.Shown, row: Row) -> str:
    """The limit with its own words shortened; its number never is."""
    bound = (
        text.bound if row.bound is not None and row.measured is not None else cut(text.bound, LONGEST_WORDS)
    )
    return lines.comparison(replace(text, bound=bound, words=cut(text.words, LONGEST_WORDS)))


def _reason(item: Item, width: int, paint: bool) -> str:
    line = lines.reason_line(
        cut(lines.plain(item.subject), max(SHORTEST_NAME, width // 2)), item.status, item.reason
    )
    return _painted(line, item.status, paint)


def _silent(key: str, called: Status, reason: str, paint: bool) -> str:
    return _painted(lines.reason_line(key, called, reason), called, paint)


def _last_line(run: Run, report: str) -> str:
    parts = [f"report: {report}"] if report else []
    loud = any(status.of_case(case) in status.ATTENTION for case in run.cases)
    parts += ["rerun: pytest --lf --edgebench-show=all"] if loud else []
    return "   ".join(parts)


def _painted(text: str, called: Status, paint: bool) -> str:
    return f"\x1b[{_COLOURS[called.name]}m{text}\x1b[0m" if paint else text


def columns(text: str) -> int:
    """How many terminal columns a text takes: wide characters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def pad(text: str, size: int, *, right: bool = False) -> str:
    """Text filled with spaces to `size` columns."""
    space = " " * max(0, size - columns(text))
    return space + text if right else text + space


def cut(text: str, size: int) -> str:
    """Text shortened in its middle to `size` columns: beginnings and ends of names tell most."""
    if columns(text) <= size:
        return text
    head = (size - 1) // 2
    tail = size - 1 - head
    start, end = text[:head], text[len(text) - tail :] if tail else ""
    while columns(start) > head:
        start = start[:-1]
    while columns(end) > tail:
        end = end[1:]
    return f"{start}…{end}"
