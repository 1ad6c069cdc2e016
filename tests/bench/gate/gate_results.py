"""Results as lines of JSON that runs append to, told as Markdown."""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_edgebench.judge.loads import order_bounds
from pytest_edgebench.judge.proportion import exact_high, exact_low
from pytest_edgebench.judge.reasons import spread
from pytest_edgebench.record import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_edgebench.judge.relative_latency import Decision
    from pytest_edgebench.record.run import PairRecord

Line = dict[str, Any]
RESULTS = Path("build") / "gate"
SHOWN = ("pytest-edgebench", "onnxruntime", "ai-edge-litert", "pytest-benchmark")


@dataclass(frozen=True, slots=True)
class Results:
    """A file of results.

    Attributes:
        quick: sizes only to see that all works; such results are kept apart, never published.
        until: when to stop, on the clock of `time.monotonic`; a later run goes on.
    """

    folder: Path
    name: str
    quick: bool
    until: float

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.jsonl"

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def time_left(self) -> bool:
        return time.monotonic() < self.until

    def lines(self) -> list[Line]:
        return read(self.path)

    def add(self, **values: Any) -> None:
        """Append one result with the machine and the date."""
        from importlib import metadata

        facts = environment.host()
        versions = {name: metadata.version(name) for name in SHOWN}
        about = {"cpu": facts["cpu"], "cpus": facts["cpus"], "versions": versions}
        line = {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"), **about, **values}
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def parser(text: str | None) -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--out", type=Path, default=RESULTS, help="folder of the results (build/gate)")
    found.add_argument("--minutes", type=float, default=float("inf"), help="stop after; run again to go on")
    found.add_argument("--quick", action="store_true", help="small sizes, kept in a folder of their own")
    found.add_argument("--table", action="store_true", help="only print what there is")
    return found


def results(arguments: argparse.Namespace, name: str) -> Results:
    folder = arguments.out / "quick" if arguments.quick else arguments.out
    until = time.monotonic() + 60 * (0 if arguments.table else arguments.minutes)
    return Results(folder, name, arguments.quick, until)


def command(
    text: str | None, name: str, run: Callable[[Results], None], markdown: Callable[[Path], str]
) -> int:
    """What such a script does: measure, unless only the table is wanted, and print the table."""
    arguments = parser(text).parse_args()
    kept = results(arguments, name)
    if not arguments.table:
        run(kept)
    print(markdown(kept.folder))  # noqa: T201
    return 0


def read(path: Path) -> list[Line]:
    """All whole lines; a last one that was cut off by a kill is left out."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def told(decision: Decision, record: PairRecord) -> Line:
    """What is kept of one verdict; with the q's it can be judged again."""
    return {
        "verdict": str(decision.verdict),
        "n": decision.n,
        "estimate": decision.estimate,
        "reasons": decision.reasons,
        "seconds": record.seconds,
        "seed": record.seed,
        "q": record.q,
        "confirm_q": record.confirm_q,
    }


def where(lines: Sequence[Line]) -> str:
    """Machines, versions and dates of some results."""
    machines = sorted({f"{line['cpu']}, {line['cpus']} CPUs" for line in lines})
    versions = sorted({f"{name} {text}" for line in lines for name, text in line["versions"].items()})
    dates = sorted({line["date"][:10] for line in lines})
    days = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    return f"{'; '.join(machines)}; {', '.join(versions)}; {days}."


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [list(head), ["---"] * len(head), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def loads(lines: Sequence[Line]) -> tuple[str, str]:
    """Medians of the number of loads of some verdicts, and of their robust standard deviations."""
    differ = statistics.median(spread(np.asarray(line["q"])) for line in lines)
    return f"{statistics.median(line['n'] for line in lines):g}", f"{100 * differ:.2g} %"


def most(count: int, n: int) -> str:
    """ "0 of 3,000 (≤ 0.10 %)": with the exact 95 % upper bound."""
    return f"{count:,} of {n:,} (≤ {100 * exact_high(count, n, 0.05):.2g} %)" if n else "-"


def least(count: int, n: int) -> str:
    """ "60 of 60 (≥ 95 %)": with the exact 95 % lower bound."""
    return f"{count:,} of {n:,} (≥ {100 * exact_low(count, n, 0.05):.3g} %)" if n else "-"


def median(values: Sequence[float], unit: str) -> str:
    """With its distribution-free 95 % interval."""
    bounds = order_bounds(values, 0.025)
    interval = f" ({bounds[0]:.2g} to {bounds[1]:.2g})" if bounds else ""
    return f"{statistics.median(values):.2g}{interval} {unit}"
