"""Every scheme works on a file whose weights are stored in another way as it does on the plain one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnx_graphs as g
import pytest
from onnx import TensorProto, helper, numpy_helper

from pytest_edgebench.base.errors import NoEffectError
from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.record.run import Counts

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder

SCHEMES = ("dynamic-int8", "static-int8", "fp16", "weight-int8", "weight-int4")
W, V = g.weight("W", 64, 128), g.weight("V", 128, 8)
X = [g.info("x", ["n", 64])]
Y = [g.info("y", ["n", 8])]


def plain(path: Path) -> Path:
    return g.write(path, g.products(), X, Y, [W, V])


def listed(path: Path) -> Path:
    return g.write(path, g.products(), [*X, g.info("W", [64, 128]), g.info("V", [128, 8])], Y, [W, V])


def old(path: Path) -> Path:
    """IR 3, in which every initialiser must be an input."""
    given = [g.info("W", [64, 128]), *X, g.info("V", [128, 8])]
    return g.write(path, g.products(), given, Y, [W, V], opset=8, ir=3)


def constants(path: Path) -> Path:
    nodes = [
        g.node("Constant", [], ["W"], value=W),
        g.node("Constant", [], ["V0"], value=V),
        g.node("Identity", ["V0"], ["V"]),
    ]
    return g.write(path, [*nodes, *g.products()], X, Y)


def turned(path: Path) -> Path:
    """A weight that is transposed in the graph, as torch's own exporters write it."""
    values = numpy_helper.from_array(numpy_helper.to_array(W).T.copy(), "Wt")
    turn = g.node("Transpose", ["Wt"], ["W"], perm=[1, 0])
    return g.write(path, [turn, *g.products()], X, Y, [values, V])


def floats(path: Path) -> Path:
    """Weights in the list of floats rather than as raw bytes."""
    lists = [helper.make_tensor(t.name, g.FLOAT, t.dims, numpy_helper.to_array(t).ravel()) for t in (W, V)]
    return g.write(path, g.products(), X, Y, lists)


def sparse(path: Path) -> Path:
    """W as its elements and their positions."""
    values = numpy_helper.to_array(W)
    stored = numpy_helper.from_array(values.ravel(), "W")
    places = numpy_helper.from_array(np.arange(values.size), "W_places")
    there = helper.make_sparse_tensor(stored, places, list(values.shape))
    return g.write(path, g.products(), X, Y, [V], opset=21, ir=10, sparse_initializer=[there])


def fixed(path: Path) -> Path:
    return g.write(path, g.products(), [g.info("x", [4, 64])], [g.info("y", [4, 8])], [W, V])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("way", [listed, old, constants, turned, floats, sparse, fixed])
def test_as_the_plain_file(builder: Builder, tmp_path: Path, way: Any, scheme: Any) -> None:
    inputs = g.inputs(64)
    wanted = builder.build(quantize(g.model(plain(tmp_path / "plain.onnx"), inputs), scheme), "onnx")
    found = builder.build(quantize(g.model(way(tmp_path / "other.onnx"), inputs), scheme), "onnx")
    batch = 4 if way is fixed else 1
    # The dynamic scheme takes one scale for all samples of a call.
    limit = 0.02 if way is fixed and scheme == "dynamic-int8" else 1e-3
    assert g.noise(g.answers(found.path, inputs, batch), g.answers(wanted.path, inputs)) < limit
    assert found.record.counts.weight_bytes == wanted.record.counts.weight_bytes
    assert [value.name for value in onnx.load(found.path).graph.input] == ["x"]
    assert abs(found.size - wanted.size) < 300


