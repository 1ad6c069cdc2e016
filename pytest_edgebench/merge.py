"""``python -m pytest_edgebench merge run1.json run2.json``: one gate and one report of several CI jobs."""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.errors import merge as errors
from pytest_edgebench.option_table import CHOICES

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "records", nargs="+", metavar="RUN", help="run record, or HTML report, of one job of the same commit"
    )
    parser.add_argument("--report", metavar="FILE", help="write the HTML report of all")
    parser.add_argument("--json", metavar="FILE", help="write the run record of all")
    parser.add_argument("--markdown", metavar="FILE", help="write a comment for a pull request")
    parser.add_argument(
        "--shards", type=_count, metavar="N", help="fail unless N records are given: a lost job is no pass"
    )
    parser.add_argument(
        "--min-cases", type=_count, metavar="N", help="fail when fewer than N cases were judged in all"
    )
    parser.add_argument(
        "--show",
        choices=CHOICES["--edgebench-show"],
        default="failing",
        help="what is listed (default: failing)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Join the records, write what was asked for, print the summary.

    Returns:
        the exit status of the gate: 1 when a test of a case failed in a record, a record has a problem, or
        something is missing; else 0.

    Raises:
        RecordError: a record cannot be read, a file cannot be written.
        MergeError: the records cannot be of one run.
    """
    from pytest_edgebench.record import store
    from pytest_edgebench.record.merge import merged, missing, passes
    from pytest_edgebench.reports import terminal

    records = [(given, store.read(Path(given), given)) for given in arguments.records]
    found = merged(records)
    lacks = missing(found, len(records), shards=arguments.shards, min_cases=arguments.min_cases)
    found = replace(found, problems=(*lacks, *found.problems))
    _write(found, arguments)
    width, colour = shutil.get_terminal_size((100, 24)).columns, sys.stdout.isatty()
    for line in terminal.summary(found, arguments.show, width, colour, report=arguments.report or ""):
        sys.stdout.write(f"{line}\n")
    return 0 if passes(found) else 1


def _write(run: Run, arguments: argparse.Namespace) -> None:
    from pytest_edgebench.record import store

    if arguments.json is not None:
        store.write(Path(arguments.json), store.dump(run))
    if arguments.markdown is not None:
        from pytest_edgebench.reports import markdown

        store.write(Path(arguments.markdown), markdown.render(run))
    if arguments.report is not None:
        from pytest_edgebench.reports import html

        for path, text in html.files_of(run, Path(arguments.report)):
            store.write(path, text)


def _count(given: str) -> int:
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(errors.no_count(given))
    return int(given)
