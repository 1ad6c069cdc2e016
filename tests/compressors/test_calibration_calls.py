"""Calibration feeds a file as it is run: constants, states, inputs without an axis for samples, bfloat16."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx_graphs as g
import pytest
from onnx import TensorProto

import pytest_edgebench as eb
from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.compressors.engines.inputs import batches
from pytest_edgebench.declare.model import Model
from pytest_edgebench.samples.roles import Calls

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder

W, V = g.weight("W", 32, 64), g.weight("V", 64, 16)


def layers(first: str = "x") -> Any:
    return [
        g.node("MatMul", [first, "W"], ["h"]),
        g.node("Relu", ["h"], ["r"]),
        g.node("MatMul", ["r", "V"], ["y"]),
    ]


def built(builder: Builder, path: Path, samples: Any, count: int = 8) -> Path:
    model = Model(path, (samples, np.zeros(count)), lambda outputs, labels: 0.0, place="conftest.py:3")
    return builder.build(quantize(model, "static-int8", reduce_range=False), "onnx").path


def test_no_axis_for_samples(builder: Builder, tmp_path: Path) -> None:
    """A first axis of some other length is none."""
    path = g.write(tmp_path / "m.onnx", layers(), [g.info("x", [20, 32])], [g.info("y", [20, 16])], [W, V])
    inputs = g.inputs(20, 32, count=8)
    made, plain = (
        np.stack([g.session(each).run(None, {"x": x})[0] for x in inputs])
        for each in (built(builder, path, inputs), path)
    )
    assert g.noise(made, plain) < 0.03


def test_a_vector_is_a_sample(builder: Builder, tmp_path: Path) -> None:
    path = g.write(tmp_path / "m.onnx", layers(), [g.info("x", [32])], [g.info("y", [16])], [W, V])
    inputs = g.inputs(32, count=8)
    made, plain = (
        np.stack([g.session(each).run(None, {"x": x})[0] for x in inputs])
        for each in (built(builder, path, inputs), path)
    )
    assert g.noise(made, plain) < 0.03


@pytest.mark.parametrize("value", [eb.Constant(2), eb.Constant(np.array([2.0]))])
def test_a_number_for_every_call(builder: Builder, tmp_path: Path, value: Any) -> None:
    """A whole number as Python writes it, for a float of one element."""
    nodes = [g.node("Mul", ["x", "gain"], ["s"]), *layers("s")]
    given = [g.info("x", ["n", 32]), g.info("gain", [1])]
    path = g.write(tmp_path / "m.onnx", nodes, given, [g.info("y", ["n", 16])], [W, V])
    inputs = g.inputs(32, count=8)
    made, plain = (
        g.session(each).run(None, {"x": inputs, "gain": np.array([2], np.float32)})[0]
        for each in (built(builder, path, {"x": inputs, "gain": value}), path)
    )
    assert g.noise(made, plain) < 0.03


def test_an_index_for_every_call(builder: Builder, tmp_path: Path) -> None:
    """Python's whole numbers fit an int32 input."""
    nodes = [g.node("Gather", ["x", "row"], ["s"], axis=1), *layers("s")]
    given = [g.info("x", ["n", 3, 32]), g.info("row", [], TensorProto.INT32)]
    path = g.write(tmp_path / "m.onnx", nodes, given, [g.info("y", ["n", 16])], [W, V])
    inputs = g.inputs(3, 32, count=8)
    made, plain = (
        g.session(each).run(None, {"x": inputs, "row": np.array(1, np.int32)})[0]
        for each in (built(builder, path, {"x": inputs, "row": eb.Constant(1)}), path)
    )
    assert g.noise(made, plain) < 0.03


def test_bfloat16_inputs(builder: Builder, tmp_path: Path) -> None:
    nodes = [g.node("Cast", ["x"], ["f"], to=1), *layers("f")]
    given = [g.info("x", ["n", 32], TensorProto.BFLOAT16)]
    path = g.write(tmp_path / "m.onnx", nodes, given, [g.info("y", ["n", 16])], [W, V])
    assert built(builder, path, g.inputs(32, count=8)).stat().st_size < path.stat().st_size


def cell(path: Path) -> Path:
    """A recurrent cell whose state goes in and out, (1, samples, 64)."""
    nodes = [
        g.node("MatMul", ["x", "W"], ["fresh"]),
        g.node("MatMul", ["h", "U"], ["kept"]),
        g.node("Add", ["fresh", "kept"], ["sum"]),
        g.node("Tanh", ["sum"], ["state"]),
        g.node("MatMul", ["state", "V"], ["y"]),
    ]
    return g.write(
        path,
        nodes,
        [g.info("x", ["n", 32]), g.info("h", [1, "n", 64])],
        [g.info("y", [1, "n", 16]), g.info("state", [1, "n", 64])],
        [W, V, g.weight("U", 64, 64)],
    )


def through(path: Path, sequences: Any) -> Any:
    """(sequences, steps, 16): each from a state of zeros."""
    loaded, found = g.session(path), []
    for steps in sequences:
        state = np.zeros((1, 1, 64), np.float32)
        for x in steps:
            y, state = loaded.run(None, {"x": x[None], "h": state})
            found.append(y[0, 0])
    return np.array(found)


@pytest.mark.parametrize("initial", [0.0, np.zeros((1, 1, 64), np.float32)])
def test_ranges_of_a_state_are_those_of_its_sequences(builder: Builder, tmp_path: Path, initial: Any) -> None:
    """Not of the zeros that it starts with; a number is enough, since the file tells its shape."""
    path, sequences = cell(tmp_path / "m.onnx"), g.inputs(6, 32, count=8)
    given = {"x": sequences, "h": eb.State("state", initial=initial, axis=1, reset="sequence")}
    assert g.noise(through(built(builder, path, given), sequences), through(path, sequences)) < 0.04


def test_a_state_that_is_never_reset(builder: Builder, tmp_path: Path) -> None:
    path, samples = cell(tmp_path / "m.onnx"), g.inputs(32, count=40)
    given = {"x": samples, "h": eb.State("state", axis=1, reset="never")}
    made = built(builder, path, given, count=40)
    assert g.noise(through(made, samples[None]), through(path, samples[None])) < 0.04


def test_a_call_that_is_filled_up_keeps_constants_and_axes() -> None:
    """Five samples, four a call: along their own axis, and what is constant stays."""
    arrays: Any = {
        "x": np.arange(5.0)[:, None],
        "s": Calls(np.arange(10.0).reshape(5, 2), 5, 1),
        "k": Calls(np.array(3.0), 5, None),
        "one": np.arange(5.0),
    }
    calls = list(batches(arrays, {"x": [4, 1], "s": [2, 4], "k": [1, 1], "one": None}))
    assert [call["x"].ravel().tolist() for call in calls] == [[0, 1, 2, 3], [4, 4, 4, 4]]
    assert [call["s"].shape for call in calls] == [(2, 4), (2, 4)]
    assert calls[1]["s"].tolist() == [[8.0] * 4, [9.0] * 4]
    assert [call["k"].tolist() for call in calls] == [[[3.0]], [[3.0]]]
    assert calls[0]["one"].tolist() == [0, 1, 2, 3]
