"""Causes for a terminal: a head line, and below it a table for each limit that is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.text import columns, cut, plain
from pytest_edgebench.reports import limits, numbers, row_text, status
from pytest_edgebench.reports.causes import sentences
from pytest_edgebench.reports.causes.account import entries
from pytest_edgebench.reports.causes.novelty import Novelty, since_baseline
from pytest_edgebench.reports.distinct import distinct
from pytest_edgebench.reports.terminal_rows import pad, painted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.reports.causes.values import BudgetLine, Cause, Entry, Hit

MOST_ENTRIES = 3
"""Of a limit, without -v."""
MOST_CAUSES = 4
MOST_UNDECIDED = 1
HEADS = ("recipe", "device", "now", "limit", "change")


def lines(causes: Sequence[Cause], width: int, paint: bool, *, whole: bool) -> list[str]:
    """All causes; without `whole` the first of them, each with its worst cases."""
    out: list[str] = []
    shown = causes if whole else causes[:MOST_CAUSES]
    few = MOST_ENTRIES if len(shown) < 3 else 1
    for cause in shown:
        out += _cause(cause, width, paint, most=len(cause.cases) if whole else few, whole=whole)
    hidden = causes[len(shown) :]
    if hidden:
        count = len({case.key for cause in hidden for case in cause.cases})
        found = f"{numbers.plural(len(hidden), 'more cause')} in {numbers.plural(count, 'case')} (-v)"
        called = status.OVER if any(cause.blocks for cause in hidden) else status.REGRESSED
        out.append(painted(f"{called.glyph} {found}", called, paint))
    return out


def undecided(hits: Sequence[Hit], width: int, paint: bool, *, whole: bool) -> list[str]:
    """The inconclusive checks, one line each."""
    shown = hits if whole else hits[:MOST_UNDECIDED]
    out = [_split(f"? {plain(sentences.undecided(hit))}", "", width) for hit in shown]
    if len(hits) > len(shown):
        out.append(f"? {numbers.plural(len(hits) - len(shown), 'more inconclusive check')} (-v)")
    return [painted(line, status.INCONCLUSIVE, paint) for line in out]


def _cause(cause: Cause, width: int, paint: bool, *, most: int, whole: bool) -> list[str]:
    called = status.OVER if cause.blocks else status.REGRESSED
    age = ", new" if cause.novelty is Novelty.NEW else ""
    count = numbers.plural(len(cause.cases), "case") + ("" if cause.blocks else " warned") + age
    head = f"{called.glyph} {plain(sentences.title(cause))}"
    out = [painted(part, called, paint) for part in _wrapped(head, count, width)]
    when = sentences.age(cause)
    if when and when != Novelty.NEW.value:
        out.append(f"  {plain(when)}")
    for line in cause.lines:
        out += _budget_line(line, width, most)
    told = sentences.also(cause)
    if cause.blocks and told:
        out += _listed("  also (warnings): ", told, width)
    elif told:
        out += _listed("  ", told, width)
    if whole:
        joined = [entry for entry in entries(cause.warnings) if entry.hit.row]
        out += [_warning(entry) for entry in joined if not sentences.is_cause(cause, entry.hit)]
    return out


def _warning(entry: Entry) -> str:
    assert entry.hit.row is not None
    subject = f"{entry.hit.case.model} {entry.recipe} on {', '.join(entry.devices)}"
    change = since_baseline(entry.hit.case, entry.hit.row)
    told = f"{subject}: {sentences.short(entry.hit.row)}{f' ({change})' if change else ''}"
    return f"    ▲ {plain(told)}"


def _budget_line(line: BudgetLine, width: int, most: int) -> list[str]:
    first = line.worst
    if first.row is None:
        names = distinct([hit.case.key for hit in line.hits[:most]], width - 4)
        more = len(line.hits) - len(names)
        listed = ", ".join(plain(name) for name in names) + (f" + {more} more (-v)" if more > 0 else "")
        return _wrapped(f"  {listed}", plain(first.case.place), width)
    if len(line.entries) == 1 and first.row.measured is not None and first.row.bound is not None:
        name, (measured, _) = status.metric_title(first.row), limits.numbers_of(first.row)
        told = f"  {name} {measured} {row_text.sign(first.row)} {limits.bound_text(first.row)}"
        if first.row.slice:
            told += f"; {first.row.measured.note}"
        return _wrapped(f"  {plain(told.strip())}", plain(line.place), width)
    out = _wrapped(f"  {plain(sentences.line_words(line))}", plain(line.place or "default check"), width)
    if first.row.measured is not None and first.row.bound is not None:
        out += _table(line.entries[:most], width)
    more = len(line.entries) - most
    cases = len({hit.case.key for hit in line.hits})
    if more > 0:
        out.append(f"    + {more} more, {numbers.plural(cases, 'case')} in all (-v)")
    return out


def _table(entries: Sequence[Entry], width: int) -> list[str]:
    cells = [HEADS, *(_cells(entry) for entry in entries)]
    sizes = [max(columns(row[i]) for row in cells) for i in range(len(HEADS))]
    room = width - 4 - sum(sizes[2:]) - 2 * (len(HEADS) - 1)
    sizes[0] = min(sizes[0], max(12, room // 2))
    sizes[1] = min(sizes[1], max(12, room - sizes[0]))
    names = ["recipe", *distinct([row[0] for row in cells[1:]], sizes[0])]
    places = ["device", *(_devices(entry.devices, sizes[1]) for entry in entries)]
    return [
        "    " + "  ".join(
            [pad(name, sizes[0]), pad(place, sizes[1])]
            + [pad(cell, size, right=True) for cell, size in zip(row[2:], sizes[2:], strict=True)]
        ).rstrip()
        for name, place, row in zip(names, places, cells, strict=True)
    ]  # fmt: skip


def _cells(entry: Entry) -> tuple[str, ...]:
    row = entry.hit.row
    assert row is not None
    measured, bound = limits.numbers_of(row)
    change = since_baseline(entry.hit.case, row)
    return tuple(map(plain, (entry.recipe, ", ".join(entry.devices), measured, bound, change)))


def _devices(names: Sequence[str], size: int) -> str:
    """As many as fit, the others counted."""
    shown = [plain(name) for name in names]
    for count in range(len(shown), 0, -1):
        more = f" +{len(shown) - count}" if count < len(shown) else ""
        text = ", ".join(shown[:count]) + more
        if columns(text) <= size:
            return text
    more = f" +{len(shown) - 1}" if len(shown) > 1 else ""
    return cut(shown[0], size - columns(more)) + more


def _wrapped(left: str, right: str, width: int) -> list[str]:
    """Two texts at the two ends of a line; the first goes on over further lines where it is long."""
    if columns(left) + columns(right) + 2 <= width or not right:
        return [_split(left, right, width)] if columns(left) <= width else folded(left, width)
    parts = folded(left, max(20, width - columns(right) - 2))
    return [_split(parts[0], right, width), *parts[1:]]


def _split(left: str, right: str, width: int) -> str:
    return f"{left}{' ' * max(2, width - columns(left) - columns(right))}{right}" if right else left


def folded(text: str, width: int) -> list[str]:
    """Lines of at most so many columns, broken at spaces, those below indented by four."""
    out, line = [], text[: len(text) - len(text.lstrip())]
    for word in text.split():
        if line.strip() and columns(line) + 1 + columns(word) > width:
            out.append(line)
            line = "    "
        line += word if not line.strip() else f" {word}"
    return [plain(text) for text in (*out, line)]  # none begins like a command of GitHub's runner


def _listed(head: str, told: Sequence[str], width: int) -> list[str]:
    return folded(head + ", ".join(plain(text) for text in told), width)
