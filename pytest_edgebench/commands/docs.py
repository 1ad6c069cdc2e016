"""``edgebench docs [PAGE]``: the pages of the documentation, as Markdown, offline."""

from __future__ import annotations

import importlib
import os
import sys
from importlib import resources
from typing import TYPE_CHECKING

from pytest_edgebench.base import discovery, printed
from pytest_edgebench.commands import errors

if TYPE_CHECKING:
    import argparse

HELP = "print a page of the documentation"
FOLDER = "pytest_edgebench.docs"
SUFFIX = ".md"
GENERATED, MARKER = "docs.generated", "HEADING"
"""The room of pages that are made from the code, and what makes a file one: its heading."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("page", nargs="?", metavar="PAGE", help="print this page; default: list the pages")


def run(arguments: argparse.Namespace) -> int:
    """Print the list of pages, or one page.

    Returns:
        the exit status, 0.

    Raises:
        EdgebenchError: the page is unknown.
    """
    text = overview() if arguments.page is None else page(arguments.page)
    try:
        printed.out(text)
        sys.stdout.flush()
    except BrokenPipeError:  # `docs gate | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def written() -> dict[str, str]:
    """Name → text of the pages that are kept as text."""
    return {
        entry.name.removesuffix(SUFFIX): entry.read_text(encoding="utf-8")
        for entry in resources.files(FOLDER).iterdir()
        if entry.name.endswith(SUFFIX)
    }


def generated() -> dict[str, str]:
    """Name → module of the pages that are made from the code."""
    return {name.replace("_", "-"): name for name in discovery.files(GENERATED, MARKER)}


def generate(module: str) -> str:
    """The text of a page that is made from the code."""
    return str(importlib.import_module(f"{discovery.PACKAGE}.{GENERATED}.{module}").page())


def overview() -> str:
    """One line for each page: its name and its heading."""
    headings = {name: _heading(text) for name, text in written().items()}
    files = discovery.files(GENERATED, MARKER)
    headings |= {name: str(discovery.constant(files[module], MARKER)) for name, module in generated().items()}
    width = max(map(len, headings))
    return "".join(f"{name:{width}}  {heading}\n" for name, heading in sorted(headings.items()))


def page(name: str) -> str:
    """The text of one page.

    Args:
        name: of the page; as links write it, "gate.md", is accepted as well.

    Raises:
        EdgebenchError: the page is unknown.
    """
    found, made = written(), generated()
    wanted = name.removesuffix(SUFFIX)
    if wanted in made:
        return generate(made[wanted])
    if wanted not in found:
        raise errors.unknown_page(name, sorted({*found, *made}))
    return found[wanted]


def _heading(text: str) -> str:
    return next((line[2:] for line in text.splitlines() if line.startswith("# ")), "")
