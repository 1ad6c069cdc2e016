"""Instruction counts of emulated CPUs: do they repeat, is a little more work seen, how long do they take.

``python tests/bench/bench_counts.py`` prints a table for all CPUs whose emulation is set up here, on networks
of matrix products; with EDGEBENCH_DATA also on the keyword spotting network of MLPerf Tiny.
"""

from __future__ import annotations

import argparse
import datetime
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.profiles.qemu_cpus import CPUS
from pytest_edgebench.profiles.target import TargetRef
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = 5
WIDTH, LAYERS = 256, 40
MEDIAN_PPM, SEEN, SLOWEST_S = 50.0, 0.003, {"armv7": 8.0}
DEADLINE_S = 5.0
KWS = "models/mlperf_tiny/kws_int8.tflite"


@dataclass(frozen=True, slots=True)
class Cell:
    """Five counts of one file on one CPU.

    Attributes:
        counts: the median of each run. seconds: each run took.
        more: the median of a network with 0.3 % more work; None where there is none.
    """

    cpu: str
    net: str
    counts: list[int]
    seconds: list[float]
    more: int | None

    @property
    def spread_ppm(self) -> float:
        """Range over median."""
        return 1e6 * (max(self.counts) - min(self.counts)) / statistics.median(self.counts)

    @property
    def gain(self) -> float | None:
        """By how much the count of the larger network is more."""
        return None if self.more is None else self.more / statistics.median(self.counts) - 1

    def line(self) -> str:
        """A line of a Markdown table."""
        gain = "" if self.gain is None else f"+{100 * self.gain:.2f} %"
        count = f"{statistics.median(self.counts):,.0f}"
        took = f"{statistics.median(self.seconds):.1f} s"
        return f"| {self.cpu} | {self.net} | {count} | {self.spread_ppm:.0f} ppm | {gain} | {took} |"


def write(path: Path, outputs: int) -> None:
    """Matrix products of 256 x 256, and one of 256 x `outputs`."""
    rng = np.random.default_rng(1)
    weights, nodes, before = [], [], "x"
    for at in range(LAYERS):
        weights.append(
            numpy_helper.from_array(rng.normal(size=(WIDTH, WIDTH)).astype(np.float32) / 16, f"w{at}")
        )
        nodes.append(helper.make_node("MatMul", [before, f"w{at}"], [f"h{at}"]))
        before = f"h{at}"
    weights.append(numpy_helper.from_array(rng.normal(size=(WIDTH, outputs)).astype(np.float32), "last"))
    nodes.append(helper.make_node("MatMul", [before, "last"], ["y"]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n])
        for name, n in (("x", WIDTH), ("y", outputs))
    ]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def median(pool: Pool, spec: Spec, path: Path, x: np.ndarray[Any, np.dtype[Any]]) -> int:
    """As the plugin counts: the first inference is left out."""
    counts = sorted(pool.get(spec).count(path, x)[1:])
    return counts[(len(counts) - 1) // 2]


def cells(folder: Path, cpus: list[str]) -> Iterator[Cell]:
    """One after the other."""
    write(folder / "plain.onnx", outputs=4)
    write(folder / "more.onnx", outputs=4 + round(SEEN * LAYERS * WIDTH))
    kws = Path(os.environ.get("EDGEBENCH_DATA", "")) / KWS
    floats: np.ndarray[Any, np.dtype[Any]] = (
        np.random.default_rng(0).normal(size=(1, WIDTH)).astype(np.float32)
    )
    bytes_ = np.random.default_rng(0).integers(-128, 128, (1, 49, 10, 1)).astype(np.int8)
    for cpu in cpus:
        target_ref = TargetRef("qemu", options=(("cpu", cpu),))
        old = CPUS[cpu].arch == "armv7"
        plans = (
            []
            if old
            else [(Spec("onnxruntime", target_ref=target_ref), "plain", folder / "plain.onnx", floats)]
        )
        if kws.is_file():
            plans.append(
                (Spec("tflite-runtime" if old else "litert", target_ref=target_ref), "kws int8", kws, bytes_)
            )
        for spec, name, path, x in plans:
            counts, seconds = [], []
            for _ in range(RUNS):
                # A session of its own each: what is kept alive could hide that a count does not repeat.
                with tempfile.TemporaryDirectory() as printed, Pool(Path(printed)) as pool:
                    began = time.perf_counter()
                    counts.append(median(pool, spec, path, x))
                    seconds.append(time.perf_counter() - began)
            more = None
            if name == "plain":
                with Pool(folder / "printed") as pool:
                    more = median(pool, spec, folder / "more.onnx", x)
            yield Cell(cpu, f"{name}, {spec.runtime}", counts, seconds, more)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("cpus", nargs="*", metavar="CPU", help=f"only these of {', '.join(CPUS)}")
    arguments = parser.parse_args()
    say = sys.stdout.write
    say("| CPU | network | instructions | range of 5 runs | 0.3 % more work | one count takes |\n")
    say("|---" * 6 + "|\n")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for cpu in arguments.cpus or [*CPUS]:
            try:
                for cell in cells(Path(folder), [cpu]):
                    found.append(cell)
                    say(f"{cell.line()}\n")
                    sys.stdout.flush()
            except MeasureError as error:
                say(f"| {cpu} | left out: {error.what} | | | | |\n")
    if not found:
        return 1
    spread = statistics.median(cell.spread_ppm for cell in found)
    worst = max(found, key=lambda cell: cell.spread_ppm)
    most = [SLOWEST_S.get(CPUS[cell.cpu].arch, DEADLINE_S) for cell in found]
    slow = [cell for cell, s in zip(found, most, strict=True) if statistics.median(cell.seconds) > s]
    gains = [cell.gain for cell in found if cell.gain is not None]
    blind = [gain for gain in gains if gain < SEEN / 3]
    say(
        f"\nMedian of the ranges {spread:.0f} ppm (at most {MEDIAN_PPM:.0f}); the widest "
        f"{worst.spread_ppm:.0f} ppm ({worst.cpu}, {worst.net}); more work seen in {len(gains) - len(blind)} "
        f"of {len(gains)}; {len(slow)} of {len(found)} counts slower than they may be. "
        f"onnxruntime {metadata.version('onnxruntime')}, ai-edge-litert "
        f"{metadata.version('ai-edge-litert')}, {datetime.date.today()}\n"
    )
    return int(spread > MEDIAN_PPM or bool(slow) or bool(blind))


if __name__ == "__main__":
    sys.exit(main())
