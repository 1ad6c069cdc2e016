"""The command line: ``python -m pytest_edgebench COMMAND``."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import TYPE_CHECKING

from pytest_edgebench.errors import EdgebenchError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMANDS: Mapping[str, tuple[str, str]] = {
    "compare": ("pytest_edgebench.compare", "put hardware targets side by side for the same recipes"),
    "doctor": ("pytest_edgebench.doctor", "say what is missing here, and the command that mends it"),
    "history": ("pytest_edgebench.remember", "add run records to a history"),
    "init": ("pytest_edgebench.start", "write a first conftest, test and settings for a model file"),
    "lint": ("pytest_edgebench.lint_command", "tell what is known to go wrong, and build nothing"),
    "merge": ("pytest_edgebench.merge", "join the run records of several CI jobs into one gate and report"),
    "profiles": ("pytest_edgebench.profiles.show", "show the profiles of this project and the catalogue"),
    "setup": ("pytest_edgebench.setup", "make what a target needs and this environment cannot hold"),
}
"""Command → module with ``configure(parser)`` and ``run(arguments) -> exit status``; one line of help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        the exit status: 0, or 2 when what was asked for cannot be done.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        "python -m pytest_edgebench", description="What there is beside the pytest plugin."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    modules = {}
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        # Only the command that was asked for is imported: others may need a runtime.
        if given[:1] == [name]:
            modules[name] = importlib.import_module(module)
            modules[name].configure(command)
    arguments = parser.parse_args(given)
    try:
        return int(modules[arguments.command].run(arguments))
    except EdgebenchError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
