"""``python tests/bench/micro.py``: TFLite Micro beside what boards answered and the memory they took.

Prints two Markdown tables: outputs beside published runs of the keyword model (data of EDGEBENCH_DATA), and
the tensor arena of int8 files beside the published RAM of the same files in X-CUBE-AI. Nothing is timed.
"""

from __future__ import annotations

import csv
import datetime
import json
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import numpy as np

from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.runtimes.known import runtime_file
from pytest_edgebench.workers.spec import Spec

KEYWORDS = "models/mlperf_tiny/kws_int8.tflite"
RUNS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("tflite-micro", ()),
    ("litert", (("delegates", "none"),)),
    ("litert", ()),
)
FAMILIES = ("litert-builtin", "litert-default", "bosch-v1.2")


def agreement(data: Path) -> list[str]:
    """Per published run: share of samples with all outputs as each runtime here gives them."""
    given = np.load(data / "kws/kws_inputs.npz")["x"]
    found = {}
    with tempfile.TemporaryDirectory() as folder, Pool(Path(folder)) as pool:
        for runtime, options in RUNS:
            name = " ".join([runtime, *(f"{key}={value}" for key, value in options)])
            found[name] = pool.get(Spec(runtime, options=options)).run(data / KEYWORDS, given).arrays[0]
    lines = [f"| run | family | {' | '.join(found)} |", f"|{'---|' * (len(found) + 2)}"]
    with (data / "kws/device_outputs/runs.csv").open(encoding="utf-8") as file:
        runs = sorted(csv.DictReader(file), key=lambda run: run["kernel_family"])
    for run in runs:
        answered = np.load(data / "kws/device_outputs" / run["file"])
        if run["kernel_family"] in FAMILIES and "q" in answered:
            shares = [100 * (values == answered["q"]).all(1).mean() for values in found.values()]
            cells = [run["run"], run["kernel_family"], *(f"{share:.1f} %" for share in shares)]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def arena(data: Path) -> list[str]:
    """Per file with published RAM: the arena here beside it."""
    lines = [
        "| file | arena, kB | of it tensors, kB | published RAM, kB | of it activations, kB | arena / RAM |",
        f"|{'---|' * 6}",
    ]
    with (data / "tables/stm32_modelzoo.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["model_file"] and row["total_ram_kib"]]
    for row in rows:
        path = data / row["model_file"]
        command = [sys.executable, str(runtime_file("tflite-micro")), str(path)]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
        told = json.loads(ended.stdout)
        ram = 1000 * float(row["total_ram_kib"])  # the source heads the column kB, not KiB
        lines.append(
            f"| {path.stem} | {told['total'] / 1000:.1f} | {told['head'] / 1000:.1f} | {ram / 1000:.1f} | "
            f"{float(row['activation_ram_kib']):.1f} | {told['total'] / ram:.2f} |"
        )
    return lines


def main() -> int:
    folder = os.environ.get("EDGEBENCH_DATA")
    if not folder:
        sys.stderr.write("EDGEBENCH_DATA is not set: it names the folder of the public data\n")
        return 2
    versions = [f"{name} {metadata.version(name)}" for name in ("tflite-micro", "ai-edge-litert")]
    sys.stdout.write(f"{', '.join(versions)}; {datetime.date.today()}\n\n")
    for lines in (agreement(Path(folder)), arena(Path(folder))):
        sys.stdout.write("\n".join(lines) + "\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
