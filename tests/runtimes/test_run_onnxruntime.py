from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort
import pytest
import small_files
from onnx import helper

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.runtimes import run_onnxruntime
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgebench.workers.client import Client

A = np.arange(15, dtype=np.float32).reshape(5, 3)
B = A[::-1].copy()


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(tmp_path_factory.mktemp("printed")) as pool:
        yield pool


@pytest.fixture
def client(pool: Pool) -> Client:
    return pool.get(Spec("onnxruntime"))


def test_describes_itself(client: Client) -> None:
    found = client.describe()
    assert (found["name"], found["version"]) == ("onnxruntime", ort.__version__)
    assert found["threads"] == "1"
    assert found["numpy"] == np.__version__
    assert found["cpu"]


@pytest.mark.parametrize("batch", [1, 2, 5, 7])
def test_as_run_directly(batch: int, client: Client, tmp_path: Path) -> None:
    """However many samples a call takes, the last call included."""
    path = small_files.onnx_layers(tmp_path / "net.onnx")
    x = np.random.default_rng(1).normal(size=(5, 64)).astype(np.float32)
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    outputs = client.run(path, x, batch=batch)
    direct = np.concatenate([session.run(None, {"x": x[i : i + batch]})[0] for i in range(0, 5, batch)])
    np.testing.assert_array_equal(outputs.arrays[0], direct)
    assert not outputs.raw


def test_inputs_by_name_and_outputs_in_order(client: Client, tmp_path: Path) -> None:
    path = small_files.onnx_sum(tmp_path / "sum.onnx")
    y, z = client.run(path, {"a": A, "b": B}).arrays
    np.testing.assert_array_equal(y, A + 2 * B)
    np.testing.assert_array_equal(z, -B)


def test_inputs_by_position(client: Client, tmp_path: Path) -> None:
    path = small_files.onnx_sum(tmp_path / "sum.onnx")
    y, _ = client.run(path, {"left": B, "right": A}).arrays
    np.testing.assert_array_equal(y, A + 2 * B)
    y, _ = client.run(path, {"a": A, "other": B}).arrays  # one by name, the other is left
    np.testing.assert_array_equal(y, A + 2 * B)


def test_a_fixed_batch_is_filled_up(client: Client, tmp_path: Path) -> None:
    path = small_files.onnx_sum(tmp_path / "sum.onnx", batch=2)
    y, z = client.run(path, {"a": A, "b": B}, batch=2).arrays
    np.testing.assert_array_equal(y, A + 2 * B)
    np.testing.assert_array_equal(z, -B)


def test_other_float_widths_are_converted(client: Client, tmp_path: Path) -> None:
    half = small_files.onnx_sum(tmp_path / "half.onnx", dtype=10)
    y, _ = client.run(half, {"a": A, "b": B}).arrays
    assert y.dtype == np.float16
    np.testing.assert_array_equal(y, A + 2 * B)
    y, _ = client.run(small_files.onnx_sum(tmp_path / "f.onnx"), {"a": A.astype(np.float64), "b": B}).arrays
    assert y.dtype == np.float32


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (A, "the file wants 2 input(s) (b, a), the data has 1 (input_0)"),
        ({"a": A, "b": B[:, :2]}, "input 'b' wants shape [any, 3] in a call, was given [1, 2]"),
        ({"a": A, "b": B[0]}, "input 'b' wants shape [any, 3] in a call, was given [1]"),
        ({"a": A, "b": B.astype(np.int8)}, "input 'b' wants float32, was given int8"),
        ({"a": A, "b": B > 3}, "input 'b' wants float32, was given bool"),
    ],
)
def test_inputs_that_do_not_fit(
    inputs: dict[str, np.ndarray], told: str, client: Client, tmp_path: Path
) -> None:
    path = small_files.onnx_sum(tmp_path / "sum.onnx")
    with pytest.raises(MeasureError) as caught:
        client.run(path, inputs)
    assert str(caught.value).startswith(f"{path}: {told}\n  fix: ")
    assert client.alive


def test_a_fixed_batch_names_the_key(client: Client, tmp_path: Path) -> None:
    path = small_files.onnx_sum(tmp_path / "sum.onnx", batch=4)
    with pytest.raises(
        MeasureError, match=r"shape \[4, 3\] in a call, was given \[1, 3\]\n.*set `batch = 4` in"
    ):
        client.run(path, {"a": A, "b": B})


