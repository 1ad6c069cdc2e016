"""What commands that end in a run write and print: report, record, comment, and the summary."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.settings.options import CHOICES

if TYPE_CHECKING:
    import argparse

    from pytest_edgebench.record.run import Run


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments for what is written."""
    parser.add_argument("--report", metavar="FILE", help="write the HTML report")
    parser.add_argument("--json", metavar="FILE", help="write the run record")
    parser.add_argument("--markdown", metavar="FILE", help="write a comment for a pull request")
    parser.add_argument(
        "--show",
        choices=CHOICES["--edgebench-show"],
        default="failing",
        help="what is listed (default: failing)",
    )


def write(run: Run, arguments: argparse.Namespace) -> None:
    """Write what was asked for, and print the summary.

    Raises:
        RecordError: a file cannot be written.
    """
    from pytest_edgebench.record import store
    from pytest_edgebench.reports import terminal

    if arguments.json is not None:
        store.write(Path(arguments.json), store.dump(run))
    if arguments.markdown is not None:
        from pytest_edgebench.reports import markdown

        store.write(Path(arguments.markdown), markdown.render(run))
    if arguments.report is not None:
        from pytest_edgebench.reports import html

        for path, text in html.files_of(run, Path(arguments.report)):
            store.write(path, text)
    width, colour = shutil.get_terminal_size((100, 24)).columns, sys.stdout.isatty()
    for line in terminal.summary(run, arguments.show, width, colour, report=arguments.report or ""):
        sys.stdout.write(f"{line}\n")
