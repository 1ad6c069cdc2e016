"""The shipped coefficients are those of the published tables, and better than multiply-accumulates alone."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.predict import fit
from pytest_edgebench.predict.features import features_of
from pytest_edgebench.predict.shipped import DATA

if TYPE_CHECKING:
    from types import ModuleType

needs_data = pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")
CUBE = "stm32cube-ai-7.3-8.1"
BENCH = Path(__file__).parents[1] / "bench"


def folder() -> Path:
    return Path(os.environ["EDGEBENCH_DATA"])


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("predicted")


@needs_data
def test_the_shipped_coefficients_are_made_from_the_tables(bench: Any) -> None:
    made = [bench.fitted(group, points) for group, points in bench.points_of(folder()).items()]
    shipped = json.loads(DATA.read_text(encoding="utf-8"))["fits"]
    assert len(made) == len(shipped)
    for new, old in zip(json.loads(json.dumps(made)), shipped, strict=True):
        assert new.pop("costs") == pytest.approx(old.pop("costs"), rel=1e-4, abs=1e-6)
        assert new.pop("spread") == pytest.approx(old.pop("spread"), rel=1e-4)
        assert new == old


@needs_data
def test_beats_macs_per_second_on_networks_left_out(bench: Any) -> None:
    judged = 0
    for (quantity, _, _), points in bench.points_of(folder()).items():
        if quantity != "latency" or len(points) < 6:
            continue
        judged += 1
        ours, plain = (
            [abs(one.error) for one in fit.left_out(points, terms[quantity])]
            for terms in (bench.TERMS, bench.PLAIN)
        )
        assert median(ours) < median(plain)
        assert mean(ours) < mean(plain)
        assert max(ours) < max(plain)
    assert judged == 3


@needs_data
def test_work_counted_in_a_file_is_what_the_table_counted(bench: Any) -> None:
    """The two small residual networks and YAMNet, whose files may be used here."""
    points = {one.network: one for one in bench.points_of(folder())["latency", "cortex-m33", CUBE]}
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
    assert not features_of(folder() / "models/mlperf_tiny/kws_named_float32.tflite").integer


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
