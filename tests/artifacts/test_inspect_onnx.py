from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from onnx import helper, numpy_helper
from onnx_files import conv_net, save

from pytest_edgebench.artifacts.inspect.file import inspect

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import GraphProto, TensorProto


def weight(name: str, *shape: int, dtype: type = np.float32) -> TensorProto:
    return numpy_helper.from_array(np.ones(shape, dtype), name)


def test_counts_of_a_float_model_with_a_free_batch(tmp_path: Path) -> None:
    counts = inspect(conv_net(tmp_path / "m.onnx"))
    assert counts.ops == {"Conv": 1, "Flatten": 1, "Gemm": 1, "Relu": 1}
    assert counts.float_ops == 2
    assert counts.parameters == 4 * 9 + 4 + 5 * 144 + 5
    assert counts.weight_bytes == {"float32": 4 * counts.parameters}
    assert counts.zeros == 9
    assert counts.macs == 6 * 6 * 4 * 9 + 144 * 5


def test_external_data_counts_as_weights_inside(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    inside = conv_net(tmp_path / "m.onnx")
    outside = conv_net(tmp_path / "out" / "m.onnx", external=True)
    assert outside.stat().st_size < inside.stat().st_size
    assert inspect(outside) == inspect(inside)


def test_a_convolution_between_dequantize_and_quantize_is_no_float_op(tmp_path: Path) -> None:
    plain, counts = (
        inspect(conv_net(tmp_path / "f.onnx")),
        inspect(conv_net(tmp_path / "q.onnx", quantized=True)),
    )
    assert counts.float_ops == 1  # the Gemm
    assert counts.parameters == plain.parameters  # scales and zero points are none
    assert counts.macs == plain.macs
    assert counts.weight_bytes["int8"] == 36 + 1
    assert counts.zeros >= 9


@pytest.mark.parametrize(
    ("op", "inputs", "outputs", "weights", "attributes", "macs"),
    [
        ("Conv", [2, 6, 10], [2, 12, 8], [weight("w", 12, 3, 3)], {"group": 2}, 12 * 8 * 3 * 3),
        (
            "ConvTranspose",
            [2, 3, 4, 4],
            [2, 5, 9, 9],
            [weight("w", 3, 5, 3, 3)],
            {"strides": [2, 2]},
            48 * 45,
        ),
        ("MatMul", [2, 7, 6], [2, 7, 4], [weight("w", 6, 4)], {}, 7 * 6 * 4),
        ("Gemm", [2, 6], [2, 4], [weight("w", 6, 4)], {}, 24),
        (
            "LSTM",
            [2, 1, 6],
            [2, 1, 1, 5],
            [weight("w", 1, 20, 6), weight("r", 1, 20, 5)],
            {"hidden_size": 5},
            440,
        ),
    ],
)
def test_macs(tmp_path, op, inputs, outputs, weights, attributes, macs) -> None:  # type: ignore[no-untyped-def]
    node = helper.make_node(op, ["x", *(w.name for w in weights)], ["y"], **attributes)
    free: list[int | str | None] = ["batch", *inputs[1:]] if op != "LSTM" else inputs
    path = save(tmp_path / "m.onnx", [node], [("x", free)], [("y", [None] * len(outputs))], weights)
    assert inspect(path).macs == macs


def test_macs_of_a_product_of_two_inputs(tmp_path: Path) -> None:
    node = helper.make_node("MatMul", ["a", "b"], ["y"])
    shapes: list[tuple[str, list[int | str]]] = [
        ("a", ["batch", 3, 4, 5]),
        ("b", ["batch", 3, 5, 6]),
    ]
    path = save(tmp_path / "m.onnx", [node], shapes, [("y", ["batch", 3, 4, 6])], [])
    assert inspect(path).macs == 3 * 4 * 5 * 6


def test_operators_in_branches_count(tmp_path: Path) -> None:
    def branch(name: str) -> GraphProto:
        out = helper.make_tensor_value_info(name, 1, [1, 4])
        return helper.make_graph([helper.make_node("MatMul", ["x", "w"], [name])], name, [], [out])

    nodes = [
        helper.make_node("ReduceSum", ["x"], ["s"], keepdims=0),
        helper.make_node("Cast", ["s"], ["c"], to=9),
        helper.make_node("If", ["c"], ["y"], then_branch=branch("t"), else_branch=branch("e")),
    ]
    path = save(tmp_path / "m.onnx", nodes, [("x", [1, 6])], [("y", [1, 4])], [weight("w", 6, 4)])
    counts = inspect(path)
    assert counts.ops == {"Cast": 1, "If": 1, "MatMul": 2, "ReduceSum": 1}
    assert counts.float_ops == 2
    assert counts.macs == 2 * 24


def test_shapes_behind_an_unknown_operator_come_from_the_file(tmp_path: Path) -> None:
    import onnx

    nodes = [
        helper.make_node("Gelu", ["x"], ["g"], domain="com.microsoft"),
        helper.make_node("MatMul", ["g", "w"], ["y"]),
    ]
    path = save(tmp_path / "m.onnx", nodes, [("x", ["n", 6])], [("y", ["n", 4])], [weight("w", 6, 4)])
    model = onnx.load(path)
    model.graph.value_info.append(helper.make_tensor_value_info("g", 1, ["n", 6]))
    onnx.save(model, path)
    counts = inspect(path)
    assert counts.ops == {"MatMul": 1, "com.microsoft:Gelu": 1}
    assert counts.macs == 24
