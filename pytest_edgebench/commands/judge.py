"""``edgebench judge RUN``: a stored run judged by the budgets of now, without measuring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.commands import outputs

if TYPE_CHECKING:
    import argparse

HELP = "judge a stored run by today's budgets, without measuring"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("record", metavar="RUN", help="run record (--edgebench-json)")
    parser.add_argument(
        "--tests",
        metavar="PATH",
        action="append",
        default=[],
        help="tests with the budgets (default: as pytest)",
    )
    outputs.configure(parser)


def run(arguments: argparse.Namespace) -> int:
    """Collect the tests, judge the record by their budgets, write what was asked for, print the summary.

    Returns:
        the exit status: 1 when a budget is broken or a case is missing from the record; else 0.

    Raises:
        RecordError: the record cannot be read, or a file not be written.
        SettingsError: the tests cannot be collected.
    """
    from pytest_edgebench.base.privacy import Private
    from pytest_edgebench.judge.shards import passes
    from pytest_edgebench.record import store
    from pytest_edgebench.session.plan_only import plan
    from pytest_edgebench.session.rejudge import judged_again

    stored = store.read(Path(arguments.record), arguments.record)
    found = Private.here(Path.cwd()).value(judged_again(stored, plan(arguments.tests)))
    outputs.write(found, arguments)
    return 0 if passes(found) else 1
