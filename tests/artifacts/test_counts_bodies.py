"""Names by graph, and the bodies of If, Loop and Scan by their trips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from graph_files import body, constant, number, value, write
from onnx import TensorProto, helper

from pytest_edgebench.artifacts.inspect.file import inspect

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import GraphProto, NodeProto

INT, BOOL = TensorProto.INT64, TensorProto.BOOL
STEP = helper.make_node("MatMul", ["v", "w"], ["v2"])
GO_ON = helper.make_node("Identity", ["ci"], ["co"])


def loop_body(nodes: list[NodeProto], *states: str) -> GraphProto:
    inputs = [value("i", [], INT), value("ci", [], BOOL), *(value(name, None) for name in states)]
    outputs = [value("co", [], BOOL), *(value(f"{name}2", None) for name in states)]
    return body(nodes, inputs, outputs)


def looped(path: Path, trips: Any, *nodes: NodeProto, states: tuple[str, ...] = ("v",)) -> Path:
    """A loop over (n, 64) by a weight of (64, 64)."""
    node = helper.make_node("Loop", ["m", "t", "x"], ["y"], body=loop_body([*nodes], *states))
    inputs, constants = [value("x", ["n", 64])], [number("t", True), constant("w", 64, 64)]
    if trips is None:
        inputs.append(value("m", [], INT))
    else:
        constants.append(number("m", np.int64(trips)))
    return write(path, [node], inputs, [value("y", None)], constants)


@pytest.mark.parametrize(("trips", "macs"), [(10, 40960), (1, 4096), (0, 0), (100_000, 409_600_000)])
def test_a_loop_of_constant_trips(trips: int, macs: int, tmp_path: Path) -> None:
    counts = inspect(looped(tmp_path / "m.onnx", trips, STEP, GO_ON))
    assert (counts.macs, counts.uncounted, counts.parameters) == (macs, {}, 4096)


def test_a_loop_of_unknown_trips_counts_once_and_says_so(tmp_path: Path) -> None:
    counts = inspect(looped(tmp_path / "m.onnx", None, STEP, GO_ON))
    assert (counts.macs, counts.uncounted) == (4096, {"Loop": 1})


def test_the_trips_that_a_call_is_given_are_known(tmp_path: Path) -> None:
    path = looped(tmp_path / "m.onnx", None, STEP, GO_ON)
    given = {"x": np.zeros((1, 64), np.float32), "m": np.asarray([3])}
    counts = inspect(path, given)
    assert (counts.macs, counts.uncounted) == (3 * 4096, {})


def test_a_loop_that_ends_by_the_data_counts_once_and_says_so(tmp_path: Path) -> None:
    ends = [
        helper.make_node("ReduceSum", ["v2"], ["s"], keepdims=0),
        helper.make_node("Cast", ["s"], ["co"], to=BOOL),
    ]
    counts = inspect(looped(tmp_path / "m.onnx", 10, STEP, *ends))
    assert (counts.macs, counts.uncounted) == (4096, {"Loop": 1})


def test_a_loop_that_ends_by_a_counter_is_gone_through(tmp_path: Path) -> None:
    ends = [
        helper.make_node("Constant", [], ["last"], value_int=4),
        helper.make_node("Less", ["i", "last"], ["co"]),
    ]
    counts = inspect(looped(tmp_path / "m.onnx", 1000, STEP, *ends))
    assert (counts.macs, counts.uncounted) == (5 * 4096, {})


def test_a_loop_whose_state_grows_is_gone_through(tmp_path: Path) -> None:
    grow = [
        helper.make_node("MatMul", ["v", "w"], ["p"]),
        helper.make_node("Concat", ["v", "p"], ["v2"], axis=0),
        GO_ON,
    ]
    counts = inspect(looped(tmp_path / "m.onnx", 3, *grow))
    assert (counts.macs, counts.uncounted) == ((1 + 2 + 4) * 4096, {})


def test_a_scan_runs_once_for_each_element(tmp_path: Path) -> None:
    inner = body(
        [
            helper.make_node("MatMul", ["s", "w"], ["p"]),
            helper.make_node("Add", ["p", "e"], ["s2"]),
            helper.make_node("Identity", ["s2"], ["o"]),
        ],
        [value("s", None), value("e", None)],
        [value("s2", None), value("o", None)],
    )
    nodes = [
        helper.make_node("Scan", ["h", "x"], ["last", "all"], body=inner, num_scan_inputs=1),
        helper.make_node("MatMul", ["all", "u"], ["y"]),
    ]
    constants = [constant("h", 1, 8), constant("w", 8, 8), constant("u", 8, 2)]
    x = value("x", [7, 1, 8])
    counts = inspect(write(tmp_path / "m.onnx", nodes, [x], [value("y", None)], constants))
    assert (counts.macs, counts.uncounted) == (7 * 64 + 7 * 8 * 2, {})


@pytest.mark.parametrize("as_node", [True, False], ids=["Constant nodes", "initialisers"])
def test_two_branches_may_call_their_weights_alike(as_node: bool, tmp_path: Path) -> None:
    def branch(rows: int) -> GraphProto:
        weight = constant("k", 64, rows)
        made = [helper.make_node("Constant", [], ["k"], value=weight)] if as_node else []
        product = helper.make_node("MatMul", ["x", "k"], ["o"])
        return body([*made, product], [], [value("o", None)], [] if as_node else [weight])

    nodes = [
        helper.make_node("ReduceSum", ["x"], ["s"], keepdims=0),
        helper.make_node("Greater", ["s", "z"], ["c"]),
        helper.make_node("If", ["c"], ["y"], then_branch=branch(16), else_branch=branch(8)),
    ]
    zero = number("z", np.float32(0))
    path = write(tmp_path / "m.onnx", nodes, [value("x", ["n", 64])], [value("y", None)], [zero])
    counts = inspect(path)
    assert counts.parameters == 64 * 16 + 64 * 8 + 1
    assert counts.macs == 64 * 16 + 64 * 8


def test_of_a_constant_condition_one_branch_counts(tmp_path: Path) -> None:
    def branch(rows: int) -> GraphProto:
        return body(
            [helper.make_node("MatMul", ["x", "k"], ["o"])], [], [value("o", None)], [constant("k", 64, rows)]
        )

    nodes = [
        helper.make_node("Equal", ["rate", "k16"], ["c"]),
        helper.make_node("If", ["c"], ["y"], then_branch=branch(16), else_branch=branch(8)),
    ]
    inputs = [value("x", ["n", 64]), value("rate", [], INT)]
    path = write(tmp_path / "m.onnx", nodes, inputs, [value("y", None)], [number("k16", np.int64(16000))])
    given = {"x": np.zeros((1, 64), np.float32)}
    assert inspect(path, {**given, "rate": np.asarray([8000])}).macs == 64 * 8
    assert inspect(path, {**given, "rate": np.asarray([16000])}).macs == 64 * 16
    assert inspect(path).macs == 64 * 24  # which it will be is not known


def test_sparse_constants_and_coefficients_are_parameters(tmp_path: Path) -> None:
    values = constant("s", 32)
    places = number("s_i", np.arange(32) * 7)
    path = write(
        tmp_path / "m.onnx",
        [
            helper.make_node("MatMul", ["x", "s"], ["h"]),
            helper.make_node(
                "LinearRegressor",
                ["h"],
                ["y"],
                domain="ai.onnx.ml",
                coefficients=[0.5] * 16,
                intercepts=[1.0],
            ),
        ],
        [value("x", ["n", 16])],
        [value("y", None)],
    )
    model = onnx.load(path)
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [16, 16]))
    onnx.save(model, path)
    counts = inspect(path)
    assert counts.parameters == 32 + 17
    assert counts.weight_bytes == {"float32": 4 * 49, "int64": 8 * 32}
    assert counts.macs == 16 * 16 + 16
