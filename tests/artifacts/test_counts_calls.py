"""Counts rest on what a call is given, on the order in which a graph runs, and take no scale for a weight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from graph_files import body, constant, number, value, write
from onnx import TensorProto, helper

from pytest_edgebench.artifacts.artifact import Artifact
from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.artifacts.inspect import onnx_order
from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.measure.counting import counts_of
from pytest_edgebench.record.run import ArtifactRecord

if TYPE_CHECKING:
    from pathlib import Path

INT, BOOL, INT8, UINT8 = TensorProto.INT64, TensorProto.BOOL, TensorProto.INT8, TensorProto.UINT8
MS = {"domain": "com.microsoft"}


def looped(path: Path) -> Path:
    """As many products of (1, 8) by (8, 8) as the input m says."""
    inner = body(
        [helper.make_node("MatMul", ["v", "w"], ["v2"]), helper.make_node("Identity", ["c"], ["c2"])],
        [value("i", [], INT), value("c", [], BOOL), value("v", [1, 8])],
        [value("c2", [], BOOL), value("v2", [1, 8])],
    )
    node = helper.make_node("Loop", ["m", "", "x"], ["y"], body=inner)
    return write(
        path, [node], [value("x", [1, 8]), value("m", [], INT)], [value("y", [1, 8])], [constant("w", 8, 8)]
    )


def branched(path: Path) -> Path:
    """A product of 8 by 8, or by 80, as the flag says."""

    def branch(name: str) -> Any:
        return body([helper.make_node("MatMul", ["x", name], [f"y_{name}"])], [], [value(f"y_{name}", None)])

    node = helper.make_node("If", ["flag"], ["y"], then_branch=branch("a"), else_branch=branch("b"))
    given = [value("x", [1, 8]), value("flag", [], BOOL)]
    return write(path, [node], given, [value("y", None)], [constant("a", 8, 8), constant("b", 8, 80)])


@pytest.mark.parametrize(
    ("make", "before", "floor", "given", "macs"),
    [
        (looped, 64, True, {"x": np.ones((1, 8), np.float32), "m": np.array(5)}, 320),
        (branched, 704, False, {"x": np.ones((1, 8), np.float32), "flag": np.array(True)}, 64),
    ],
)
def test_numbers_of_a_call_decide(
    tmp_path: Path, make: Any, before: int, floor: bool, given: Any, macs: int
) -> None:
    path = make(tmp_path / "m.onnx")
    built = inspect(path)
    assert (built.macs, bool(built.uncounted)) == (before, floor)
    artifact = Artifact(path, ArtifactRecord("key", "digest", "onnx", {}, built, (), {}))
    cache = Cache(tmp_path / "cache")
    counts = counts_of(artifact, cache, lambda: given)
    assert (counts.macs, dict(counts.uncounted)) == (macs, {})
    other = {**given, "m": np.array(7)} if "m" in given else {**given, "flag": np.array(False)}
    assert counts_of(artifact, cache, lambda: other).macs == (448 if "m" in given else 640)


def test_nodes_in_any_order(tmp_path: Path) -> None:
    """A runtime sorts them, by what their bodies read too."""
    then = body([helper.make_node("MatMul", ["h", "w"], ["a"])], [], [value("a", None)])
    nodes = [
        helper.make_node("MatMul", ["y0", "w"], ["y"]),
        helper.make_node("If", ["flag"], ["y0"], then_branch=then, else_branch=then),
        helper.make_node("Relu", ["x"], ["h"]),
    ]
    path = tmp_path / "m.onnx"
    write(
        path,
        nodes,
        [value("x", ["n", 8])],
        [value("y", ["n", 8])],
        [constant("w", 8, 8), number("flag", True)],
    )
    counts = inspect(path)
    assert (counts.macs, dict(counts.uncounted)) == (128, {})
    model = onnx.load(path)
    onnx_order.sort(model.graph)
    assert [node.op_type for node in model.graph.node] == ["Relu", "If", "MatMul"]
    onnx.checker.check_model(model)


def test_nodes_that_wait_for_each_other() -> None:
    """No runtime runs them, and looking at them ends."""
    nodes = [helper.make_node("Add", ["x", "b"], ["a"]), helper.make_node("Neg", ["a"], ["b"])]
    graph = helper.make_graph(nodes, "g", [value("x", [1])], [value("b", [1])])
    assert len(onnx_order.ordered(graph)) == 2


def test_a_recurrent_cell_of_integers_knows_what_it_writes(tmp_path: Path) -> None:
    """Two of 4 over 3 features and 5 steps, one after the other; scales and zero points are no parameters."""
    made: dict[str, Any] = {"hidden_size": 4, **MS}
    weights: list[Any] = []
    nodes = []
    for at, (name, width) in enumerate((("x", 3), ("s", 4))):
        weights += [
            constant(f"w{at}", 1, width, 16, dtype="int8"),
            constant(f"r{at}", 1, 4, 16, dtype="int8"),
        ]
        scales = [f"{each}{at}" for each in ("ws", "wz", "rs", "rz")]
        weights += [constant(n, 1, dtype="float32" if n[1] == "s" else "int8") for n in scales]
        inputs = [name, f"w{at}", f"r{at}", "", "", "", "", "", *scales]
        nodes += [helper.make_node("DynamicQuantizeLSTM", inputs, [f"h{at}"], **made)]
        nodes += [helper.make_node("Squeeze", [f"h{at}", "one"], ["s" if not at else "y"])]
    path = tmp_path / "m.onnx"
    write(path, nodes, [value("x", [5, 1, 3])], [value("y", None)], [*weights, number("one", np.array([1]))])
    counts = inspect(path)
    assert (counts.macs, dict(counts.uncounted)) == (5 * (3 * 16 + 16 * 4) + 5 * (4 * 16 + 16 * 4), {})
    assert counts.parameters == 3 * 16 + 16 * 4 + 4 * 16 + 16 * 4


SCALED: dict[str, tuple[list[str], dict[str, Any]]] = {
    "QLinearAdd": (["q", "s0", "z0", "k", "s1", "z1", "s2", "z2"], MS),
    "QLinearConcat": (["s0", "z0", "q", "s1", "z1", "k", "s2", "z2"], {"axis": 1, **MS}),
    "MatMulIntegerToFloat": (["q", "k", "s0", "s1", "z0", "z1"], MS),
    "QLinearMatMul": (["q", "s0", "z0", "k", "s1", "z1", "s2", "z2"], {}),
}


@pytest.mark.parametrize("operator", SCALED)
def test_scales_are_no_parameters(tmp_path: Path, operator: str) -> None:
    inputs, attributes = SCALED[operator]
    constants = [constant("k", 4, 4, dtype="uint8")]
    constants += [
        constant(name, dtype="float32" if name[0] == "s" else "uint8") for name in inputs if name[1:]
    ]
    node = helper.make_node(operator, inputs, ["y"], **attributes)
    path = write(tmp_path / "m.onnx", [node], [value("q", [4, 4], UINT8)], [value("y", None)], constants)
    assert inspect(path).parameters == 16


def test_a_scale_of_two_is_no_parameter(tmp_path: Path) -> None:
    """That of a table times that of a weight, which makes floats of a product of integers."""
    nodes = [
        helper.make_node("Mul", ["table_scale", "weight_scale"], ["both"]),
        helper.make_node("MatMulInteger", ["x", "w"], ["i"]),
        helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["f", "both"], ["y"]),
    ]
    constants = [constant("table_scale"), constant("weight_scale", 6), constant("w", 4, 6, dtype="int8")]
    path = write(tmp_path / "m.onnx", nodes, [value("x", ["n", 4], UINT8)], [value("y", ["n", 6])], constants)
    assert inspect(path).parameters == 24


def test_what_scikit_learn_puts_before_a_machine(tmp_path: Path) -> None:
    """The scaled features are as many as before."""
    ml: dict[str, Any] = {"domain": "ai.onnx.ml"}
    machine: Any = {"support_vectors": [1.0] * 6, "coefficients": [1.0] * 2, "n_supports": 2, **ml}
    nodes = [
        helper.make_node("Scaler", ["x"], ["s"], offset=[0.0] * 3, scale=[1.0] * 3, **ml),
        helper.make_node("SVMRegressor", ["s"], ["y"], **machine),
    ]
    path = write(tmp_path / "m.onnx", nodes, [value("x", ["n", 3])], [value("y", ["n", 1])])
    assert inspect(path).macs == 8


def test_a_sample_without_an_axis_of_its_own(tmp_path: Path) -> None:
    """Free lengths are those of the sample that the file gets."""
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    path = write(
        tmp_path / "m.onnx", [node], [value("x", [12, "n", 8])], [value("y", None)], [constant("w", 8, 4)]
    )
    counts = inspect(path, {"input_0": np.zeros((1, 12, 3, 8), np.float32)})
    assert (counts.macs, counts.guessed) == (12 * 3 * 8 * 4, False)


@pytest.mark.parametrize(
    "op, attributes", [("MatMul", {}), ("Gemm", {}), ("Einsum", {"equation": "ij,jk->ik"})]
)
def test_products_of_integers_are_not_float(tmp_path: Path, op: str, attributes: dict[str, str]) -> None:
    """Of inputs, of constants and of what was cast; the same products of floats are."""
    weight = onnx.numpy_helper.from_array(np.ones((8, 8), np.int32), "w")
    nodes = [
        helper.make_node("Cast", ["f"], ["i"], to=TensorProto.INT32),
        helper.make_node(op, ["i", "w"], ["a"], **attributes),
        helper.make_node(op, ["x", "w"], ["b"], **attributes),
        helper.make_node(op, ["b", "b"], ["c"], **attributes),
        helper.make_node(op, ["f", "f"], ["d"], **attributes),
    ]
    outputs = [value(name, [8, 8], TensorProto.INT32) for name in "abc"] + [value("d", [8, 8])]
    inputs = [value("f", [8, 8]), value("x", [8, 8], TensorProto.INT32)]
    counts = inspect(write(tmp_path / "m.onnx", nodes, inputs, outputs, [weight]))
    assert counts.float_ops == 1
    assert counts.macs == 4 * 8**3
