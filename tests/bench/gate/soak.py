"""``python tests/bench/gate/soak.py``: unchanged models through the whole rule, as matrices of 100 cells.

Each process judges a matrix: float and int8 networks of three speeds on both runtimes, each against its own
byte copy, at the level of 100 planned cells, in random order; every other process next to a bursty neighbour.
The complete run is 32 processes, 3,200 verdicts; a FAIL extends it to 100 processes, 10,000 verdicts.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from gate_files import copy_of, inputs, kinds, network
from gate_results import Results, command, most, read, table, told, where
from neighbour import bursts

from pytest_edgebench.judge.matrix import alpha_per_cell
from pytest_edgebench.measure import locks, paired
from pytest_edgebench.measure.pool import Pool

if TYPE_CHECKING:
    from gate_results import Line

    from pytest_edgebench.judge.relative_latency import Decision
    from pytest_edgebench.workers.spec import Spec

NAME = "soak"
SIZES = (0.03, 0.4, 3.0)
CELLS, PROCESSES, EXTENDED = 100, 32, 100
LIMIT = 1.03


def matrix(kept: Results, number: int, cells: int) -> None:
    """One process: a null control for each runtime, then the cells."""
    terms = paired.Terms(LIMIT, alpha_per_cell(cells))
    busy = number % 2 == 1
    chance = random.Random(number)
    order = [(kinds(SIZES) * cells)[i] for i in range(cells)]
    chance.shuffle(order)
    nulls: dict[Spec, Decision] = {}
    # Files are made before, on a machine as quiet as it is.
    with tempfile.TemporaryDirectory() as folder, Pool(Path(folder)) as pool:
        files = {kind: network(kept.models, pool.get(kind.spec()), kind) for kind in kinds(SIZES)}
    with tempfile.TemporaryDirectory() as folder, Pool(Path(folder)) as pool, bursts(busy):
        for cell, kind in enumerate(order):
            path, rows = files[kind]
            spec, sample = kind.spec(), inputs(kind, rows)
            with locks.timing("host", "soak of the gate"):
                if spec not in nulls:
                    round_ = paired.run_round(pool.get(spec), path, copy_of(path), sample, terms)
                    nulls[spec] = round_.decision
                found = paired.compare(pool, spec, path, copy_of(path), sample, terms, nulls[spec])
            kept.add(process=number, cell=cell, cells=cells, busy=busy, kind=kind.name, ms=kind.ms,
                     runtime=kind.runtime, null=str(nulls[spec].verdict), **told(*found))  # fmt: skip


def run(kept: Results) -> None:
    """Processes until all are done or the time is up; one that was cut short is left out and done again."""
    cells, wanted = (4, 2) if kept.quick else (CELLS, PROCESSES)
    number = 1 + max((line["process"] for line in kept.lines()), default=-1)
    while kept.time_left:
        lines = whole(kept.lines())
        if not kept.quick and any(line["verdict"] == "FAIL" for line in lines):
            wanted = EXTENDED
        if len({line["process"] for line in lines}) >= wanted:
            break
        matrix(kept, number, cells)
        number += 1


def whole(lines: list[Line]) -> list[Line]:
    """The verdicts of processes that judged all their cells."""
    counts = Counter(line["process"] for line in lines)
    return [line for line in lines if counts[line["process"]] == line["cells"]]


def markdown(folder: Path) -> str:
    """The table, "" where nothing was measured. A FAIL counts also where its process was cut short."""
    everything = read(folder / f"{NAME}.jsonl")
    done = whole(everything)
    lines = done + [line for line in everything if line["verdict"] == "FAIL" and line not in done]
    if not lines:
        return ""
    groups = [("all", lines)]
    groups += [(text, [line for line in lines if line["busy"] == busy]) for busy, text in NEIGHBOUR.items()]
    names = sorted({line["runtime"] for line in lines})
    groups += [(name, [line for line in lines if line["runtime"] == name]) for name in names]
    rows = []
    for text, group in groups:
        verdicts = Counter(line["verdict"] for line in group)
        by_process = Counter(line["process"] for line in group)
        failing = {line["process"] for line in group if line["verdict"] == "FAIL"}
        n = len(group)
        rows.append((text, f"{len(by_process)}", most(verdicts["FAIL"], n), most(verdicts["INCONCLUSIVE"], n),
                     f"{verdicts['PASS']:,}", most(len(failing), len(by_process))))  # fmt: skip
    head = ("unchanged models", "processes", "FAIL", "INCONCLUSIVE", "PASS", "matrices with a FAIL")
    cells = lines[0]["cells"]
    note = f"Limit + 3 %, one thread, matrices of {cells} cells; in brackets 95 % bounds. {where(lines)}"
    return f"{table(head, rows)}\n\n{note}"


NEIGHBOUR = {False: "machine left alone", True: "next to a bursty neighbour"}


if __name__ == "__main__":
    sys.exit(command(__doc__, NAME, run, markdown))
