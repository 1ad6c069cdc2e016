"""Published figures of known int8 networks as points to fit: STM32 model zoo and MLPerf Tiny tables.

Only rows that say which software ran the network, in which version: that is what a fit belongs to.
"""

from __future__ import annotations

import csv
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from pytest_edgebench.predict.features import Features, features_of
from pytest_edgebench.predict.fit import Point
from pytest_edgebench.predict.hierarchy import Key, worked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CUBE = "x-cube-ai"
BOARDS = {"B-U585I-IOT02A": "cortex-m33", "STM32H747I-DISCO": "cortex-m7"}
LINUX = ("STM32MP157F-DK2", Key("cortex-a7-2-threads", "tensorflow-lite", "2.11"))
FILES = {
    "kws": "models/mlperf_tiny/kws_int8.tflite",
    "ic": "models/mlperf_tiny/ic_resnet8_int8.tflite",
    "vww": "models/mlperf_tiny/vww_96_int8.tflite",
}
NETWORKS = {"kws": "ds-cnn", "ic": "resnet v1 8", "vww": "mobilenet v1 0.25", "ad": "autoencoder"}
"""The second is also in the zoo: left out together."""
WIDTHS = (640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640)
"""Of the autoencoder, whose file is not at hand: mlcommons/tiny, anomaly_detection/keras_model.py."""
OTHER = re.compile(r"float|max_performance|min_ram")
"""Variants of a system that are not what the software does by itself."""
DROPS = {(CUBE, "8.1"), (CUBE, "9.0"), (CUBE, "10.2"), ("plumerai", "2023.05")}
"""Software taken to drop channels of only zeros. Half of the products of the VWW reference file lead to such
channels, and its time halved in these versions, where that of the other three networks did not."""

Groups = dict[str, dict[Key, list[Point]]]
PROCESSORS = "latency of processors"
"""Fitted apart: they share nothing with microcontrollers."""


def points_of(data: Path) -> Groups:
    """What is fitted together → (core, software, version) → its points, in the order of the tables.

    The first word of what is fitted together is the quantity.

    Args:
        data: the folder of the tables and model files.
    """
    found: Groups = {"latency": {}, PROCESSORS: {}, "ram": {}, "flash": {}}
    for row in _rows(data, "stm32_modelzoo"):
        network, source = " ".join(row["model"].split()).lower(), row["source"].split(" (")[0]
        version = row["runtime"].rpartition(" ")[2].removesuffix(".0")
        if row["inference_ms"]:
            cycles = float(row["inference_ms"]) * float(row["freq_mhz"]) * 1e3
            linux = row["board"] == LINUX[0]
            key = LINUX[1] if linux else Key(BOARDS[row["board"]], CUBE, version)
            of_kind = found[PROCESSORS if linux else "latency"]
            of_kind.setdefault(key, []).append(Point(network, _counted(row), cycles, source))
        if row["total_ram_kib"]:
            unit = 1000 if "heads the memory columns kB" in row["note"] else 1024
            for quantity in ("ram", "flash"):
                size = unit * float(row[f"total_{quantity}_kib"])
                point = Point(network, _counted(row), size, source)
                known = found[quantity].setdefault(Key("", CUBE, version), [])
                known += [] if point in known else [point]  # a network of several tables
    work = {name: features_of(data / file) for name, file in FILES.items()} | {"ad": autoencoder()}
    for row in _rows(data, "mlperf_tiny_results"):
        core, ran = re.search(r"Cortex\S*-M(\d+)", row["core"]), software_of(row)
        reference = row["division"] == "closed" and row["benchmark"] in work and not row["accelerator"]
        if core and ran and reference and row["latency_ms"] and not OTHER.search(row["system_id"]):
            cycles = float(row["latency_ms"]) * float(row["clock_mhz"]) * 1e3
            features = worked(work[row["benchmark"]], ran in DROPS)
            plus = "plus" if core[1] == "0" else ""
            source = f"{row['board'].upper()} in {row['source'].split(':')[0]}"
            point = Point(NETWORKS[row["benchmark"]], features, cycles, source)
            found["latency"].setdefault(Key(f"cortex-m{core[1]}{plus}", *ran), []).append(point)
    return found


def software_of(row: Mapping[str, str]) -> tuple[str, str] | None:
    """Software and version of a row of MLPerf Tiny; None where it does not say both."""
    named = row["software"]
    if found := re.search(r"X-CUBE-AI[ -]v?(\d+\.\d+)", f"{named} {row['system_id']}"):
        return CUBE, found[1]
    if found := re.search(r"Plumerai Inference Engine (\d\S*)", named):
        return "plumerai", found[1]
    if found := re.search(r"\(HALE\) version (\S+)", named):
        return "hale", found[1]
    if found := re.search(r"Microcontrollers v(\S+)", named):
        return "tflite-micro", found[1]
    if named == "microTVM" and (found := re.search(r"'TVM': \{'SHA': '(\w{7})", row["libraries"])):
        return "microtvm-cmsis-nn" if "CMSIS_NN" in row["libraries"] else "microtvm", found[1]
    return None


def autoencoder() -> Features:
    """The work of the anomaly detector, ten dense layers."""
    dense = sum(a * b for a, b in pairwise(WIDTHS))
    return Features(0.0, 0.0, 0.0, dense, outputs=sum(WIDTHS[1:]), operators=len(WIDTHS) - 1)


def _counted(row: Mapping[str, str]) -> Features:
    """What the table counted in a model file that may not be passed on."""
    columns = ("macs_conv", "macs_1x1", "macs_dw", "macs_fc", "out_elems", "n_ops")
    conv, pointwise, depthwise, dense, outputs, operators = (float(row[column] or 0) for column in columns)
    peak, file = float(row["peak_activation_bytes"]), float(row["file_bytes"])
    return Features(conv, pointwise, depthwise, dense, outputs, operators, peak=peak, file=file)


def _rows(data: Path, name: str) -> list[dict[str, str]]:
    with (data / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
