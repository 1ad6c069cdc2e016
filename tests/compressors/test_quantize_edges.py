"""Weights that are outputs, vectors, and numbers too large for halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx_graphs as g
import pytest
from onnx import numpy_helper

from pytest_edgebench.base.errors import NoEffectError
from pytest_edgebench.compressors.chain import quantize

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder


def test_halves_of_a_weight_that_is_an_output(builder: Builder, tmp_path: Path) -> None:
    path = g.write(
        tmp_path / "m.onnx",
        [g.node("MatMul", ["x", "W"], ["y"])],
        [g.info("x", ["n", 64])],
        [g.info("y", ["n", 64]), g.info("W", [64, 64])],
        [g.weight("W", 64, 64)],
    )
    found = builder.build(quantize(g.model(path, g.inputs(64)), "fp16"), "onnx")
    assert found.size < 0.6 * path.stat().st_size
    wanted, weight = (g.session(path).run(None, {"x": g.inputs(64)}) for _ in range(2))
    given = g.session(found.path).run(None, {"x": g.inputs(64)})
    assert [output.name for output in g.session(found.path).get_outputs()] == ["y", "W"]
    assert g.noise(given[0], wanted[0]) < 1e-2
    assert g.noise(given[1], weight[1]) < 1e-3


@pytest.mark.parametrize(
    ("scheme", "reason"),
    [
        (
            "dynamic-int8",
            r"MatMul \w+ \(64 weights\): its weight has 1 axis, ONNX Runtime's dynamic products",
        ),
        ("weight-int8", r"MatMul \w+ \(64 weights\): its weight has 1 axis, MatMulNBits takes 2"),
        ("weight-int4", r"MatMul \w+ \(64 weights\): its weight has 1 axis, MatMulNBits takes 2"),
    ],
)
def test_a_product_with_a_vector(builder: Builder, tmp_path: Path, scheme: str, reason: str) -> None:
    nodes = [g.node("MatMul", ["x", "v"], ["y"])]
    path = g.write(
        tmp_path / "m.onnx", nodes, [g.info("x", ["n", 64])], [g.info("y", ["n"])], [g.weight("v", 64)]
    )
    with pytest.raises(NoEffectError, match=reason):
        builder.build(quantize(g.model(path, g.inputs(64)), scheme), "onnx")  # type: ignore[arg-type]


def test_numbers_that_no_half_reaches(builder: Builder, tmp_path: Path) -> None:
    large = np.where(np.eye(64) > 0, 1e5, 0.01).astype(np.float32)
    nodes = [g.node("MatMul", ["x", "W"], ["h"]), g.node("Mul", ["h", "s"], ["y"])]
    weights = [
        numpy_helper.from_array(large, "W"),
        numpy_helper.from_array(np.array([1e-6], np.float32), "s"),
    ]
    path = g.write(tmp_path / "m.onnx", nodes, [g.info("x", ["n", 64])], [g.info("y", ["n", 64])], weights)
    found = builder.build(quantize(g.model(path, g.inputs(64) / 100), "fp16"), "onnx")
    assert "numbers beyond 65,504, the largest half, became that: W (64)" in found.record.notes
