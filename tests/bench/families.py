"""``python tests/bench/families.py``: families of kernels, named from what boards answered in published runs.

Needs EDGEBENCH_DATA. A row for each run of the keyword model whose int8 outputs are known: the family found,
the one that the data's own study of the runs gives, and the labels that flip against LiteRT.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pytest_edgebench.judge.agreement import compare
from pytest_edgebench.judge.family import Family, name_family
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.profiles.kernels import BUILTIN, MICRO, XNNPACK
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYWORDS = "models/mlperf_tiny/kws_int8.tflite"
SPECS = {
    XNNPACK: Spec("litert"),
    BUILTIN: Spec("litert", options=(("delegates", "none"),)),
    MICRO: Spec(MICRO),
}
RIGHT = {"litert-default": {XNNPACK}, "litert-builtin": {BUILTIN, MICRO}}
"""Family of the data's study, which took the last two as one → what it may be named; others: none."""


@dataclass(frozen=True, slots=True)
class Run:
    """A published run: what was found and what was published of it."""

    name: str
    published: str
    found: Family
    flips: int
    published_flips: int

    @property
    def right(self) -> bool:
        named = {self.found.name} if self.found.name else set()
        return named <= RIGHT.get(self.published, set()) and bool(named) == (self.published in RIGHT)


def runs(data: Path) -> Iterator[Run]:
    """All published runs with int8 outputs."""
    given = np.load(data / "kws/kws_inputs.npz")["x"]
    here = {}
    with tempfile.TemporaryDirectory() as folder, Pool(Path(folder)) as pool:
        for name, spec in SPECS.items():
            here[name] = [pool.get(spec).run(data / KEYWORDS, given).arrays[0]]
    with (data / "kws/device_outputs/runs.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            answered = np.load(data / "kws/device_outputs" / row["file"])
            if "q" not in answered:
                continue
            found = name_family(here, [answered["q"]])
            twin = compare("litert", here[XNNPACK], [answered["q"]], classes=True)
            assert found is not None
            assert twin.agree is not None
            flips = round(twin.n * (1 - float(row["label_agree_litert_default"])))
            yield Run(row["run"], row["kernel_family"], found, twin.n - twin.agree, flips)


def main() -> int:
    if "EDGEBENCH_DATA" not in os.environ:
        sys.stderr.write("EDGEBENCH_DATA is not set: it names the folder of the public data\n")
        return 2
    every = list(runs(Path(os.environ["EDGEBENCH_DATA"])))
    print("| run | published family | found | right | flips | published |\n|---|---|---|---|---|---|")  # noqa: T201
    for run in every:
        cells = (run.name, run.published, run.found.told, run.right, run.flips, run.published_flips)
        print(f"| {' | '.join(map(str, cells))} |")  # noqa: T201
    right, same = sum(run.right for run in every), sum(run.flips == run.published_flips for run in every)
    print(f"\n{right} of {len(every)} families right, flips of {same} as published")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
