"""An HTML text as a tree, by the standard library's parser: just enough to ask a report what it says."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

VOID = {"meta", "link", "br", "input", "img", "hr"}
ENDS = {
    "td": {"td", "th"},
    "th": {"td", "th"},
    "tr": {"td", "th", "tr"},
    "tbody": {"td", "th", "tr", "thead", "tbody"},
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
}
"""Elements that may be left open, by the tag before which they end: HTML's optional end tags."""
LEFT_OPEN = {"td", "th", "tr", "thead", "tbody", "li", "dt", "dd"}


class Node:
    def __init__(self, tag: str, attrs: dict[str, str], above: Node | None) -> None:
        self.tag, self.attrs, self.above = tag, attrs, above
        self.below: list[Node | str] = []

    def nodes(self) -> Iterator[Node]:
        for child in self.below:
            if isinstance(child, Node):
                yield child
                yield from child.nodes()

    def find(self, tag: str, css: str = "") -> list[Node]:
        """Nodes below with that tag and, where given, that class."""
        return [
            n for n in self.nodes() if n.tag == tag and (not css or css in n.attrs.get("class", "").split())
        ]

    def by_id(self, name: str) -> Node:
        (found,) = [node for node in self.nodes() if node.attrs.get("id") == name]
        return found

    @property
    def text(self) -> str:
        """All text below, spaces joined."""
        parts = [child if isinstance(child, str) else child.text for child in self.below]
        return " ".join(" ".join(parts).split())


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.at = self.root = Node("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self.at.tag in ENDS.get(tag, ()):
            self.leave()
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.below.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.below.append(Node(tag, {name: value or "" for name, value in attrs}, self.at))

    def handle_endtag(self, tag: str) -> None:
        while self.at.tag != tag and self.at.tag in LEFT_OPEN:
            self.leave()
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        self.leave()

    def leave(self) -> None:
        assert self.at.above is not None
        self.at = self.at.above

    def handle_data(self, data: str) -> None:
        self.at.below.append(data)


def parse(text: str) -> Node:
    """The tree of a page; an element closed in the wrong order fails the test."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert builder.at is builder.root, f"<{builder.at.tag}> is never closed"
    return builder.root


def cells(line: Node) -> list[str]:
    """Texts of the cells of a table row."""
    return [node.text for node in line.below if isinstance(node, Node)]


FACTORS = {
    "": 1,
    "%": 1,
    "points": 1,
    "s": 1,
    "ms": 1e-3,
    "µs": 1e-6,
    "B": 1,
    "kB": 1e3,
    "MB": 1e6,
    "k": 1e3,
    "M": 1e6,
}


def quantity(text: str) -> float:
    """The stored number that a text like ``28.6 ms`` stands for."""
    number, _, unit = text.partition(" ")
    return float(number.replace(",", "")) * FACTORS[unit]


def near(shown: float, stored: float) -> bool:
    """Whether a number is another one, rounded to three significant digits."""
    return shown == pytest.approx(stored, rel=0.0051)