@pytest.mark.parametrize("opset", range(7, 13))
@pytest.mark.parametrize("scheme", ["static-int8", "dynamic-int8"])
def test_an_old_operator_set_is_raised(builder: Builder, tmp_path: Path, opset: int, scheme: Any) -> None:
    def write(name: str, version: int) -> Any:
        nodes = [
            g.node("Conv", ["x", "K", "B"], ["c"], kernel_shape=[3, 3]),
            g.node("Relu", ["c"], ["r"]),
            g.node("GlobalAveragePool", ["r"], ["p"]),
            g.node("Flatten", ["p"], ["q"]),
            g.node("Gemm", ["q", "L", "C"], ["y"]),
        ]
        weights = [g.weight("K", 16, 8, 3, 3), g.weight("B", 16), g.weight("L", 16, 10), g.weight("C", 10)]
        given, made = [g.info("x", ["n", 8, 16, 16])], [g.info("y", ["n", 10])]
        return g.write(tmp_path / name, nodes, given, made, weights, opset=version, ir=6)

    inputs = g.inputs(8, 16, 16)
    new = builder.build(quantize(g.model(write("new.onnx", 13), inputs), scheme), "onnx")
    old = builder.build(quantize(g.model(write("old.onnx", opset), inputs), scheme), "onnx")
    assert g.noise(g.answers(old.path, inputs), g.answers(new.path, inputs)) < 1e-3
    needed = 13 if scheme == "static-int8" else 11
    assert (f"opset raised from {opset} to {needed}" in old.record.notes) == (opset < needed)


def test_operators_that_changed_their_meaning_keep_it(builder: Builder, tmp_path: Path) -> None:
    """Softmax over all from an axis on, attributes that became inputs, Upsample that is Resize now."""
    nodes = [
        g.node("Conv", ["x", "K"], ["c"], kernel_shape=[3, 3], pads=[1] * 4),
        g.node("Clip", ["c"], ["k"], min=-1.0, max=1.0),
        g.node("Upsample", ["k", "double"], ["u"], mode="nearest"),
        g.node("Slice", ["u"], ["s"], axes=[2], starts=[0], ends=[4]),
        g.node("Softmax", ["s"], ["m"], axis=2),
        g.node("Pad", ["m"], ["p"], pads=[0, 0, 1, 0, 0, 0, 0, 0]),
        g.node("ReduceSum", ["p"], ["t"], axes=[3], keepdims=1),
        g.node("Squeeze", ["t"], ["y"], axes=[3]),
    ]
    double = numpy_helper.from_array(np.array([1, 1, 2, 2], "f"), "double")
    path = g.write(
        tmp_path / "m.onnx", nodes, [g.info("x", ["n", 8, 8, 8])], [g.info("y", ["n", 16, 5])],
        [g.weight("K", 16, 8, 3, 3), double], opset=9, ir=4,
    )  # fmt: skip
    inputs = g.inputs(8, 8, 8)
    made = builder.build(quantize(g.model(path, inputs), "static-int8"), "onnx")
    assert g.noise(g.answers(made.path, inputs), g.answers(path, inputs)) < 0.05


def branches(path: Path, opset: int = 17, inner: Any = ()) -> Path:
    """Products by B or -B, as the sum of x is above zero or not; b and B are read inside."""
    negative = numpy_helper.from_array(-numpy_helper.to_array(g.weight("B", 32, 4)), "B2")

    def branch(name: str, weight: str) -> Any:
        nodes = [
            g.node("MatMul", ["b", weight], [f"{name}0"]),
            *inner,
            g.node("Identity", [f"{name}0"], [name]),
        ]
        return helper.make_graph(nodes, name, [], [g.info(name, ["n", 4])])

    summed = g.node("ReduceSum", ["x"], ["s"], keepdims=0)
    nodes = [
        g.node("MatMul", ["x", "A"], ["a"]), g.node("Relu", ["a"], ["b"]), summed,
        g.node("Greater", ["s", "zero"], ["gate"]),
        g.node("If", ["gate"], ["y"], then_branch=branch("t", "B"), else_branch=branch("e", "B2")),
    ]  # fmt: skip
    weights = [g.weight("A", 16, 32), g.weight("B", 32, 4), negative]
    zero = numpy_helper.from_array(np.array(0, np.float32), "zero")
    given, made = [g.info("x", ["n", 16])], [g.info("y", ["n", 4])]
    return g.write(path, nodes, given, made, [*weights, zero], opset=opset)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_branches_keep_their_meaning(builder: Builder, tmp_path: Path, scheme: Any) -> None:
    path, inputs = branches(tmp_path / "m.onnx"), g.inputs(16)
    found, wanted = (
        g.answers(each, inputs)
        for each in (builder.build(quantize(g.model(path, inputs), scheme), "onnx").path, path)
    )
    assert g.noise(found, wanted) < (0.15 if scheme == "weight-int4" else 0.03)


