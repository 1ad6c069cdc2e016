"""Multiply-accumulates of each family of operators, against numbers worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graph_files import constant, number, value, write
from onnx import helper

from pytest_edgebench.artifacts.inspect.file import inspect

if TYPE_CHECKING:
    from pathlib import Path

MS = {"domain": "com.microsoft"}
ML = {"domain": "ai.onnx.ml"}
DEFORM = [constant("w", 6, 4, 3, 3), constant("o", 1, 18, 6, 6)]
CASES: dict[str, tuple[str, list[Any], list[Any], dict[str, Any], int]] = {
    "einsum, matrix product": (
        "Einsum",
        [["n", 64]],
        [constant("w", 64, 32)],
        {"equation": "ni,ij->nj"},
        2048,
    ),
    "einsum, ellipsis": (
        "Einsum",
        [["n", 3, 4, 5], ["n", 3, 5, 6]],
        [],
        {"equation": "...ij,...jk->...ik"},
        3 * 4 * 5 * 6,
    ),
    "einsum, one operand": ("Einsum", [["n", 8]], [], {"equation": "ij->ji"}, 0),
    "einsum, three operands": (
        "Einsum",
        [["n", 4]],
        [constant("a", 4, 5), constant("b", 5, 6)],
        {"equation": "ni,ij,jk->nk"},
        2 * 4 * 5 * 6,
    ),
    "attention, heads apart": (
        "Attention",
        [["n", 4, 10, 8], ["n", 2, 12, 8], ["n", 2, 12, 6]],
        [],
        {},
        4 * 10 * 12 * (8 + 6),
    ),
    "deformable convolution": ("DeformConv", [["n", 4, 8, 8]], DEFORM, {}, 6 * 36 * 4 * 9),
    "gru": ("GRU", [[5, 1, 3]], [constant("w", 1, 12, 3), constant("r", 1, 12, 4)], {"hidden_size": 4}, 420),
    "rnn, both ways": (
        "RNN",
        [[5, 1, 3]],
        [constant("w", 2, 4, 3), constant("r", 2, 4, 4)],
        {"hidden_size": 4, "direction": "bidirectional"},
        5 * (24 + 32),
    ),
    "transposed gemm": ("Gemm", [[7, "n"]], [constant("w", 5, 7)], {"transA": 1, "transB": 1}, 35),
    "fused attention": (
        "Attention",
        [["n", 10, 16]],
        [constant("w", 16, 48), constant("b", 48)],
        {"num_heads": 4, **MS},
        10 * 16 * 48 + 2 * 10 * 10 * 16,
    ),
    "multi head attention": (
        "MultiHeadAttention",
        [["n", 10, 16], ["n", 12, 16], ["n", 12, 16]],
        [],
        {"num_heads": 4, **MS},
        2 * 10 * 12 * 16,
    ),
    "grouped attention": (
        "GroupQueryAttention",
        [["n", 3, 32], ["n", 3, 16], ["n", 3, 16]],
        [constant("pk", 1, 2, 5, 8), constant("pv", 1, 2, 5, 8), number("l", [7]), number("t", 8)],
        {"num_heads": 4, "kv_num_heads": 2, **MS},
        2 * 4 * 3 * 8 * 8,
    ),
    "4-bit weight": (
        "MatMulNBits",
        [["n", 5, 32]],
        [constant("w", 24, 1, 16, dtype="uint8"), constant("s", 24)],
        {"N": 24, "K": 32, "bits": 4, "block_size": 32, **MS},
        5 * 24 * 32,
    ),
    "linear classifier": (
        "LinearClassifier",
        [["n", 6]],
        [],
        {"coefficients": [1.0] * 18, "classlabels_ints": [0, 1, 2], **ML},
        18,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_macs_of(name: str, tmp_path: Path) -> None:
    op, shapes, constants, attributes, macs = CASES[name]
    inputs = [value(f"x{i}", shape) for i, shape in enumerate(shapes)]
    node = helper.make_node(
        op, [*(i.name for i in inputs), *(c.name for c in constants)], ["y"], **attributes
    )
    opset = 23 if op == "Attention" else 21
    path = write(tmp_path / "m.onnx", [node], inputs, [value("y", None)], constants, opset)
    counts = inspect(path)
    assert (counts.macs, counts.uncounted, counts.float_ops) == (macs, {}, 1)


def test_attention_and_its_projections(tmp_path: Path) -> None:
    names = ("q", "k", "v")
    nodes = [helper.make_node("MatMul", ["x", f"w{name}"], [name]) for name in names]
    nodes.append(helper.make_node("Attention", [*names], ["y"], q_num_heads=4, kv_num_heads=4))
    weights = [constant(f"w{name}", 64, 64) for name in names]
    x, y = value("x", ["n", 128, 64]), value("y", ["n", 128, 64])
    counts = inspect(write(tmp_path / "m.onnx", nodes, [x], [y], weights, opset=23))
    assert counts.macs == 3 * 128 * 64 * 64 + 2 * 128 * 128 * 64
    assert counts.float_ops == 4


def test_behind_an_operator_of_onnx_runtime_shapes_go_on(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("MatMulNBits", ["x", "q", "s"], ["a"], N=24, K=32, bits=4, block_size=32, **MS),
        helper.make_node("FastGelu", ["a"], ["g"], **MS),
        helper.make_node("FusedMatMul", ["g", "w"], ["y"], transB=1, **MS),
    ]
    weights = [constant("q", 24, 1, 16, dtype="uint8"), constant("s", 24), constant("w", 10, 24)]
    path = write(tmp_path / "m.onnx", nodes, [value("x", ["n", 32])], [value("y", None)], weights)
    assert inspect(path).macs == 24 * 32 + 24 * 10


@pytest.mark.parametrize("op", ["MyConv", "STFT"])
def test_an_operator_without_a_rule_is_named(op: str, tmp_path: Path) -> None:
    domain = "" if op == "STFT" else "my.domain"
    node = helper.make_node(op, ["x", "w"], ["y"], domain=domain)
    path = write(tmp_path / "m.onnx", [node], [value("x", [1, 8, 1])], [value("y", None)], [number("w", 4)])
    counts = inspect(path)
    assert (counts.macs, counts.uncounted, counts.float_ops) == (0, {op: 1}, 1)


def test_a_length_that_depends_on_the_data_is_named_not_multiplied_in(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("NonZero", ["x"], ["at"]),
        helper.make_node("Cast", ["at"], ["f"], to=1),
        helper.make_node("MatMul", ["w", "f"], ["y"]),
        helper.make_node("MatMul", ["x", "v"], ["z"]),
    ]
    outputs = [value("y", None), value("z", None)]
    weights = [constant("w", 3, 2), constant("v", 8, 5)]
    counts = inspect(write(tmp_path / "m.onnx", nodes, [value("x", [1, 8])], outputs, weights))
    assert (counts.macs, counts.uncounted) == (40, {"MatMul": 1})
