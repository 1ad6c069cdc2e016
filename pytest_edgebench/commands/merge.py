"""``edgebench merge run1.json run2.json``: one gate and one report of several CI jobs."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from pytest_edgebench.commands import errors, outputs

HELP = "join the run records of several CI jobs into one gate and report"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "records", nargs="+", metavar="RUN", help="run record, or HTML report, of one job of the same commit"
    )
    outputs.configure(parser)
    parser.add_argument(
        "--shards",
        type=_count,
        metavar="N",
        help="fail unless N records are given, so that a lost job does not pass",
    )
    parser.add_argument(
        "--min-cases", type=_count, metavar="N", help="fail when fewer than N cases were judged in all"
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
    from pytest_edgebench.base.privacy import Private
    from pytest_edgebench.judge.shards import merged, missing, passes
    from pytest_edgebench.record import store

    records = [(given, store.read(Path(given), given)) for given in arguments.records]
    found = merged(records)
    lacks = missing(found, len(records), shards=arguments.shards, min_cases=arguments.min_cases)
    found = Private.here(Path.cwd()).value(replace(found, problems=(*lacks, *found.problems)))
    outputs.write(found, arguments)
    return 0 if passes(found) else 1


def _count(given: str) -> int:
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(errors.no_count(given))
    return int(given)