def test_token_numbers_of_another_width(client: Client, tmp_path: Path) -> None:
    path = small_files.onnx_sum(tmp_path / "tokens.onnx", dtype=6)
    y, _ = client.run(path, {"a": A.astype(np.int64), "b": B.astype(np.int64)}).arrays
    np.testing.assert_array_equal(y, A + 2 * B)
    with pytest.raises(
        MeasureError, match=r"wants int32, which cannot hold .* \(int64, 0 to 1099511627776\)"
    ):
        client.run(path, {"a": A.astype(np.int64), "b": np.array([[0, 0, 1 << 40]] * 5)})
    with pytest.raises(MeasureError, match=r"input 'b' wants int32, was given float32\n.*no scale"):
        client.run(path, {"a": A.astype(np.int64), "b": B})


def test_an_output_without_samples(client: Client, tmp_path: Path) -> None:
    """A number a call becomes a number a sample; for several samples it means nothing."""
    value = helper.make_tensor_value_info
    path = small_files.save_onnx(
        tmp_path / "mean.onnx",
        [helper.make_node("ReduceMean", ["x"], ["y"], keepdims=0)],
        [value("x", 1, ["n", 3])],
        [value("y", 1, [])],
        [],
    )
    np.testing.assert_array_equal(client.run(path, A).arrays[0], A.mean(1))
    with pytest.raises(
        MeasureError, match=r"output 'y' has no axis for the sample: \[\] for 2 samples a call"
    ):
        client.run(path, A, batch=2)


def test_an_output_that_is_no_array(client: Client, tmp_path: Path) -> None:

    path = small_files.save_onnx(
        tmp_path / "list.onnx",
        [helper.make_node("SequenceConstruct", ["x"], ["y"])],
        [helper.make_tensor_value_info("x", 1, ["n", 3])],
        [helper.make_tensor_sequence_value_info("y", 1, None)],
        [],
    )
    with pytest.raises(MeasureError, match=r"output 'y' gives a sequence \(seq\(tensor") as error:
        client.run(path, A)
    assert "zipmap off" in error.value.fix


def test_an_input_that_is_text(client: Client, tmp_path: Path) -> None:

    path = small_files.save_onnx(
        tmp_path / "text.onnx",
        [helper.make_node("Identity", ["x"], ["y"])],
        [helper.make_tensor_value_info("x", 8, ["n", 3])],
        [helper.make_tensor_value_info("y", 8, ["n", 3])],
        [],
    )
    with pytest.raises(MeasureError, match=r"input 'x' takes text \(string\)"):
        client.run(path, A)


def test_files_it_does_not_like(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(MeasureError, match=r"net\.onnx: onnxruntime raised \w+ while running net\.onnx: .*"):
        client.run(path, A)
    with pytest.raises(MeasureError, match=r"gone\.onnx: model file not found any more"):
        client.run(tmp_path / "gone.onnx", A)
    assert client.alive


@pytest.mark.parametrize("level", ["all", "extended", "basic", "none"])
def test_options(level: str, pool: Pool, tmp_path: Path) -> None:
    path = small_files.onnx_sum(tmp_path / "sum.onnx")
    chosen = (("graph_optimization", level), ("providers", "CPUExecutionProvider"))
    y, _ = pool.get(Spec("onnxruntime", options=chosen)).run(path, {"a": A, "b": B}).arrays
    np.testing.assert_array_equal(y, A + 2 * B)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (
            "spinning",
            True,
            "onnxruntime has no option 'spinning'\n  fix: write one of these in runtime_options: gra",
        ),
        (
            "graph_optimization",
            "much",
            "option 'graph_optimization' of onnxruntime cannot be 'much'\n  fix: write o",
        ),
        (
            "providers",
            "NoSuchProvider",
            "option 'providers' of onnxruntime cannot be 'NoSuchProvider'\n  fix: ",
        ),
    ],
)
def test_wrong_options(key: str, value: str | bool, told: str, pool: Pool, tmp_path: Path) -> None:
    path = small_files.onnx_sum(tmp_path / "sum.onnx")
    with pytest.raises(MeasureError) as caught:
        pool.get(Spec("onnxruntime", options=((key, value),))).run(path, {"a": A, "b": B})
    assert told in str(caught.value)


def test_threads(pool: Pool, tmp_path: Path) -> None:
    """Two threads compute the same, and are told not to spin."""
    path = small_files.onnx_layers(tmp_path / "net.onnx", width=512)
    x = np.random.default_rng(1).normal(size=(8, 512)).astype(np.float32)
    client = pool.get(Spec("onnxruntime", threads=2))
    assert client.describe()["threads"] == "2"
    alone = pool.get(Spec("onnxruntime")).run(path, x, batch=8).arrays[0]
    np.testing.assert_allclose(client.run(path, x, batch=8).arrays[0], alone, rtol=1e-4, atol=1e-5)
    options = run_onnxruntime.load(str(path), 2, {})._session.get_session_options()
    assert options.intra_op_num_threads == 2
    assert options.get_session_config_entry("session.force_spinning_stop") == "1"
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