def test_bodies_of_an_old_operator_set(builder: Builder, tmp_path: Path) -> None:
    """onnx's converter does not reach into bodies: one scale a weight then needs no newer set."""
    inner = [g.node("Unsqueeze", ["b"], ["more"], axes=[0])]
    path, inputs = branches(tmp_path / "m.onnx", 11, inner), g.inputs(16)
    made = builder.build(quantize(g.model(path, inputs), "static-int8"), "onnx")
    assert "one scale a weight, since its Unsqueeze operators keep the file at opset 11" in made.record.notes
    assert g.noise(g.answers(made.path, inputs), g.answers(path, inputs)) < 0.05


def test_weights_in_bodies_only_are_the_reason(builder: Builder, tmp_path: Path) -> None:
    """Two branches, each with a constant of the same name."""

    def branch(name: str, seed: int) -> Any:
        product = g.node("MatMul", ["x", "k"], [name])
        return helper.make_graph(
            [product], name, [], [g.info(name, None)], [g.weight("k", 64, 16, seed=seed)]
        )

    nodes = [
        g.node("ReduceSum", ["x"], ["s"], keepdims=0), g.node("Greater", ["s", "zero"], ["c"]),
        g.node("If", ["c"], ["y"], then_branch=branch("t", 1), else_branch=branch("e", 2)),
    ]  # fmt: skip
    zero = numpy_helper.from_array(np.array(0, np.float32), "zero")
    path = g.write(tmp_path / "m.onnx", nodes, X, [g.info("y", ["n", 16])], [zero])
    inputs = g.inputs(64)
    for scheme in ("fp16", "weight-int8"):
        made = builder.build(quantize(g.model(path, inputs), scheme), "onnx")
        assert g.noise(g.answers(made.path, inputs), g.answers(path, inputs)) < 0.02
    with pytest.raises(NoEffectError, match="it stands in the body of If, which the quantizer leaves alone"):
        builder.build(quantize(g.model(path, inputs), "static-int8"), "onnx")


@pytest.mark.parametrize(
    ("dtype", "scheme", "reason"),
    [
        ("float64", "static-int8", "its weights are float64, and the scheme starts from float32"),
        ("float64", "dynamic-int8", "its weights are float64, and the scheme starts from float32"),
        ("float64", "fp16", "its weights are float64"),
        ("float64", "weight-int8", "its weights are float64, MatMulNBits starts from float32 or float16"),
        ("float16", "static-int8", "its weights are float16, and the scheme starts from float32"),
        ("float16", "dynamic-int8", "its weights are float16, and the scheme starts from float32"),
        ("float16", "fp16", "no weight became float16; some are float16 already"),
    ],
)
def test_other_dtypes_are_the_reason(
    builder: Builder, tmp_path: Path, dtype: str, scheme: Any, reason: str
) -> None:
    kind = TensorProto.DOUBLE if dtype == "float64" else TensorProto.FLOAT16
    weights = [g.weight("W", 64, 128, dtype=dtype), g.weight("V", 128, 8, dtype=dtype)]
    given, made = [g.info("x", ["n", 64], kind)], [g.info("y", ["n", 8], kind)]
    path = g.write(tmp_path / "m.onnx", g.products(), given, made, weights)
    with pytest.raises(NoEffectError, match=reason):
        builder.build(quantize(g.model(path, g.inputs(64, dtype=dtype)), scheme), "onnx")


