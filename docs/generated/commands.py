"""The commands of ``edgebench``, from their parsers."""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base import discovery
from pytest_edgebench.docs.generated.markdown import code, prose, table

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING = "Commands"
HEAD = """
`edgebench COMMAND`, or `python -m pytest_edgebench COMMAND`. `edgebench COMMAND --help` prints the same. A command that
cannot do what was asked prints why and ends with status 2; [Exit codes](exit-codes.md) has all of them.
"""


def page() -> str:
    """A section for each command of this package."""
    return f"# {HEADING}\n{HEAD}" + "".join(_section(*found) for found in commands())


def commands() -> Iterator[tuple[str, Any]]:
    """Name and module of each command, in alphabetical order."""
    for name in sorted(discovery.files("commands", "HELP")):
        yield name, importlib.import_module(f"{discovery.PACKAGE}.commands.{name}")


def status(module: Any) -> str:
    """The exit statuses of a command, as its `run` says."""
    said = re.search(r"Returns:\n\s+(.*?)(?:\n\n|\Z)", inspect.getdoc(module.run) or "", re.DOTALL)
    words = "" if said is None else " ".join(said[1].split())
    return prose(words.removeprefix("the exit status, ").removeprefix("the exit status: ").rstrip("."))


def _section(name: str, module: Any) -> str:
    parser = argparse.ArgumentParser(f"edgebench {name}", add_help=False)
    module.configure(parser)
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    about = f"{module.HELP[0].upper()}{module.HELP[1:]}."
    rows = list(_rows(parser))
    arguments = f"{table(('argument', 'meaning'), rows)}\n" if rows else ""
    return f"\n## {name}\n\n{about}\n\n```text\n{usage}\n```\n\n{arguments}Exit status: {status(module)}.\n"


def _rows(parser: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, str]]:
    """Argument and help; those of a command within the command behind its name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {choice.dest: choice.help for choice in action._choices_actions}
            for name, inner in action.choices.items():
                yield code(f"{before}{name}"), str(told.get(name) or "")
                yield from _rows(inner, f"{before}{name} ")
        elif not isinstance(action, argparse._HelpAction):
            yield code(f"{before}{_name(action)}"), _anywhere((action.help or "") % vars(action))


def _anywhere(text: str) -> str:
    """A help text without the paths of this machine."""
    return text.replace(sys.executable, "the one that runs this command").replace(str(Path.home()), "~")


def _name(action: argparse.Action) -> str:
    names = ", ".join(action.option_strings)
    if action.nargs == 0:
        return names
    choices = f"{{{','.join(map(str, action.choices))}}}" if action.choices else ""
    value = str(action.metavar or "") or choices or action.dest.upper()
    return f"{names} {value}" if names else value
