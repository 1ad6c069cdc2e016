"""``edgebench bisect --good A --bad B CASE METRIC``: the commit that made a metric worse."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base import printed

if TYPE_CHECKING:
    import argparse

HELP = "find the commit that made a metric of a case worse"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("case", metavar="CASE", help="key of a case, e.g. kws-int8-rpi4")
    parser.add_argument("metric", metavar="METRIC", help="e.g. size, accuracy, latency")
    parser.add_argument("--good", metavar="REF", required=True, help="a commit at which it was good")
    parser.add_argument(
        "--bad", metavar="REF", default="HEAD", help="a later one at which it is bad (default: HEAD)"
    )
    parser.add_argument(
        "--limit",
        metavar="LIMIT",
        default="",
        help="what counts as bad, e.g. 'baseline + 1 %%' (default: any change of an exact number or score, "
        "and 3 %% of latency)",
    )
    parser.add_argument(
        "--tests", metavar="PATH", action="append", default=[], help="tests of the case (default: as pytest)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Halve the commits, judging one at a time; what did not change is taken from the cache.

    Returns:
        the exit status: 0 when the commit is found; 1 when commits that cannot be judged hide it.

    Raises:
        BisectError: no such commits, a case that cannot be measured, or nothing became worse.
    """
    from pytest_edgebench.session.bisect import Bisection

    with tempfile.TemporaryDirectory(prefix="edgebench-bisect-") as work:
        bisection = Bisection(
            Path.cwd(), arguments.good, arguments.bad, arguments.case, arguments.metric, arguments.limit,
            arguments.tests, Path(work).resolve(), lambda line: printed.out(f"{line}\n"),
        )  # fmt: skip
        printed.out(f"{len(bisection.commits)} commits; bad: not {bisection.limit.text}\n")
        found = bisection.run()
    suspects = bisection.commits[found.good + 1 : found.bad + 1]
    if len(suspects) > 1:
        printed.out("one of these, which cannot be judged, or the last:\n")
        printed.out("".join(f"  {bisection.title(sha)}\n" for sha in suspects))
        return 1
    printed.out(f"first bad commit: {bisection.title(suspects[0])}\n  {bisection.row(found.bad).reason}\n")
    return 0
