"""Calibration of models whose state goes on from call to call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import pytest_edgebench as eb
from pytest_edgebench.compressors.build.carrying import INITIAL, carrying
from pytest_edgebench.compressors.build.runs import private
from pytest_edgebench.samples import data

if TYPE_CHECKING:
    from pathlib import Path

X = np.arange(12, dtype=np.float32).reshape(6, 2)


def adder(path: Path, axis: int, batch: int | str = "n") -> Path:
    """A file that adds its input to a state (batch, 2), or (1, batch, 2), and answers with twice the sum."""
    shape = [batch, 2] if axis == 0 else [1, batch, 2]
    values = {"x": [batch, 2], "h": shape, "y": shape, "h_next": shape}
    infos = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in values.items()
    }
    nodes = [helper.make_node("Add", ["x", "h"], ["h_next"]), helper.make_node("Add", ["h_next"] * 2, ["y"])]
    graph = helper.make_graph(nodes, "adder", [infos["x"], infos["h"]], [infos["y"], infos["h_next"]])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def calls(path: Path, inputs: Any, count: int) -> tuple[Any, list[str]]:
    """Calibration calls with their states, and what was noted."""
    model = eb.Model(path, data=(inputs, np.zeros(6)), score=eb.mae, calibration=inputs)
    arrays, given = data.calibration(model, count)
    runs, notes = private([path.parent]), list[str]()
    return carrying(given).carried(arrays, path, runs.client("onnx"), notes.append), notes


@pytest.mark.parametrize("output", ["h_next", 1])
def test_a_sequence_begins_at_the_initial_state(tmp_path: Path, output: str | int) -> None:
    path = adder(tmp_path / "m.onnx", axis=0)
    one = np.full((1, 2), 0.5, np.float32)
    state = eb.State(output, initial=one, reset="sequence")
    found, notes = calls(path, {"x": X.reshape(2, 3, 2), "h": state}, 5)
    assert notes == []
    before = X.reshape(2, 3, 2).cumsum(axis=1) - X.reshape(2, 3, 2) + 0.5
    assert np.array_equal(found["h"], before.reshape(6, 2)[:5])
    assert np.array_equal(found["x"], X[:5])


def test_samples_that_follow_each_other_have_one_state(tmp_path: Path) -> None:
    path = adder(tmp_path / "m.onnx", axis=1)
    state = eb.State("h_next", initial=np.zeros((1, 1, 2), np.float32), axis=1, reset="never")
    found, _ = calls(path, {"x": X, "h": state}, 6)
    assert [found["h"][at : at + 1].tolist() for at in range(6)] == (
        (X.cumsum(axis=0) - X).reshape(6, 1, 1, 2).tolist()
    )


def test_a_state_that_is_reset_before_each_sample_is_initial(tmp_path: Path) -> None:
    path = adder(tmp_path / "m.onnx", axis=0)
    found, notes = calls(path, {"x": X, "h": eb.State("h_next", initial=np.ones((1, 2), np.float32))}, 6)
    assert (np.asarray(found["h"]) == 1).all()
    assert notes == []


@pytest.mark.parametrize("batch, output", [(3, "h_next"), ("n", "nosuch"), ("n", 7)])
def test_what_cannot_be_run_by_calls_is_noted(tmp_path: Path, batch: int | str, output: str | int) -> None:
    path = adder(tmp_path / "m.onnx", axis=0, batch=batch)
    state = eb.State(output, initial=np.ones((1, 2), np.float32), reset="never")
    found, notes = calls(path, {"x": X, "h": state}, 6)
    assert (np.asarray(found["h"]) == 1).all()
    assert notes == [INITIAL]
