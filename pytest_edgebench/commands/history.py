"""``edgebench history FILE RUN...``: adds run records of other machines to a history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base import printed

if TYPE_CHECKING:
    import argparse

HELP = "add run records to a history"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="the history; it is made if it does not exist")
    parser.add_argument("records", nargs="*", metavar="RUN", help="run records or HTML reports to add")


def run(arguments: argparse.Namespace) -> int:
    """Add records, and say what the history has.

    Returns:
        the exit status, 0.

    Raises:
        RecordError, HistoryError: a record or the history cannot be read or written.
    """
    from pytest_edgebench.record import store
    from pytest_edgebench.record.history import SqliteHistory

    runs = [store.read(Path(name), name) for name in arguments.records]
    history = SqliteHistory(Path(arguments.file))
    try:
        added = [history.add(one) for one in runs]
        total, cases = history.counts()
    finally:
        history.close()
    if runs:
        printed.out(f"added {sum(added)}, there already {len(added) - sum(added)}\n")
    printed.out(f"{arguments.file}: {total:,} runs of {cases:,} cases\n")
    return 0
