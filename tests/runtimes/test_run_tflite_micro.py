from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import small_files
import tflite_written

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.runtimes.known import runtime_file
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

X = np.array([[0, 0.5, -0.74], [10, 20, 30], [-1, 63, -100]], np.float32)
MICRO = Spec("tflite-micro")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(tmp_path_factory.mktemp("printed")) as pool:
        yield pool


@pytest.fixture
def data() -> Path:
    folder = os.environ.get("EDGEBENCH_DATA")
    if not folder:
        pytest.skip("EDGEBENCH_DATA is not set")
    return Path(folder)


def test_it_says_who_it_is(pool: Pool) -> None:
    about = pool.get(MICRO).describe()
    assert about["name"] == "tflite-micro"
    assert about["version"].startswith("0.")


def test_float(pool: Pool, tmp_path: Path) -> None:
    outputs = pool.get(MICRO).run(small_files.tflite_sum(tmp_path / "sum.tflite"), {"x": X})
    np.testing.assert_array_equal(outputs.arrays[0], X + np.array([1, 2, 3], np.float32))


def test_floats_are_quantized_and_outputs_back(pool: Pool, tmp_path: Path) -> None:
    """As LiteRT does it: x / 0.5 - 3 within -128..127, outputs in steps of 0.5."""
    outputs = pool.get(MICRO).run(small_files.tflite_sum(tmp_path / "sum.tflite", dtype="int8"), X)
    expected = [[1, 2.5, 2.5], [11, 22, 33], [0, 61.5, -59.5]]
    np.testing.assert_array_equal(outputs.arrays[0], np.array(expected, np.float32))


def test_shapes_are_those_of_the_file(pool: Pool, tmp_path: Path) -> None:
    """TFLite Micro plans its arena once, so a free first dimension is the one stored."""
    path = small_files.tflite_sum(tmp_path / "sum.tflite")
    with pytest.raises(MeasureError, match=r"wants shape \[1, 3\] in a call, was given \[3, 3\]"):
        pool.get(MICRO).run(path, X, batch=3)


def test_the_arena_is_a_limit(pool: Pool, tmp_path: Path) -> None:
    """With the arena it was found to take a file runs, with half of it not."""
    path = small_files.tflite_sum(tmp_path / "sum.tflite", dtype="int8")
    needed = counted(path)["total"]
    enough = pool.get(Spec("tflite-micro", options=(("arena", 2 * needed),)))
    assert len(enough.run(path, X).arrays[0]) == 3
    with pytest.raises(MeasureError) as caught:
        pool.get(Spec("tflite-micro", options=(("arena", needed // 2),))).run(path, X)
    told = str(caught.value)
    assert f"takes {needed:,} bytes of tensor arena or more, the profile gives it {needed // 2:,}" in told
    assert "raise `arena` in runtime_options" in told


def test_the_arena_of_a_file(tmp_path: Path) -> None:
    """Head and tail make the total; two int8 tensors of 3 and the planner's alignment are all there is."""
    found = counted(small_files.tflite_sum(tmp_path / "sum.tflite", dtype="int8"))
    assert found["total"] == found["head"] + found["tail"]
    assert 6 <= found["head"] < 4096
    larger = counted(small_files.tflite_sum(tmp_path / "float.tflite"))
    assert larger["head"] >= found["head"]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("delegates", "none", "tflite-micro has no option 'delegates'\n  fix: write one of these"),
        ("arena", "64 kB", "option 'arena' of tflite-micro cannot be '64 kB'\n  fix: write one of a number"),
        ("arena", 0, "option 'arena' of tflite-micro cannot be 0"),
    ],
)
def test_wrong_options(key: str, value: str | int, told: str, pool: Pool, tmp_path: Path) -> None:
    path = small_files.tflite_sum(tmp_path / "sum.tflite")
    with pytest.raises(MeasureError) as caught:
        pool.get(Spec("tflite-micro", options=((key, value),))).run(path, X)
    assert told in str(caught.value)


def test_a_file_it_cannot_run_is_told_in_its_own_words(data: Path, pool: Pool) -> None:
    """Dynamic-range files have int8 weights beside floats, which TFLite Micro refuses."""
    path = data / "models/mlperf_tiny/kws_named_float32.tflite"
    with pytest.raises(MeasureError, match=r"(?s)tflite-micro raised RuntimeError .*[Hh]ybrid"):
        pool.get(MICRO).run(path, np.zeros((1, 49, 10, 1), np.float32))


def test_keywords_as_on_microcontrollers(data: Path, pool: Pool) -> None:
    """TFLite Micro and CMSIS-NN on boards: all outputs the same on at least 99.5 % of 1,000 samples."""
    given = np.load(data / "kws/kws_inputs.npz")
    (found,) = pool.get(MICRO).run(data / "models/mlperf_tiny/kws_int8.tflite", given["x"]).arrays
    assert (found.argmax(1) == given["y"]).mean() == 0.901
    with (data / "kws/device_outputs/runs.csv").open(encoding="utf-8") as file:
        runs = [run for run in csv.DictReader(file) if run["kernel_family"] == "litert-builtin"]
    shares = {}
    for run in runs:
        answered = np.load(data / "kws/device_outputs" / run["file"])
        if "q" in answered:
            shares[run["run"]] = (found == answered["q"]).all(1).mean()
    assert len(shares) >= 6
    assert min(shares.values()) >= 0.995, shares


def counted(path: Path) -> dict[str, int]:
    """What the runtime file prints as a program."""
    command = [sys.executable, str(runtime_file("tflite-micro")), str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, int] = json.loads(ended.stdout)
    return found


def test_files_of_uint8_say_so(tmp_path: Path) -> None:
    """The reason is printed by the kernel, not told by the exception."""
    from pytest_edgebench.metrics.arena import _asked

    class Artifact:
        path = tflite_written.unsigned(tmp_path / "old.tflite")

    with pytest.raises(
        MeasureError, match=r"arena of old.tflite: .*Input type UINT8 \(3\) not supported"
    ) as found:
        _asked(Artifact, MICRO, 60)  # type: ignore[arg-type]
    assert "quantize files of uint8 or of dynamic range anew" in found.value.fix