def test_a_double_among_floats_stays(builder: Builder, tmp_path: Path) -> None:
    nodes = [
        g.node("MatMul", ["x", "W"], ["h"]), g.node("Cast", ["h"], ["d"], to=TensorProto.DOUBLE),
        g.node("MatMul", ["d", "D"], ["e"]), g.node("Cast", ["e"], ["y"], to=TensorProto.FLOAT),
    ]  # fmt: skip
    weights = [W, g.weight("D", 128, 8, dtype="float64")]
    path, inputs = g.write(tmp_path / "m.onnx", nodes, X, Y, weights), g.inputs(64)
    for scheme in SCHEMES:
        made = builder.build(quantize(g.model(path, inputs), scheme), "onnx")  # type: ignore[arg-type]
        assert made.record.counts.weight_bytes["float64"] == 128 * 8 * 8
        assert g.noise(g.answers(made.path, inputs), g.answers(path, inputs)) < 0.2


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_weight_of_three_axes(builder: Builder, tmp_path: Path, scheme: Any) -> None:
    product = g.node("MatMul", ["x", "W"], ["y"])
    given, made = [g.info("x", ["n", 4, 16, 64])], [g.info("y", ["n", 4, 16, 32])]
    path = g.write(tmp_path / "m.onnx", [product], given, made, [g.weight("W", 4, 64, 32)])
    inputs = g.inputs(4, 16, 64)
    recipe = quantize(g.model(path, inputs), scheme)
    if scheme in ("static-int8", "fp16"):
        assert g.noise(g.answers(builder.build(recipe, "onnx").path, inputs), g.answers(path, inputs)) < 0.03
        return
    with pytest.raises(NoEffectError, match=r"its weight has 3 axes, .* take"):
        builder.build(recipe, "onnx")


def test_onnx_attention_is_not_microsofts(builder: Builder, tmp_path: Path) -> None:
    nodes = [g.node("MatMul", ["x", name], [f"{name}o"]) for name in ("Q", "K", "V")]
    nodes.append(g.node("Attention", ["Qo", "Ko", "Vo"], ["y"], q_num_heads=4, kv_num_heads=4))
    weights = [g.weight(name, 64, 64, seed=n) for n, name in enumerate("QKV")]
    given, made = [g.info("x", ["n", 16, 64])], [g.info("y", ["n", 16, 64])]
    path = g.write(tmp_path / "m.onnx", nodes, given, made, weights, opset=23, ir=10)
    inputs = g.inputs(16, 64)
    for scheme in ("dynamic-int8", "static-int8"):
        found = builder.build(quantize(g.model(path, inputs), scheme), "onnx")
        assert g.noise(g.answers(found.path, inputs), g.answers(path, inputs)) < 0.05


def test_halves_take_two_bytes(builder: Builder, tmp_path: Path) -> None:
    path = floats(tmp_path / "m.onnx")
    made = builder.build(quantize(g.model(path, g.inputs(64)), "fp16"), "onnx")
    weights = 64 * 128 + 128 * 8
    assert made.record.counts.weight_bytes == {"float16": 2 * weights}
    assert made.size < 2 * weights + 600


def test_keys_change_only_where_bytes_may(tmp_path: Path) -> None:
    """An entry of the cache that an earlier version made of such a file is not used."""
    counts = Counts({"MatMul": 2}, 2, {}, 0, 0, 0)
    step = Quantize("static-int8")

    def revision(path: Path, step: Quantize = step, counts: Counts = counts) -> int:
        return step.revision("onnx", path, counts, from_file=True)

    assert revision(plain(tmp_path / "plain.onnx")) == 0
    assert revision(fixed(tmp_path / "fixed.onnx")) == 0  # it could not be built before
    for way in (listed, old, constants, turned, floats, sparse, branches):
        assert revision(way(tmp_path / f"{way.__name__}.onnx")) == 1
    masks = dataclasses.replace(counts, ops={"MatMul": 2, "Softmax": 1})
    assert revision(tmp_path / "plain.onnx", counts=masks) == 1
    assert revision(tmp_path / "plain.onnx", Quantize("fp16"), masks) == 0
    assert revision(tmp_path / "plain.onnx", Quantize("static-int8", method="entropy")) == 1
