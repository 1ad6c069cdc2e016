"""``edgebench compare RUN...``: hardware targets side by side, for the same recipes."""

from __future__ import annotations

import fnmatch
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base import printed
from pytest_edgebench.commands import errors

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import pandas

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.reports.compare import Comparison, Entry

HELP = "put hardware targets side by side for the same recipes"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "records", nargs="+", metavar="RUN", help="run record or HTML report; several are put side by side"
    )
    parser.add_argument("--recipes", metavar="PATTERN", default="*", help="only these, e.g. '*int8*'")
    parser.add_argument("--profiles", metavar="PATTERN", default="*", help="only these, e.g. 'cortex*'")
    parser.add_argument(
        "--csv", metavar="FILE", help="write the table as CSV, one recipe on a profile a line"
    )
    parser.add_argument("--parquet", metavar="FILE", help="write the same as Parquet (needs pyarrow)")
    parser.add_argument(
        "--svg", metavar="FILE", help="write size against score, a figure a model and profile"
    )
    parser.add_argument(
        "--fail",
        metavar="METRIC=LIMIT",
        action="append",
        default=[],
        help="end with status 1 where a case breaks this limit, e.g. 'size=64 kB', or 'size=baseline + 1 %%' "
        "with the first RUN as the baseline; may be repeated",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the tables and write what was asked for.

    Returns:
        the exit status: 1 where a limit of --fail is broken or cannot be judged, or a case is gone; else 0.

    Raises:
        RecordError: a record cannot be read, or a file not be written.
        CompareError: there is nothing to compare or to draw, or pyarrow is missing.
    """
    from pytest_edgebench.record import store
    from pytest_edgebench.reports.compare import comparisons
    from pytest_edgebench.reports.tradeoff import poster

    given = list(arguments.records)
    for name in given:
        if given.count(name) > 1:
            raise errors.record_twice(name)
    runs = [(name, _picked(store.read(Path(name), name), arguments)) for name in given]
    found = [one for one in comparisons(runs) if one.axes]
    if not found:
        raise errors.nothing(f"no measured case of recipe {arguments.recipes!r} on {arguments.profiles!r}")
    if arguments.csv is not None:
        store.write(Path(arguments.csv), table(found).to_csv(index=False))
    if arguments.parquet is not None:
        _write_parquet(table(found), arguments.parquet)
    if arguments.svg is not None:
        drawing = poster(found)
        if not drawing:
            raise errors.no_figure()
        store.write(Path(arguments.svg), drawing)
    broken = _broken(runs, arguments.fail)
    printed.out("\n".join(text(one) for one in found))
    if arguments.fail:
        printed.out("".join(f"{line}\n" for line in ["", *broken]))
    return 1 if broken else 0


def _broken(runs: Sequence[tuple[str, Run]], given: Sequence[str]) -> list[str]:
    """What breaks the limits of --fail, a line each.

    Raises:
        EdgebenchError: a limit that cannot be judged.
    """
    if not given:
        return []
    from pytest_edgebench.record.run import Verdict
    from pytest_edgebench.session import errors as session_errors
    from pytest_edgebench.session.stored_limits import judged, limit_of
    from pytest_edgebench.session.texts import TEXTS

    cases = [case for _, run in runs for case in run.cases]
    known = {name for case in cases if case.observation for name in case.observation.metrics}
    limits = [limit_of(one, known) for one in given]
    if len(runs) < 2 and any(limit.reference == "baseline" for limit in limits):
        raise errors.one_record()
    return [
        session_errors.gone(key) if row is None else TEXTS.row_line(key, row)
        for key, row in judged(runs, limits)
        if row is None or row.verdict is not Verdict.PASS
    ]


def text(comparison: Comparison) -> str:
    """A model's table: a line a recipe, a column a profile, then which recipe is best where."""
    from pytest_edgebench.base.text import columns
    from pytest_edgebench.reports.compare import axis_text, cell, rungs_text
    from pytest_edgebench.reports.row_text import plain
    from pytest_edgebench.reports.terminal_rows import pad

    axes, profiles = comparison.axes, comparison.profiles
    lines = [["", *(plain(name) for name in profiles)]]
    lines.append(["", *(rungs_text(comparison, name) for name in profiles)])
    for recipe, entries in comparison.entries.items():
        line = [plain(recipe)]
        for profile in profiles:
            entry = entries.get(profile)
            if entry is None or not entry.metrics:
                line.append(plain(entry.why.partition(":")[0] if entry is not None else "-"))
                continue
            figures = [f"{number}*" if best else number for number, best in cell(entry, axes)]
            line.append(f"{'★ ' if entry.pareto else '  '}{' · '.join(figures)}")
        lines.append(line)
    widths = [max(columns(line[i]) for line in lines) for i in range(len(profiles) + 1)]
    out = [f"{plain(comparison.model)}: {' · '.join(plain(axis_text(axis)) for axis in axes)}"]
    out += ["  ".join(pad(part, n) for part, n in zip(line, widths, strict=True)).rstrip() for line in lines]
    for profile, wins in comparison.wins:
        told = "; ".join(f"{title}: {recipes}" for title, recipes in wins) or "no recipe is shown to be best"
        out.append(f"best on {plain(profile)}: {plain(told)}")
    out.append("★ Pareto-optimal   * no other is shown to be better, and one is shown to be worse")
    return "\n".join(out) + "\n"


def table(found: Sequence[Comparison]) -> pandas.DataFrame:
    """Recipes on profiles, one a line.

    Returns:
        columns model, recipe, profile, case, why, pareto, and for each axis ``NAME``, ``NAME_unit``,
        ``NAME_low``, ``NAME_high``, ``NAME_evidence``, ``NAME_n`` and ``NAME_best``; values in bytes,
        seconds, % or plain numbers.
    """
    import pandas

    return pandas.DataFrame(
        [
            _line(comparison, entry)
            for comparison in found
            for row in comparison.entries.values()
            for entry in row.values()
        ]
    )


def _line(comparison: Comparison, entry: Entry) -> dict[str, object]:
    line: dict[str, object] = {
        "model": comparison.model,
        "recipe": entry.recipe,
        "profile": entry.profile,
        "case": entry.key,
        "why": entry.why,
        "pareto": entry.pareto,
    }
    for axis in comparison.axes:
        metric, name = entry.metrics.get(axis.metric), axis.metric
        line[name] = None if metric is None else metric.value
        line[f"{name}_unit"] = None if metric is None else metric.unit
        line[f"{name}_low"] = None if metric is None else metric.low
        line[f"{name}_high"] = None if metric is None else metric.high
        line[f"{name}_evidence"] = None if metric is None else metric.evidence
        line[f"{name}_n"] = None if metric is None else metric.n
        line[f"{name}_best"] = axis.metric in entry.best
    return line


def _picked(run: Run, arguments: argparse.Namespace) -> Run:
    return replace(
        run,
        cases=tuple(
            case
            for case in run.cases
            if fnmatch.fnmatchcase(case.recipe, arguments.recipes)
            and fnmatch.fnmatchcase(case.profile, arguments.profiles)
        ),
    )


def _write_parquet(frame: pandas.DataFrame, given: str) -> None:
    import io

    from pytest_edgebench.record import errors as record_errors

    # Made in memory first, so that a failure leaves no half file.
    buffer = io.BytesIO()
    try:
        frame.to_parquet(buffer, index=False)
    except ImportError:
        raise errors.no_parquet() from None
    try:
        Path(given).write_bytes(buffer.getvalue())
    except OSError as cause:
        raise record_errors.cannot_write(given, cause) from cause
