"""``python -m pytest_edgebench compare RUN...``: hardware targets side by side, for the same recipes."""

from __future__ import annotations

import fnmatch
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.errors import compare as errors

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import pandas

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.reports.compare import Comparison, Entry


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


def run(arguments: argparse.Namespace) -> int:
    """Print the tables and write what was asked for.

    Returns:
        the exit status, 0.

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
    sys.stdout.write("\n".join(text(one) for one in found))
    return 0


def text(comparison: Comparison) -> str:
    """A model's table: a line a recipe, a column a profile, then which recipe is best where."""
    from pytest_edgebench.reports.compare import cell
    from pytest_edgebench.reports.lines import plain
    from pytest_edgebench.reports.terminal import columns, pad
    from pytest_edgebench.reports.view_compare import axis_text, rungs_text

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
        ``NAME_low``, ``NAME_high``, ``NAME_rung``, ``NAME_n`` and ``NAME_best``; values in bytes, seconds,
        % or plain numbers.
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
        line[f"{name}_rung"] = None if metric is None else metric.rung
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

    from pytest_edgebench.errors import record

    # Made in memory first, so that a failure leaves no half file.
    buffer = io.BytesIO()
    try:
        frame.to_parquet(buffer, index=False)
    except ImportError:
        raise errors.no_parquet() from None
    try:
        Path(given).write_bytes(buffer.getvalue())
    except OSError as cause:
        raise record.cannot_write(given, cause) from cause
