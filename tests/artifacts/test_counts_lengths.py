"""Counts at the lengths of a call: free axes, negative and unknown lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from graph_files import constant, number, value, write
from onnx import helper

from pytest_edgebench.artifacts.inspect.file import inspect

if TYPE_CHECKING:
    from pathlib import Path


def convolved(path: Path, shape: Any) -> Path:
    """3 to 8 channels by 3x3, then over all pixels a product found by a computed shape."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Shape", ["c"], ["s"]),
        helper.make_node("Gather", ["s", "first"], ["n"]),
        helper.make_node("Concat", ["n", "eight"], ["to"], axis=0),
        helper.make_node("Reshape", ["c", "to"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["t"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["t", "v"], ["y"]),
    ]
    constants = [
        constant("w", 8, 3, 3, 3),
        constant("v", 8, 5),
        number("first", [0]),
        number("eight", [8, -1]),
    ]
    return write(path, nodes, [value("x", shape)], [value("y", None)], constants)


def macs(pixels: int) -> int:
    return pixels * (8 * 27 + 8 * 5)


def test_free_lengths_are_those_of_the_call(tmp_path: Path) -> None:
    path = convolved(tmp_path / "m.onnx", ["n", 3, "h", "w"])
    without, counts = inspect(path), inspect(path, {"x": np.zeros((1, 3, 48, 192), np.float32)})
    assert (without.macs, without.guessed) == (macs(1), True)
    assert (counts.macs, counts.guessed, counts.uncounted) == (macs(48 * 192), False, {})


def test_an_input_by_another_name_is_matched_by_its_place(tmp_path: Path) -> None:
    path = convolved(tmp_path / "m.onnx", ["n", 3, "h", "w"])
    assert inspect(path, {"input_0": np.zeros((1, 3, 4, 4), np.float32)}).macs == macs(16)


def test_a_negative_length_is_a_free_one(tmp_path: Path) -> None:
    path = convolved(tmp_path / "m.onnx", [-1, 3, -1, 6])
    assert inspect(path).macs == macs(6)
    assert inspect(path, {"x": np.zeros((1, 3, 5, 6), np.float32)}).macs == macs(30)


def test_a_rank_that_is_not_known_is_that_of_the_call(tmp_path: Path) -> None:
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    path = write(tmp_path / "m.onnx", [node], [value("x", None)], [value("y", None)], [constant("w", 8, 4)])
    without = inspect(path)
    assert (without.macs, without.uncounted, without.guessed) == (0, {"MatMul": 1}, True)
    assert inspect(path, {"x": np.zeros((1, 7, 8), np.float32)}).macs == 7 * 8 * 4


def test_a_free_batch_alone_is_no_guess(tmp_path: Path) -> None:
    counts = inspect(convolved(tmp_path / "m.onnx", ["n", 3, 4, 4]))
    assert (counts.macs, counts.guessed) == (macs(16), False)


def test_a_file_for_a_batch_of_four_is_counted_as_it_runs(tmp_path: Path) -> None:
    path = convolved(tmp_path / "m.onnx", [4, 3, 4, 4])
    assert inspect(path, {"x": np.zeros((1, 3, 4, 4), np.float32)}).macs == 4 * macs(16)


def test_an_initialiser_that_is_listed_as_an_input_is_no_input(tmp_path: Path) -> None:
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    inputs = [value("x", ["n", 8]), value("w", [8, 4])]
    path = write(tmp_path / "m.onnx", [node], inputs, [value("y", None)], [constant("w", 8, 4)])
    assert inspect(path, {"x": np.zeros((1, 8), np.float32)}).macs == 32
    assert onnx.load(path).graph.input[1].name == "w"
