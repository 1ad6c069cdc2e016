"""tflite-runtime 2.14 in the environment that `setup tflite-runtime` makes."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import small_files

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.environments import tflite_runtime
from pytest_edgebench.environments.errors import SetupError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.workers.client import Client

X = np.array([[0, 0.5, -0.74], [10, 20, 30], [-1, 63, -100]], np.float32)
UNREACHED = (
    "No matching distribution",
    "Could not find a version",
    "connection",
    "No module named ensurepip",
)

CONFTEST = """\
import numpy as np
import pytest_edgebench as eb

@eb.model
def total():
    x = np.arange(60, dtype=np.float32).reshape(20, 3)
    return eb.Model("total.tflite", data=(x, x + np.array([1, 2, 3], np.float32)), score=eb.mae)
"""
TESTS = """\
import pytest_edgebench as eb

@eb.budget(mae="0.001", latency="10 s", memory="4 GB")
def test_budget(edge):
    edge.check()
    assert edge.latency.p50.evidence == "host"
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of the environment, made once for all processes of a session, after a half-made one."""
    if sys.version_info[:2] != (3, 11):
        pytest.skip("tflite-runtime has a wheel for Python 3.11 alone")
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    folder = shared / "tflite-runtime"
    with (shared / "tflite-runtime.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():  # as a set-up leaves it that was killed
            (folder / "bin").mkdir(parents=True)
            (folder / tflite_runtime.MARK).touch()
        try:
            found, _ = tflite_runtime.make(folder, sys.executable)
        except SetupError as error:
            if any(text in str(error) for text in UNREACHED):
                pytest.skip(f"tflite-runtime cannot be installed: {error.what}")
            raise
    return str(found)


@pytest.fixture(scope="module")
def client(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with Pool(tmp_path_factory.mktemp("printed")) as pool:
        yield pool.get(Spec("tflite-runtime", python=python))


def test_its_versions(client: Client) -> None:
    found = client.describe()
    assert (found["name"], found["version"]) == ("tflite-runtime", "2.14.0")
    assert found["numpy"].startswith("1.")


def test_it_is_made_once(python: str) -> None:
    before = Path(python).lstat()
    folder = Path(python).parents[1]
    assert tflite_runtime.make(folder, "/no/interpreter/is/needed") == (Path(python), False)
    assert Path(python).lstat() == before


def test_floats_and_integers(client: Client, tmp_path: Path) -> None:
    """As LiteRT, see test_run_litert.py."""
    path = small_files.tflite_sum(tmp_path / "sum.tflite")
    np.testing.assert_array_equal(client.run(path, X, batch=2).arrays[0], X + np.array([1, 2, 3], np.float32))
    path = small_files.tflite_sum(tmp_path / "quantized.tflite", dtype="int8")
    expected = np.array([[1, 2.5, 2.5], [11, 22, 33], [0, 61.5, -59.5]], np.float32)
    np.testing.assert_array_equal(client.run(path, X).arrays[0], expected)


def test_garbage_is_withheld(client: Client, tmp_path: Path) -> None:
    """2.14 answers about 0.1 for each of ten classes where LiteRT is right; dynamic convolutions it can."""
    data = os.environ.get("EDGEBENCH_DATA")
    if not data:
        pytest.skip("EDGEBENCH_DATA is not set")
    quantizer = pytest.importorskip("ai_edge_quantizer.quantizer")
    qtyping = pytest.importorskip("ai_edge_quantizer.qtyping")
    source = Path(data) / "models/mlperf_tiny/ic_resnet8_float32.tflite"
    files = {}
    for name in ("CONV_2D", "FULLY_CONNECTED"):
        made = quantizer.Quantizer(str(source))
        made.add_dynamic_config(".*", qtyping.TFLOperationName[name], num_bits=8)
        files[name] = tmp_path / f"{name}.tflite"
        made.quantize().export_model(str(files[name]))
    image = np.random.default_rng(0).integers(0, 255, (1, 32, 32, 3)).astype(np.float32)
    with pytest.raises(MeasureError) as caught:
        client.run(files["FULLY_CONNECTED"], image)
    assert "tflite-runtime 2.14.0 answers garbage, without an error, on this file's fully" in str(
        caught.value
    )
    assert "fix: quantize with static-int8, or run this file with LiteRT" in str(caught.value)
    with Pool(tmp_path / "printed") as pool:
        litert = pool.get(Spec("litert"))
        for path in (source, files["CONV_2D"]):
            (wanted,), (found,) = litert.run(path, image).arrays, client.run(path, image).arrays
            np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_a_project_with_such_a_profile(python: str, tmp_path: Path) -> None:
    """By the lines that `setup` prints."""
    small_files.tflite_sum(tmp_path / "total.tflite")
    told = tflite_runtime.told(Path(python).parents[1], Path(python), True)
    (tmp_path / "edgebench.toml").write_text(told[told.index("[profiles") :], encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_total.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:randomly", "--edgebench-show=all"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "test_budget[total-original-tflite-runtime]" in ended.stdout
