"""What pytest shows of a broken budget: place and numbers, the budget's own line, because, help."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import columns, plain
from pytest_edgebench.reports import limits, row_text, status
from pytest_edgebench.reports.causes import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_edgebench.record.run import Row

MOST_OTHERS = 4
UNEXPLAINED = "unexplained"


def worst(rows: Sequence[Row]) -> Row:
    """The row that uses most of its budget; one without a number is told first."""
    uses = [(row, status.use_of_budget(row)) for row in rows]
    return max(uses, key=lambda one: float("inf") if one[1] is None else one[1])[0]


def message(rows: Sequence[Row]) -> str:
    """The reason in one short line: ``size 17.0 > 15.9 kB (+1 limit)``."""
    more = f" (+{len(rows) - 1} limit{'s' if len(rows) > 2 else ''})" if len(rows) > 1 else ""
    return plain(sentences.short(worst(rows))) + more


def section(
    key: str, rows: Sequence[Row], lines_at: Callable[[str], Sequence[str]], accept: str
) -> list[str]:
    """The failure of one test, its worst budget in full.

    Args:
        key: of the case. rows: broken.
        lines_at: gives the lines of source from a budget's place on; none where there is no source.
        accept: the command that accepts the run as the baseline; "" where there is none.
    """
    row = worst(rows)
    out = [_place(key, row), *_source(row, lines_at(row.place) if row.place else ())]
    known = row.cause and not row.cause.startswith(UNEXPLAINED)
    because = row.cause if known and status.judged(row) else row.reason or row.cause
    if because:
        out.append(f"  because {plain(because)}")
    out += [f"  {plain(remark)}" for remark in row_text.remarks(row) if remark.startswith(("(", "“"))]
    out.append(f"  help: {_help(row, accept)}")
    others = [other for other in rows if other is not row]
    out += [f"and {_place('', other)}" for other in others[:MOST_OTHERS]]
    hidden = len(others) - MOST_OTHERS
    return out + ([f"and {hidden} more"] if hidden > 0 else [])


def _place(key: str, row: Row) -> str:
    measured, bound = limits.numbers_of(row)
    change = f" ({row_text.change_texts(row)[0]} vs {row.reference})" if row.change and row.reference else ""
    head = ": ".join(part for part in (row.place or "default check", key) if part)
    name, words = status.metric_title(row), f" “{row.message}”" if row.message and not key else ""
    if row.measured is None or row.bound is None:
        return plain(f"{head}: {name} {measured}, limit {row.limit}{words}")
    return plain(f"{head}: {name} {measured} {row_text.sign(row)} {bound}{change}{words}")


def _source(row: Row, lines: Sequence[str]) -> list[str]:
    """The line that has the limit, with the limit underlined; none where it is not found."""
    number = int(row.place.rpartition(":")[2]) if row.place.rpartition(":")[2].isdigit() else 0
    for offset, line in enumerate(lines):
        found = _limit_in(line, row)
        if found is None:
            continue
        text = line.strip()
        start = found.start() - (len(line) - len(line.lstrip()))
        head = f"  {number + offset} | "
        under = " " * (len(head) - 2) + "| " + " " * columns(text[:start]) + "^" * columns(found[0])
        return [head + plain(text), under]
    return []


def _limit_in(line: str, row: Row) -> re.Match[str] | None:
    for words in (row.limit, row.limit.removeprefix(f"{row.statistic} ")):
        found = re.search(rf"(?<=[\"']){re.escape(words)}(?=[\"'])", line)
        if found:
            return found
    return re.search(rf"\b{re.escape(row.metric)}\s*=\s*[^,)]*", line)


def _help(row: Row, accept: str) -> str:
    better, looser, sign = ("raise", "lower", "-") if row.higher_is_better else ("reduce", "raise", "+")
    where = f"{looser} the limit at {row.place}" if row.place else ""
    if row.measured is None:
        return (
            f"provide the number, or remove the limit at {row.place}" if row.place else "see the reason above"
        )
    if not status.judged(row):
        return "see the reason above"
    if row.reference == "baseline" and accept:
        return f"if it is intended: {accept}"
    if where:
        return f"{better} it, or {where}"
    unit = "points" if row.higher_is_better else "%"
    allowed = f"{row.reference or 'model'} {sign} … {unit}"
    return f'{better} it, or allow more: @eb.budget({row.metric}="{allowed}")'
