"""Markdown that names and reasons cannot break out of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_edgebench.reports import row_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_CELL = 300
_SPECIAL = re.compile(r"([\\`*_\[\]#|~<>&$])")


def code(given: str) -> str:
    """A name as a code span that nothing in it can end, short enough for a table."""
    name = _short(row_text.plain(given), _LONGEST_CELL).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", name)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{name}{space}{fence}" if name.strip() else "–"


def text(given: str, most: int = _LONGEST_CELL) -> str:
    """Plain text: no mark of Markdown or HTML works in it, and nobody is mentioned by it."""
    cleaned = _SPECIAL.sub(r"\\\1", _short(row_text.plain(given), most))
    # "\<" is enough for Markdown; entities keep HTML sanitizers out of the question.
    return (
        cleaned.replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;").replace("@", "@\u200b")
    )


def fenced(commands: Sequence[str], language: str = "sh") -> list[str]:
    """Lines as a block of code, with a fence that none of them can end."""
    longest = max((len(run) for command in commands for run in re.findall("`+", command)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *commands, fence]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table whose first column is text and whose other columns are numbers."""
    align = "|".join(["", "---", *["--:"] * (len(heads) - 1), ""])
    return [f"| {' | '.join(heads)} |", align, *(f"| {' | '.join(row)} |" for row in rows)]


def details(summary: str, lines: Sequence[str]) -> list[str]:
    """Lines that are folded away; another such block may follow at once, all else after a blank line."""
    return [f"<details><summary>{text(summary)}</summary>", "", *lines, "</details>"]


def _short(given: str, most: int) -> str:
    return given if len(given) <= most else f"{given[: most - 1]}…"
