"""The shipped coefficients are those of the published tables, and do not contradict published runs."""

from __future__ import annotations

import csv
import importlib
import json
import os
import re
import sys
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.metrics import predicted
from pytest_edgebench.predict import hierarchy
from pytest_edgebench.predict.features import Features, features_of
from pytest_edgebench.predict.hierarchy import Key
from pytest_edgebench.predict.latency import predict
from pytest_edgebench.predict.shipped import DATA
from pytest_edgebench.profiles.catalogue import described, load_catalogue

if TYPE_CHECKING:
    from types import ModuleType

needs_data = pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")
BENCH = Path(__file__).parents[1] / "bench"
VWW = "models/mlperf_tiny/vww_96_int8.tflite"


def folder() -> Path:
    return Path(os.environ["EDGEBENCH_DATA"])


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("predicted")


@pytest.fixture
def measured(bench: Any) -> Any:
    return bench.points_of(folder())


@needs_data
def test_the_shipped_coefficients_are_made_from_the_tables(bench: Any, measured: Any) -> None:
    made = [entry for group, points in measured.items() for entry in bench.fits(group, points)]
    shipped = json.loads(DATA.read_text(encoding="utf-8"))["fits"]
    assert len(made) == len(shipped)
    for new, old in zip(json.loads(json.dumps(made)), shipped, strict=True):
        assert new.pop("costs") == pytest.approx(old.pop("costs"), rel=1e-4, abs=1e-6)
        assert new.pop("spread") == pytest.approx(old.pop("spread"), rel=1e-4)
        assert new == old


@needs_data
def test_networks_left_out_are_predicted_as_the_docs_say(bench: Any, measured: Any) -> None:
    """X-CUBE-AI on each core: off by less than 10 % in the mean."""
    points = measured["latency"]
    held = bench.accepted("latency", points, hierarchy.left_out(points, bench.PRIORS["latency"]))
    for core in ("cortex-m4", "cortex-m7", "cortex-m33"):
        mine = [one for key, ones in held.items() if key[:2] == (core, bench.CUBE) for one in ones]
        assert len(mine) >= 12
        assert mean(abs(one.error) for one in mine) < 0.095


@needs_data
def test_versions_are_kept_apart(measured: Any) -> None:
    """VWW on a Cortex-M33: 133 ms by X-CUBE-AI of 2022, 71.6 ms by 8.1.0, 59.3 ms by 9.0."""
    work = features_of(folder() / VWW)
    for version, published in (("8.1", 0.0716), ("9.0", 0.0593), ("10.2", 0.0593)):
        metric = predict(work, "cortex-m33", f"x-cube-ai-{version}", 160e6)
        assert metric.low is not None
        assert metric.high is not None
        assert metric.low <= published <= metric.high
        assert metric.high < 0.1
    assert (predict(work, "cortex-m33", "x-cube-ai-7.3", 160e6).low or 0) > 0.1


@needs_data
def test_zero_channels_are_half_of_what_the_reference_file_computes() -> None:
    work = features_of(folder() / VWW)
    assert work.macs == 7_489_664
    assert work.left is not None
    assert 0.49 < work.left.macs / work.macs < 0.51
    assert work.left.conv == work.conv


@needs_data
def test_published_times_of_other_boards_are_not_contradicted(bench: Any) -> None:
    """All closed runs of microTVM, TFLite Micro, Plumerai and Bosch's tool, and nothing for those unnamed."""
    points = importlib.import_module("prediction_points")
    work = {name: features_of(folder() / file) for name, file in points.FILES.items()}
    tried, wrong = 0, []
    with (folder() / "tables" / "mlperf_tiny_results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        core, ran = re.search(r"Cortex\S*-M(4|7|33)\b", row["core"]), points.software_of(row)
        known = row["division"] == "closed" and row["benchmark"] in work and not row["accelerator"]
        if not (core and ran and known and row["latency_ms"]) or points.OTHER.search(row["system_id"]):
            continue
        hertz = float(row["clock_mhz"]) * 1e6
        key = Key(f"cortex-m{core[1]}", *ran)
        metric = predict(work[row["benchmark"]], key.core, key.runtime, hertz)
        assert metric.low is not None
        assert metric.high is not None
        tried += 1
        if not metric.low <= float(row["latency_ms"]) / 1e3 <= metric.high:
            wrong.append((key, row["benchmark"]))
    assert tried > 80
    assert wrong == []


@needs_data
def test_the_nordic_board_is_not_promised_the_times_of_another_makers_tool() -> None:
    """Published with microTVM: 76, 232 and 317 ms; X-CUBE-AI's fit passed budgets of 60, 180, 200 ms."""
    profile = described("nrf5340-dk", load_catalogue())
    files = {"kws": 0.0761, "vww_96": 0.232, "ic_resnet8": 0.317}
    for name, published in files.items():
        work = features_of(folder() / "models/mlperf_tiny" / f"{name}_int8.tflite")
        told = predicted._one(predicted.P50, work, profile)
        assert "no latency prediction for cortex-m33 with tflite-micro" in str(told)
        assert "microtvm-cmsis-nn-e3a6cb6" in str(told)
        metric = predict(work, "cortex-m33", "microtvm-cmsis-nn-e3a6cb6", 128e6)
        assert metric.low is not None
        assert metric.high is not None
        assert metric.low <= published <= metric.high


@needs_data
def test_work_counted_in_a_file_is_what_the_table_counted(measured: Any) -> None:
    """The two small residual networks and YAMNet, whose files may be used here."""
    points = {one.network: one for one in measured["latency"][Key("cortex-m33", "x-cube-ai", "7.3")]}
    stm = folder() / "models" / "stm32"
    for network, name in (
        ("yamnet 256", "yamnet_256_64x96_int8"),
        ("miniresnet v2 1stacks", "miniresnetv2_1stacks_64x50_int8"),
    ):
        (file,) = stm.rglob(f"{name}.tflite")
        assert features_of(file) == points[network].features


@needs_data
def test_keyword_network_by_hand() -> None:
    """DS-CNN: 10x4 kernels to 25x5x64, then four depthwise 3x3 with 1x1, then 12 classes."""
    found = features_of(folder() / "models/mlperf_tiny/kws_int8.tflite")
    positions = 25 * 5
    assert (found.conv, found.depthwise) == (positions * 64 * 40, 4 * positions * 64 * 9)
    assert (found.pointwise, found.dense) == (4 * positions * 64 * 64, 64 * 12)
    assert found.integer
    assert found.left is None
    assert not features_of(folder() / "models/mlperf_tiny/kws_named_float32.tflite").integer


def test_the_autoencoder_by_hand(bench: Any) -> None:
    found: Features = importlib.import_module("prediction_points").autoencoder()
    assert (found.dense, found.outputs, found.operators) == (264_192, 8 * 128 + 8 + 640, 10)


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "cut.tflite"
    file.write_bytes(b"\x1c\x00\x00\x00TFL3" + b"\xff" * 40)
    with pytest.raises(BuildError, match=r"cut\.tflite"):
        features_of(file)


def test_without_data_the_command_says_what_it_needs(
    bench: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("EDGEBENCH_DATA", raising=False)
    monkeypatch.setattr(sys, "argv", ["predicted.py"])
    with pytest.raises(SystemExit):
        bench.main()
    assert "EDGEBENCH_DATA is not set" in capsys.readouterr().err
