from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import small_files
from ai_edge_litert.interpreter import Interpreter

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.workers.client import Client

X = np.array([[0, 0.5, -0.74], [10, 20, 30], [-1, 63, -100]], np.float32)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(tmp_path_factory.mktemp("printed")) as pool:
        yield pool


@pytest.fixture
def client(pool: Pool) -> Client:
    return pool.get(Spec("litert"))


@pytest.fixture
def data() -> Path:
    folder = os.environ.get("EDGEBENCH_DATA")
    if not folder:
        pytest.skip("EDGEBENCH_DATA is not set")
    return Path(folder)


@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.parametrize("delegates", ["default", "none", "reference"])
def test_float(delegates: str, batch: int, pool: Pool, tmp_path: Path) -> None:
    """Also with a free batch, for which memory is planned anew."""
    path = small_files.tflite_sum(tmp_path / "sum.tflite")
    client = pool.get(Spec("litert", options=(("delegates", delegates),)))
    outputs = client.run(path, {"x": X}, batch=batch)
    np.testing.assert_array_equal(outputs.arrays[0], X + np.array([1, 2, 3], np.float32))
    assert outputs.arrays[0].dtype == np.float32


def test_floats_are_quantized_and_outputs_back(client: Client, tmp_path: Path) -> None:
    """x / 0.5 - 3 within -128..127, halves to even; outputs in steps of 0.5, at most (127 - 4) / 2."""
    path = small_files.tflite_sum(tmp_path / "sum.tflite", dtype="int8")
    outputs = client.run(path, X)
    expected = [[1, 2.5, 2.5], [11, 22, 33], [0, 61.5, -59.5]]
    np.testing.assert_array_equal(outputs.arrays[0], np.array(expected, np.float32))
    assert outputs.arrays[0].dtype == np.float32
    assert not outputs.raw


def test_integers_go_in_and_out_as_they_are(client: Client, tmp_path: Path) -> None:
    path = small_files.tflite_sum(tmp_path / "sum.tflite", dtype="int8")
    outputs = client.run(path, np.array([[-3, -2, 7]], np.int8))
    assert outputs.arrays[0].dtype == np.int8
    assert outputs.arrays[0].tolist() == [[6, 9, 20]]  # real [0, 0.5, 5] + [1, 2, 3] = [1, 2.5, 8]
    assert outputs.raw


def test_integers_of_another_dtype_are_refused(client: Client, tmp_path: Path) -> None:
    """Whether 200 is a stored number or a pixel, nobody can say."""
    path = small_files.tflite_sum(tmp_path / "sum.tflite", dtype="int8")
    with pytest.raises(MeasureError, match="input 'x' wants int8, was given uint8"):
        client.run(path, np.array([[200, 0, 0]], np.uint8))


def test_a_fixed_batch(client: Client, tmp_path: Path) -> None:
    path = small_files.tflite_sum(tmp_path / "sum.tflite", fixed=True)
    np.testing.assert_array_equal(client.run(path, X).arrays[0], X + np.array([1, 2, 3], np.float32))
    with pytest.raises(
        MeasureError, match=r"wants shape \[1, 3\] in a call, was given \[3, 3\]\n.*`batch = 1`"
    ):
        client.run(path, X, batch=3)


def test_a_damaged_file(client: Client, tmp_path: Path) -> None:
    path = small_files.tflite_sum(tmp_path / "sum.tflite")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(
        MeasureError, match=r"sum\.tflite: litert raised ValueError while running sum\.tflite"
    ):
        client.run(path, X)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (
            "xnnpack",
            False,
            "litert has no option 'xnnpack'\n  fix: write one of these in runtime_options: delegates",
        ),
        (
            "delegates",
            "gpu",
            "option 'delegates' of litert cannot be 'gpu'\n  fix: write one of default, none, ref",
        ),
    ],
)
def test_wrong_options(key: str, value: str | bool, told: str, pool: Pool, tmp_path: Path) -> None:
    path = small_files.tflite_sum(tmp_path / "sum.tflite")
    with pytest.raises(MeasureError) as caught:
        pool.get(Spec("litert", options=((key, value),))).run(path, X)
    assert told in str(caught.value)


# MLPerf Tiny keyword spotting on its 1,000 real inputs


def test_keywords_as_on_the_device(data: Path, client: Client) -> None:
    """Every bit as X-CUBE-AI answered on its board, and 90.2 % right (data README, `kernel_family`)."""
    given = np.load(data / "kws/kws_inputs.npz")
    outputs = client.run(data / "models/mlperf_tiny/kws_int8.tflite", given["x"])
    assert (outputs.arrays[0].argmax(1) == given["y"]).mean() == 0.902
    with (data / "kws/device_outputs/runs.csv").open(encoding="utf-8") as file:
        runs = [run for run in csv.DictReader(file) if "X-CUBE-AI" in run["software"] + run["libraries"]]
    equal = 0
    for run in runs:
        answered = np.load(data / "kws/device_outputs" / run["file"])
        if run["kernel_family"] == "litert-default" and "q" in answered:
            np.testing.assert_array_equal(outputs.arrays[0], answered["q"])
            equal += 1
    assert equal >= 1


def test_keywords_without_delegates(data: Path, pool: Pool) -> None:
    """The other kernel family: 90.1 % right, and the outputs of TFLite Micro boards but for a few."""
    given = np.load(data / "kws/kws_inputs.npz")
    client = pool.get(Spec("litert", options=(("delegates", "none"),)))
    (found,) = client.run(data / "models/mlperf_tiny/kws_int8.tflite", given["x"]).arrays
    assert (found.argmax(1) == given["y"]).mean() == 0.901
    board = "v0_5_pengchenglaboratory_dividiti_closed_pcl_scepu02.npz"
    answered = np.load(data / "kws/device_outputs" / board)["q"]
    assert (found == answered).all(1).mean() >= 0.996


def test_keywords_as_floats(data: Path, client: Client) -> None:
    """The same inputs as real numbers give the same outputs as real numbers."""
    given = np.load(data / "kws/kws_inputs.npz")
    path = data / "models/mlperf_tiny/kws_int8.tflite"
    real = (given["x"].astype(np.float32) - given["zero_point"]) * given["scale"]
    (stored,), (found,) = (
        client.run(path, given["x"]).arrays,
        client.run(path, real.astype(np.float32)).arrays,
    )
    np.testing.assert_array_equal(found, (stored.astype(np.float32) + 128) / 256)


@pytest.mark.parametrize(
    "file", ["kws_named_float32.tflite", "ic_resnet8_float32.tflite", "ic_resnet8_int8.tflite"]
)
def test_as_run_directly(file: str, data: Path, client: Client) -> None:
    path = data / "models/mlperf_tiny" / file
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    (wanted,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    shape = (4, *wanted["shape"][1:])
    x = np.random.default_rng(0).integers(-128, 128, shape).astype(wanted["dtype"])
    direct: list[Any] = []
    for i in range(4):
        interpreter.set_tensor(wanted["index"], x[i : i + 1])
        interpreter.invoke()
        direct.append(interpreter.get_tensor(given["index"])[0])
    np.testing.assert_array_equal(client.run(path, x).arrays[0], np.stack(direct))
