"""The command line: ``edgebench COMMAND``, or ``python -m pytest_edgebench COMMAND``."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import TYPE_CHECKING

from pytest_edgebench.base import discovery, printed
from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.base.system import unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUP = "commands"
"""Of entry points: each names a module with `HELP`, ``configure(parser)`` and ``run(arguments)``."""


def commands(wanted: str = "") -> dict[str, tuple[str, str]]:
    """Command → its module and its line of help; a command is a file in `commands` with a constant `HELP`.

    Args:
        wanted: the command that was asked for: where it is one of ours, other packages are not looked at.

    Raises:
        SettingsError: an entry point that cannot be used.
    """
    found = {
        name: (f"{discovery.PACKAGE}.commands.{name}", str(discovery.constant(path, "HELP")))
        for name, path in discovery.files("commands", "HELP").items()
    }
    if wanted not in found:
        for name, point in sorted(discovery.entry_points(GROUP).items()):
            text = discovery.constant(discovery.source(point, GROUP), "HELP")
            found.setdefault(name, (point.module, str(text or f"a command of {discovery.owner(point)}")))
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        the exit status: 0, or 2 when what was asked for cannot be done.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    if told := unsupported():
        printed.err(f"{told}\n")
        return 2
    parser = argparse.ArgumentParser("edgebench", description="Command-line tools of pytest-edgebench.")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    try:
        known = commands(given[0] if given else "")
    except EdgebenchError as error:
        printed.err(f"{error}\n")
        return 2
    modules = {}
    for name, (module, text) in known.items():
        command = subparsers.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        # Only the command that was asked for is imported: others may need a runtime.
        if given[:1] == [name]:
            modules[name] = importlib.import_module(module)
            modules[name].configure(command)
    arguments = parser.parse_args(given)
    try:
        return int(modules[arguments.command].run(arguments))
    except EdgebenchError as error:
        printed.err(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
