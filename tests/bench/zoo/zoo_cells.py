"""One cell of the zoo: a network, a step and a format; works, refused with a reason, or a fault."""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from zoo_direct import DIRECT
from zoo_networks import NETWORKS, SAMPLES
from zoo_steps import STEPS

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.base.errors import EdgebenchError, NoEffectError, UnsupportedError
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.runtimes import run_litert, run_onnxruntime
from pytest_edgebench.workers import binding

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]

WORKS, REFUSED, FAULT = "works", "refused", "fault"
# What a message of ours says where a library, or the file that it wrote, went wrong.
FAULTS = re.compile(r" raised \w+|wrote a file that| answers otherwise|wrote no file|is no whole")
SECONDS, RUNS = 0.2, 100


@dataclass
class Cell:
    """Attributes:
    verdict: `WORKS`, `REFUSED` or `FAULT`. reason: of the others; notes of the build where it works.
    size: of the file in bytes. error_db: signal over error of the outputs against the network's own file.
    latency_s: median of one inference with one thread, while other work may run: for ratios from 2 up.
    """

    network: str
    step: str
    fmt: str
    verdict: str
    reason: str = ""
    size: int = 0
    error_db: float | None = None
    latency_s: float | None = None

    @property
    def path(self) -> str:
        return re.sub(r"\W+", "-", f"{self.network} {self.step} {self.fmt}") + ".json"


@lru_cache(maxsize=2)
def inputs_of(network: str) -> Array:
    return NETWORKS[network].inputs(SAMPLES, 1)


@lru_cache(maxsize=2)
def outputs(path: Path, network: str) -> tuple[Array, float]:
    """Answers as floats, and the median time of one."""
    inputs = inputs_of(network)
    runtime: Any = run_onnxruntime if path.suffix == ".onnx" else run_litert
    session = runtime.load(str(path), 1, {})
    name = session.inputs[0]["name"]
    found = binding.run(session, {name: inputs}, 1, {})[0][0]
    times: list[float] = []
    while len(times) < 5 or (sum(times) < SECONDS and len(times) < RUNS):
        began = time.perf_counter()
        session.call()
        times.append(time.perf_counter() - began)
    return np.asarray(found, float), float(np.median(times))


def tried(builder: Builder, network: str, step: str, fmt: Any) -> Cell:
    """Build and run one cell, without an exception."""
    cell = Cell(network, step, fmt, WORKS)
    model = NETWORKS[network].model(network)
    try:
        original = builder.build(model, fmt)
    except EdgebenchError as error:
        cell.verdict, cell.reason = REFUSED, f"no such file of the network: {error.what}"
        return cell
    try:
        made = builder.build(STEPS[step][1](model), fmt)
    except (UnsupportedError, NoEffectError) as error:
        cell.verdict, cell.reason = REFUSED, error.what
        return cell
    except EdgebenchError as error:
        # What a library does when it is used directly is no fault of the package.
        ours = step not in DIRECT and FAULTS.search(error.what)
        cell.verdict = FAULT if ours else REFUSED
        cell.reason = error.what
        return cell
    except Exception as error:  # noqa: BLE001 - a traceback of ours is what is looked for
        cell.verdict, cell.reason = FAULT, f"{type(error).__name__}: {error}"
        return cell
    wanted = outputs(original.path, network)[0]
    found, cell.latency_s = outputs(made.path, network)
    cell.size, cell.reason = made.size, "; ".join(made.record.notes)
    if found.shape != wanted.shape or not np.isfinite(found).all():
        cell.verdict, cell.reason = FAULT, "answers of another shape, or that are no numbers"
        return cell
    noise = float(np.square(found - wanted).mean())
    cell.error_db = float(10 * np.log10(np.square(wanted).mean() / noise)) if noise else None
    return cell


def load(folder: Path) -> list[Cell]:
    """All cells that were tried, in the order of networks and steps."""
    paths = (folder / "cells").glob("*.json")
    found = [Cell(**json.loads(path.read_text(encoding="utf-8"))) for path in paths]
    networks, steps = [*NETWORKS], [*STEPS]
    known = [cell for cell in found if cell.network in networks and cell.step in steps]
    return sorted(known, key=lambda c: (networks.index(c.network), steps.index(c.step), c.fmt))


def main() -> None:
    """``zoo_cells.py FOLDER NETWORK FORMAT STEP...``: write the cells as they are done."""
    folder, network, fmt, *steps = sys.argv[1:]
    builder = Builder(Cache(Path(folder) / "cache"))
    for step in steps:
        (Path(folder) / "now").write_text(step, encoding="utf-8")
        cell = tried(builder, network, step, fmt)
        (Path(folder) / "cells" / cell.path).write_text(json.dumps(asdict(cell), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
