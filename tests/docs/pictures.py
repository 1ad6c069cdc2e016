"""``python tests/docs/pictures.py``: figures and short tables of docs/benchmarks.md, from full tables.

Those are written by the commands in ``tests/bench``; here they are only drawn and cut.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import charts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "benchmarks.md"
Row = dict[str, str]


def tables(page: str, name: str) -> list[list[Row]]:
    """The tables of a block ``<!-- table: NAME -->`` of a page: rows as column → cell.

    A second column of one name is called "NAME 2".
    """
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    block = re.search(rf"<!-- table: {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert block, f"{page}.md has no table {name}"
    found = []
    for lines in re.findall(r"((?:^\|.*\|\n)+)", block[1], re.MULTILINE):
        head, _, *rows = (
            [cell.strip() for cell in line.strip("|").split("|")] for line in lines.splitlines()
        )
        names = [name if name not in head[:n] else f"{name} 2" for n, name in enumerate(head)]
        found.append([dict(zip(names, row, strict=True)) for row in rows])
    return found


def number(cell: str) -> float:
    """The first number of a cell."""
    return float(re.findall(r"-?[\d,]*\.?\d+", cell)[0].replace(",", ""))


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture, and the table below it.

    Attributes:
        svg: its text. head, rows: of the table.
    """

    svg: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def unchanged() -> Figure:
    """Unchanged models that each rule fails."""
    (rows,) = tables("gate", "side_by_side")
    title = "False alarms: unchanged models that fail, %"
    return _shares(title, rows, "false alarms, unchanged")


def slower() -> Figure:
    """10 % more work, found."""
    (rows,) = tables("gate", "side_by_side")
    return _shares("Slowdowns of about 10 % that are found, %", rows, "found, 10 % more work")


def distances() -> Figure:
    """Verdicts by how far the true change is from the limit."""
    verdicts = ("PASS", "FAIL", "INCONCLUSIVE")
    found: dict[str, list[float]] = {}
    for row in tables("gate", "regressions")[0]:
        sums = found.setdefault(row["true change"].replace(" the limit", ""), [0.0, 0.0, 0.0])
        for place, verdict in enumerate(verdicts):
            sums[place] += number(row[verdict])
    svg = charts.stacked("Verdicts by true distance from the limit", found, verdicts)
    return Figure(
        svg, ("true change", *verdicts), [(name, *map(_plain, sums)) for name, sums in found.items()]
    )


def seconds() -> Figure:
    """Time to a verdict of unchanged models."""
    (rows,) = tables("gate", "unchanged")
    found = {
        f"a call takes {row['call']}": (number(row["median time (95 %)"]), number(row["target"]))
        for row in rows
    }
    svg = charts.bars("Time to a verdict, unchanged models, s", found, ("median", "target"), " s")
    return _picked(svg, rows, ("call", "n", "verdicts", "median time (95 %)", "target"))


def files() -> Figure:
    """What compressors make of the CNN's file."""
    return _of_cnn("file", "File size after compression, original = 1")


def latencies() -> Figure:
    """What compressors make of the CNN's latency."""
    return _of_cnn("latency", "Latency after compression, original = 1 (bars end at 3)", 3.0)


def predictions() -> Figure:
    """Predicted against measured cycles."""
    fits, rows = tables("prediction", "predicted")
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if (core := row["what"].partition(",")[0]) not in ("ram", "flash"):
            found.setdefault(core, []).append((number(row["measured"]), number(row["predicted"])))
    svg = charts.points("Predicted latency of unseen networks", found, "measured, M cycles", "predicted")
    return _picked(
        svg, fits, ("fit", "networks (n)", "refused", "off by, median", "mean", "worst", "interval held")
    )


def teachers() -> Figure:
    """Students with and without a teacher."""
    (rows,) = tables("compressors", "distillation")
    names = ("labels alone", "distilled")
    found = {f"seed {row['seed']}": [number(row[name]) for name in names] for row in rows}
    svg = charts.bars("Accuracy of a small network, %", found, names, " %", 100)
    return _picked(svg, rows, ("seed", *names, "difference"))


FIGURES: Mapping[str, Callable[[], Figure]] = {
    "unchanged": unchanged,
    "slower": slower,
    "distances": distances,
    "seconds": seconds,
    "files": files,
    "latencies": latencies,
    "predictions": predictions,
    "teachers": teachers,
}


def drawn() -> Iterator[tuple[Path, str]]:
    """File and text of each figure, and of the page with their tables."""
    page = PAGE.read_text(encoding="utf-8")
    for name, draw in FIGURES.items():
        figure = draw()
        yield DOCS / f"benchmark-{name}.svg", figure.svg
        lines = (figure.head, ["---"] * len(figure.head), *figure.rows)
        text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
        start, end = f"<!-- table: {name} -->\n", "<!-- end -->"
        before, _, rest = page.partition(start)
        assert rest, f"benchmarks.md has no table {name}"
        page = f"{before}{start}{text}{end}{rest.partition(end)[2]}"
    yield PAGE, page


def _shares(title: str, rows: Sequence[Row], column: str) -> Figure:
    found = {}
    for row in rows:
        hits, tried = re.findall(r"\d+", row[column])[:2]
        found[row["rule"]] = [round(100 * int(hits) / int(tried), 1)]
    return _picked(charts.bars(title, found, ("",), " %", 100), rows, ("rule", column))


def _picked(svg: str, rows: Sequence[Row], columns: Sequence[str]) -> Figure:
    return Figure(svg, columns, [[row[column] for column in columns] for row in rows])


def _plain(value: float) -> str:
    return f"{value:,g}"


def _of_cnn(column: str, title: str, most: float = 0.0) -> Figure:
    found = {}
    for row in tables("compressors", "compressors")[0]:
        both = [row[column], row[f"{column} 2"]]
        if all(re.fullmatch(r"[\d.]+", cell) for cell in both):
            found[row["compressor"]] = [float(cell) for cell in both]
    names = ("onnxruntime", "litert")
    shown = [(name, *(f"{value:.2f}" for value in both)) for name, both in found.items()]
    return Figure(charts.bars(title, found, names, "", most), ("compressor", *names), shown)


if __name__ == "__main__":
    for path, text in drawn():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}\n")
