"""Plain words in what users read: README, pages, help texts and messages.

A pattern stands for a way of writing that readers who are not at home in English stumble over. A new one is a
line here; what it finds is rewritten, not excepted.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from pytest_edgebench.commands import docs

ROOT = Path(__file__).parents[2]
PAGES = {
    path.name: path.read_text(encoding="utf-8")
    for path in (
        *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
        *(ROOT / "docs").glob("*.md"),
    )
}
BETTER = {
    r"\banew\b": "again",
    r"\bbeside\b": "next to, together with, compared with",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bnobody\b": "say who does what",
    r"\bof now\b": "current, today's",
    r"\bin turns\b": "interleaved",
    r"\b(?:is|are|was|were) told\b": "is reported, is logged",
    r"\btold (?:by|in|as|of)\b": "reported",
    r"\btells? (?:it|its|of the)\b": "says, reports",
    r"\b(?:this|that|which|it|is) (?:is|are) no (?!longer|more|less)": "is not a",
    r"^there (?:is|are) no\b": "no ..., ... not found, unknown ...",
    r"\bthere is: ": "known:, cases:",
    r"\bfloat (?:model|parent)\b": "original",
    r"\bworked out\b": "computed, known",
    r"\b(?:can|could|cannot) (?:not )?be had\b": "is (not) available",
    r"\bonly described\b": "not connected",
    r"\bscattered (?:zeros|weights)\b": "unstructured pruning",
    r"\blies? (?:in|there|next to|below)\b": "is",
    r"\b(?:un|not )decided\b": "inconclusive",
    r"\bof the field\b": "legacy",
}
"""Pattern → what to write instead."""


@functools.cache
def generated() -> dict[str, str]:
    """Pages made from the code: with them options, help texts, messages and docstrings of the record."""
    return {name: docs.generate(module) for name, module in docs.generated().items()}


def found(text: str, pattern: str) -> list[str]:
    """Lines with a pattern, without code, addresses and headings that are names of functions."""
    lines = re.sub(r"```.*?^```$|^### .*\}$", "", text, flags=re.DOTALL | re.MULTILINE).splitlines()
    return [line for line in lines if re.search(pattern, re.sub(r"^`|\(http\S+\)", "", line))]


@pytest.mark.parametrize("pattern", BETTER)
def test_pages_are_written_in_plain_words(pattern: str) -> None:
    wrong = [f"{name}: {line}" for name, text in PAGES.items() for line in found(text, pattern)]
    assert wrong == [], f"write: {BETTER[pattern]}"


@pytest.mark.parametrize("pattern", BETTER)
def test_messages_and_help_are_written_in_plain_words(pattern: str) -> None:
    wrong = [f"{name}: {line}" for name, text in generated().items() for line in found(text, pattern)]
    assert wrong == [], f"write: {BETTER[pattern]}"


def test_a_word_is_found_where_it_stands() -> None:
    assert found("is made anew\n", r"\banew\b") == ["is made anew"]
    assert found("```text\nanew\n```\n", r"\banew\b") == []
    assert found("`there is no runtime {name}`\n", r"^there (?:is|are) no\b")
