"""A scenario of the characterisation: files of a project, and commands that run in it one after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDS = (
    "--edgebench-json=run.json", "--edgebench-markdown=comment.md", "--edgebench-report=report.html",
    "--edgebench-show=all", "--junitxml=junit.xml",
)  # fmt: skip
"""Options that write all a session can write."""

INI = "[pytest]\naddopts = -p no:randomly -p no:anyio -p no:hypothesispytest -p no:jaxtyping\n"
"""Other plugins, which other machines may lack, print lines of their own."""


@dataclass(frozen=True)
class Command:
    """A command, and what is written before it runs.

    Attributes:
        words: `pytest`, `edgebench` (``python -m pytest_edgebench``), `python` or `git`, then its arguments.
        write: path → new text.
        delete: paths that are removed.
        shown: whether what it prints is kept.
    """

    words: tuple[str, ...]
    write: Mapping[str, str] = field(default_factory=dict)
    delete: tuple[str, ...] = ()
    shown: bool = True


def pytest_(*arguments: str, write: Mapping[str, str] | None = None, delete: tuple[str, ...] = ()) -> Command:
    """A session that writes all it can."""
    return Command(("pytest", *RECORDS, *arguments), write or {}, delete)


def unpaged(*arguments: str) -> Command:
    """The same without the HTML report, whose parts other scenarios show."""
    return Command(("pytest", *(each for each in RECORDS if "report" not in each), *arguments))


def brief(*arguments: str, write: Mapping[str, str] | None = None, delete: tuple[str, ...] = ()) -> Command:
    """A session that only prints."""
    return Command(("pytest", *arguments), write or {}, delete)


def edgebench(*arguments: str) -> Command:
    return Command(("edgebench", *arguments))


@dataclass(frozen=True)
class Scenario:
    """What is run, and how its numbers are to be taken.

    Attributes:
        files: path → text.
        commands: in order; the files that they write are kept after each.
        timed: something is timed on this machine, so lines and numbers of time are masked, and lines sorted.
        needs: modules without which it cannot run.
        slow: takes about a minute.
    """

    name: str
    files: Mapping[str, str]
    commands: tuple[Command, ...]
    timed: bool = False
    needs: tuple[str, ...] = ()
    slow: bool = False
