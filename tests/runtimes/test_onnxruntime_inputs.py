"""ONNX Runtime with inputs and outputs as they are: scalars, flags, bfloat16, texts, unknown ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
import small_files
from onnx import TensorProto, helper, numpy_helper

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgebench.workers.client import Client

X = np.array([[1, -2.5, 3], [4, 5, 1e-3]], np.float32)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with Pool(tmp_path_factory.mktemp("printed")) as pool:
        yield pool.get(Spec("onnxruntime"))


def info(name: str, kind: int, shape: Any) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def cast(path: Path, source: int, to: int, shape: Any = ("n", 3)) -> Path:
    node = helper.make_node("Cast", ["x"], ["y"], to=to)
    shape = None if shape is None else list(shape)
    graph = helper.make_graph([node], "g", [info("x", source, shape)], [info("y", to, shape)])
    opsets = [helper.make_opsetid("", 19)]  # the first with float8
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


def test_bfloat16_in_and_out(client: Client, tmp_path: Path) -> None:
    halves = client.run(cast(tmp_path / "in.onnx", TensorProto.BFLOAT16, TensorProto.FLOAT), X).arrays[0]
    np.testing.assert_allclose(halves, X, rtol=2**-8)
    out = client.run(cast(tmp_path / "out.onnx", TensorProto.FLOAT, TensorProto.BFLOAT16), X).arrays[0]
    np.testing.assert_array_equal(out, halves)
    assert out.dtype == np.float32


def test_flags_as_flags_or_as_zeros_and_ones(client: Client, tmp_path: Path) -> None:
    path = cast(tmp_path / "m.onnx", TensorProto.BOOL, TensorProto.FLOAT)
    flags = np.array([[True, False, True]])
    for given in (flags, flags.astype(np.int64)):
        np.testing.assert_array_equal(client.run(path, given).arrays[0], [[1, 0, 1]])
    with pytest.raises(MeasureError, match="input 'x' wants bool, was given int64"):
        client.run(path, np.array([[2, 0, 1]]))


def test_a_scalar_input_gets_the_number_of_its_sample(client: Client, tmp_path: Path) -> None:
    node = helper.make_node("Mul", ["x", "k"], ["y"])
    inputs = [info("x", 1, ["n", 3]), info("k", 1, [])]
    path = small_files.save_onnx(tmp_path / "m.onnx", [node], inputs, [info("y", 1, ["n", 3])], [])
    k = np.array([2, 3], np.float32)
    np.testing.assert_array_equal(client.run(path, {"x": X, "k": k}).arrays[0], X * k[:, None])
    same = np.array([2, 2], np.float32)
    np.testing.assert_array_equal(client.run(path, {"x": X, "k": same}, batch=2).arrays[0], X * 2)
    with pytest.raises(MeasureError, match="input 'k' is one number a call, and the samples of a batch"):
        client.run(path, {"x": X, "k": k}, batch=2)


@pytest.mark.parametrize("batch", [1, 2])
def test_a_rank_that_is_not_declared(batch: int, client: Client, tmp_path: Path) -> None:
    path = cast(tmp_path / "m.onnx", TensorProto.FLOAT, TensorProto.DOUBLE, None)
    found = client.run(path, X[:, :, None], batch=batch).arrays[0]
    np.testing.assert_array_equal(found, X[:, :, None].astype(np.float64))


@pytest.mark.parametrize("batch", [1, 2])
def test_outputs_of_another_rank_than_declared(batch: int, client: Client, tmp_path: Path) -> None:
    axes = numpy_helper.from_array(np.array([1]), "axes")
    node = helper.make_node("Unsqueeze", ["x", "axes"], ["y"])
    path = small_files.save_onnx(
        tmp_path / "m.onnx", [node], [info("x", 1, ["n", 3])], [info("y", 1, None)], [axes]
    )
    assert client.run(path, X, batch=batch).arrays[0].shape == (2, 1, 3)


@pytest.mark.parametrize("declared", [["n", 3], ["n", 7, 3], None])
def test_a_file_is_timed_whatever_its_outputs_are_declared_as(
    declared: list[Any] | None, client: Client, tmp_path: Path
) -> None:
    """What shape inference cannot see through can be declared wrongly; the library only warns."""
    shape = helper.make_node("Identity", ["to"], ["shape"])
    node = helper.make_node("Reshape", ["x", "shape"], ["y"])
    inputs = [info("x", 1, ["n", 3]), info("to", TensorProto.INT64, [3])]
    path = small_files.save_onnx(tmp_path / "m.onnx", [shape, node], inputs, [info("y", 1, declared)], [])
    given = {"x": X[:1], "to": np.array([[1, 1, 3]])}
    assert client.run(path, given).arrays[0].shape == (1, 1, 3)
    assert client.time(path, given, loads=1, calls=5, seed=0).calls_s[0].size > 1
    assert len(client.pairs(path, path, given, loads=1, seed=0).a_s) == 1


def test_texts_come_out_as_texts(client: Client, tmp_path: Path) -> None:
    path = cast(tmp_path / "m.onnx", TensorProto.INT64, TensorProto.STRING)
    found = client.run(path, np.array([[1, 20, 300], [4, 5, 6]])).arrays[0]
    np.testing.assert_array_equal(found, [["1", "20", "300"], ["4", "5", "6"]])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (TensorProto.STRING, r"text \(string\), not numbers"),
        (TensorProto.FLOAT8E4M3FN, "float8e4m3fn numbers, which numpy has no type for"),
    ],
)
def test_what_cannot_be_given_is_named_and_the_worker_lives(
    kind: int, name: str, client: Client, tmp_path: Path
) -> None:
    path = cast(tmp_path / "m.onnx", kind, TensorProto.FLOAT)
    with pytest.raises(MeasureError, match=rf"input 'x' takes {name}"):
        client.run(path, X)
    assert client.alive


@pytest.mark.parametrize(
    "make, said", [("sequence", r"a sequence \(seq\("), ("optional", r"an optional value \(optional\(")]
)
def test_sequences_and_optionals_are_named(make: str, said: str, client: Client, tmp_path: Path) -> None:
    tensor = helper.make_tensor_type_proto(1, ["n", 3])
    if make == "sequence":
        kind, node = (
            helper.make_sequence_type_proto(tensor),
            helper.make_node("SequenceAt", ["x", "i"], ["y"]),
        )
    else:
        kind, node = (
            helper.make_optional_type_proto(tensor),
            helper.make_node("OptionalGetElement", ["x"], ["y"]),
        )
    first = numpy_helper.from_array(np.array(0), "i")
    x = helper.make_value_info("x", kind)
    path = small_files.save_onnx(tmp_path / "m.onnx", [node], [x], [info("y", 1, ["n", 3])], [first])
    with pytest.raises(MeasureError, match=f"input 'x' takes {said}"):
        client.run(path, X)
    assert client.alive


def test_a_bool_says_what_to_give(client: Client, tmp_path: Path) -> None:
    path = cast(tmp_path / "m.onnx", TensorProto.BOOL, TensorProto.FLOAT)
    with pytest.raises(MeasureError, match="input 'x' wants bool, was given float32") as error:
        client.run(path, X)
    assert error.value.fix == "give the data as bool, or as the integers 0 and 1"
    assert client.run(path, X.astype(bool)).arrays[0].dtype == "float32"


def test_a_file_without_inputs(client: Client, tmp_path: Path) -> None:
    node = helper.make_node("Constant", [], ["y"], value_floats=[1.0, 2.0])
    path = small_files.save_onnx(tmp_path / "m.onnx", [node], [], [info("y", 1, [2])], [])
    with pytest.raises(MeasureError, match="the file has no inputs"):
        client.run(path, X)


def test_an_output_that_numpy_has_no_type_for(client: Client, tmp_path: Path) -> None:
    path = cast(tmp_path / "m.onnx", TensorProto.FLOAT, TensorProto.FLOAT8E4M3FN)
    with pytest.raises(MeasureError, match="output 'y' gives float8e4m3fn numbers, which numpy has no type"):
        client.run(path, X)
    assert client.alive
