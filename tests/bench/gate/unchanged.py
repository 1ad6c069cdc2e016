"""``python tests/bench/gate/unchanged.py``: how long it takes until an unchanged model has its verdict."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from gate_files import copy_of, inputs, kinds, network
from gate_results import Results, command, loads, median, read, table, told, where

from pytest_edgebench.judge.matrix import alpha_per_cell
from pytest_edgebench.measure import locks, paired
from pytest_edgebench.measure.pool import Pool

NAME = "unchanged"
TARGETS = {0.4: 0.3, 3.0: 1.5, 30.0: 3.0}
"""Milliseconds a call takes → seconds that the median may take."""
CELLS = 100
EACH = 20


def run(kept: Results) -> None:
    """Some verdicts on each network, in turns."""
    terms = paired.Terms(1.03, alpha_per_cell(CELLS))
    counts = Counter(line["kind"] for line in kept.lines())
    with tempfile.TemporaryDirectory() as folder, Pool(Path(folder)) as pool:
        for number in range(2 if kept.quick else EACH):
            for kind in kinds((0.4,) if kept.quick else tuple(TARGETS)):
                if counts[kind.name] > number:
                    continue
                if not kept.time_left:
                    return
                spec = kind.spec()
                path, rows = network(kept.models, pool.get(spec), kind)
                pool.get(spec).describe()  # a worker lives already when a session times
                with locks.timing("host", "time to verdict"):
                    found = paired.compare(pool, spec, path, copy_of(path), inputs(kind, rows), terms)
                kept.add(kind=kind.name, ms=kind.ms, **told(*found))


def markdown(folder: Path) -> str:
    lines = read(folder / f"{NAME}.jsonl")
    if not lines:
        return ""
    rows = []
    for ms in sorted({line["ms"] for line in lines}):
        group = [line for line in lines if line["ms"] == ms]
        verdicts = Counter(line["verdict"] for line in group)
        told_verdicts = ", ".join(f"{count} {name}" for name, count in sorted(verdicts.items()))
        took = median([line["seconds"] for line in group], "s")
        rows.append((f"{ms:g} ms", len(group), told_verdicts, took, f"≤ {TARGETS[ms]:g} s", *loads(group)))
    head = ("call", "n", "verdicts", "median time (95 %)", "target", "loads, median", "their sd")
    return f"{table(head, rows)}\n\nBoth runtimes, float and int8, one thread. {where(lines)}"


if __name__ == "__main__":
    sys.exit(command(__doc__, NAME, run, markdown))
