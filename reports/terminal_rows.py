"""Tables for a terminal: one line a judgement, or one a case that was not judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import columns, cut
from pytest_edgebench.reports import row_text, status
from pytest_edgebench.reports.changes import silences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import Row, Run
    from pytest_edgebench.reports.changes import Item
    from pytest_edgebench.reports.status import Status

COLOURS = {
    "error": "31", "over": "31", "failed": "31", "regressed": "33", "warned": "33",
    "inconclusive": "35", "improved": "34", "pass": "32", "unsupported": "2", "notrun": "2",
}  # fmt: skip
SHORTEST_NAME = 16
LONGEST_WORDS = 40
INDENT = "    "


def rows(found: Sequence[Item], width: int, paint: bool) -> list[str]:
    """Judgements in aligned lines, then those without a number."""
    text = _table([item for item in found if item.row is not None], width, paint)
    return text + [_reason(item, width, paint) for item in found if item.row is None]


def silent(run: Run, paint: bool) -> list[str]:
    """A line for each case that was not judged."""
    return [
        painted(row_text.reason_line(case.key, one.status, one.reason), one.status, paint)
        for one in silences(run)
        for case in one.cases
    ]


def _table(found: list[Item], width: int, paint: bool) -> list[str]:
    """Aligned lines: what must be seen together stays together, the rest goes below where it does not fit."""
    rows = [(item, row_text.shown(item.row), item.row) for item in found if item.row is not None]
    if not rows:
        return []
    fixed = [
        [cut(row_text.plain(text.metric), LONGEST_WORDS) for _, text, _ in rows],
        [text.measured for _, text, _ in rows],
        [_comparison(text, row) for _, text, row in rows],
        [text.use for _, text, _ in rows],
    ]
    sizes = [max(columns(cell) for cell in column) for column in fixed]
    room = width - 2 - sum(size + 2 for size in sizes)
    name_size = max(columns(row_text.plain(item.subject)) for item, _, _ in rows)
    name_size = min(name_size, max(SHORTEST_NAME, room))
    out = []
    for i, (item, text, row) in enumerate(rows):
        name = f"{item.status.glyph} {pad(cut(row_text.plain(item.subject), name_size), name_size)}"
        cells = [
            pad(row_text.plain(column[i]), size, right=column in (fixed[1], fixed[3]))
            for column, size in zip(fixed, sizes, strict=True)
        ]
        numbers_text = "  ".join(cells)
        shown = f"{painted(name, item.status, paint)}  {numbers_text}"
        used = columns(name) + 2 + columns(numbers_text)
        below: list[str] = []
        change = f"{text.change} {text.against}".strip()
        more = [text.interval, change, text.p, text.since, text.evidence, row.place or "default check"]
        for part in [row_text.plain(part) for part in more if part]:
            if not below and used + 2 + columns(part) <= width:
                shown, used = f"{shown}  {part}", used + 2 + columns(part)
            else:
                below.append(part)
        out.append(shown.rstrip())
        if below:
            out.append(INDENT + "  ".join(below))
        out += [
            INDENT + row_text.plain(remark)
            for remark in row_text.remarks(row)
            if item.status is not status.PASSED
        ]
    return out


def _comparison(text: row_text.Shown, row: Row) -> str:
    """The limit with its own words shortened; its number never is."""
    bound = (
        text.bound if row.bound is not None and row.measured is not None else cut(text.bound, LONGEST_WORDS)
    )
    return row_text.comparison(replace(text, bound=bound, words=cut(text.words, LONGEST_WORDS)))


def _reason(item: Item, width: int, paint: bool) -> str:
    line = row_text.reason_line(
        cut(row_text.plain(item.subject), max(SHORTEST_NAME, width // 2)), item.status, item.reason
    )
    return painted(line, item.status, paint)


def painted(text: str, called: Status, paint: bool) -> str:
    """Text in the colour of a status."""
    return f"\x1b[{COLOURS[called.name]}m{text}\x1b[0m" if paint else text


def pad(text: str, size: int, *, right: bool = False) -> str:
    """Text filled with spaces to `size` columns."""
    space = " " * max(0, size - columns(text))
    return space + text if right else text + space
