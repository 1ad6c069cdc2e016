"""The bits of Markdown that generated pages are made of."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; a bar within a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def code(text: object) -> str:
    """Text in backquotes; "" stays empty."""
    return f"`{text}`" if str(text) else ""


def anchored(heading: str, anchor: str, level: int = 3) -> str:
    """A heading that can be linked to by a name that does not follow from its text."""
    return f"{'#' * level} {heading} {{ #{anchor} }}\n"


def attributes(documented: type) -> Mapping[str, str]:
    """Attribute → what a class's docstring says of it, in one line.

    A line of the docstring may describe several: ``model, recipe: names``.
    """
    text = inspect.getdoc(documented) or ""
    section = re.search(r"^Attributes:\n((?:    .*\n?|\n)+)", text, re.MULTILINE)
    found: dict[str, str] = {}
    if section is None:
        return found
    body = re.sub(r"\n {8,}", " ", section[1])
    for line in body.splitlines():
        # "caches: of the target. target: the right one" describes a second one after a full stop.
        for part in re.split(r"(?<=\.) (?=\w+(?:, \w+)*: )|(?<=;) (?=\w+: )", line.strip()):
            names, _, said = part.partition(": ")
            for name in names.split(", "):
                found[name] = prose(said).rstrip(";")
    return found


def prose(text: str) -> str:
    """Docstring text as Markdown: ``code`` in one pair of backquotes."""
    return text.replace("``", "`").strip()


def _cell(value: object) -> str:
    return re.sub(r"\s*\n\s*", " ", str(value)).replace("|", "\\|")
