"""Published latencies of known int8 networks as points to fit: STM32 model zoo and MLPerf Tiny tables."""

from __future__ import annotations

import csv
from statistics import median
from typing import TYPE_CHECKING

from pytest_edgebench.predict.features import Features, features_of
from pytest_edgebench.predict.fit import Point

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CUBE, TFLITE = "stm32cube-ai-7.3-8.1", "tensorflow-lite-2.11"
MLPERF = "X-CUBE-AI v8.1.0"  # later versions are up to 1.5 times as fast: not the same runtime
BOARDS = {
    "B-U585I-IOT02A": ("cortex-m33", CUBE),
    "STM32H747I-DISCO": ("cortex-m7", CUBE),
    "STM32MP157F-DK2": ("cortex-a7-2-threads", TFLITE),
}
FILES = {"kws": "models/mlperf_tiny/kws_int8.tflite", "ic": "models/mlperf_tiny/ic_resnet8_int8.tflite"}
NETWORKS = {"kws": "ds-cnn", "ic": "resnet v1 8"}  # the latter is also in the zoo: left out together
CORES = {"M33": "cortex-m33", "M7": "cortex-m7", "M4": "cortex-m4"}

Group = tuple[str, str, str]


def points_of(data: Path) -> dict[Group, list[Point]]:
    """(quantity, core, runtime) → its points, in the order of the tables; memory is of no core.

    Args:
        data: the folder of the tables and model files.
    """
    found: dict[Group, list[Point]] = {}
    for row in _rows(data, "stm32_modelzoo"):
        network, source = " ".join(row["model"].split()).lower(), row["source"].split(" (")[0]
        if row["inference_ms"]:
            cycles = float(row["inference_ms"]) * float(row["freq_mhz"]) * 1e3
            group = ("latency", *BOARDS[row["board"]])
            found.setdefault(group, []).append(Point(network, _counted(row), cycles, source))
        if row["total_ram_kib"]:
            unit = 1000 if "heads the memory columns kB" in row["note"] else 1024
            for quantity in ("ram", "flash"):
                size = unit * float(row[f"total_{quantity}_kib"])
                point = Point(network, _counted(row), size, source)
                known = found.setdefault((quantity, "", CUBE), [])
                known += [] if point in known else [point]  # a network of several tables
    reference = {name: features_of(data / file) for name, file in FILES.items()}
    for (core, board, benchmark), rows in _submitted(data).items():
        cycles = median(float(row["latency_ms"]) * float(row["clock_mhz"]) * 1e3 for row in rows)
        sources = sorted({row["source"].split(":")[0] for row in rows})
        name = f"{board} in {', '.join(sources)}"
        point = Point(NETWORKS[benchmark], reference[benchmark], cycles, name)
        found.setdefault(("latency", core, CUBE), []).append(point)
    return found


def _submitted(data: Path) -> Mapping[tuple[str, str, str], list[dict[str, str]]]:
    """STMicroelectronics' rows of the closed division: those run the reference networks."""
    found: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for row in _rows(data, "mlperf_tiny_results"):
        core = next((core for mark, core in CORES.items() if mark in row["core"]), None)
        wanted = row["division"] == "closed" and row["benchmark"] in FILES and row["software"] == MLPERF
        if core and wanted and row["latency_ms"] and row["submitter"] == "STMicroelectronics":
            found.setdefault((core, row["board"].upper(), row["benchmark"]), []).append(row)
    return found


def _counted(row: Mapping[str, str]) -> Features:
    """What the table counted in a model file that may not be passed on."""
    columns = ("macs_conv", "macs_1x1", "macs_dw", "macs_fc", "out_elems", "n_ops")
    conv, pointwise, depthwise, dense, outputs, operators = (float(row[column] or 0) for column in columns)
    peak, file = float(row["peak_activation_bytes"]), float(row["file_bytes"])
    return Features(conv, pointwise, depthwise, dense, outputs, operators, peak=peak, file=file)


def _rows(data: Path, name: str) -> list[dict[str, str]]:
    with (data / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
