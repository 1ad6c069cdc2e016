"""Files whose graph a quantizer mistakes: factors of a Gemm, inputs handed on, bodies, integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnx_graphs as g
import pytest
from onnx import TensorProto, numpy_helper

from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.compressors.engines import onnxruntime as engine
from pytest_edgebench.compressors.onnx_form.half import beyond
from pytest_edgebench.compressors.onnx_form.plain import is_odd
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.record.run import Counts

if TYPE_CHECKING:
    from pathlib import Path

SCHEMES = ("dynamic-int8", "static-int8", "fp16", "weight-int8")
W, V = g.weight("W", 64, 128), g.weight("V", 128, 8)
X, Y = [g.info("x", ["n", 64])], [g.info("y", ["n", 8])]


def quantized(source: Path, scheme: Any, samples: Any, **options: Any) -> Path:
    target = source.with_name("q.onnx")
    engine.quantize(source, target, Quantize(scheme, **options)._asked(), samples)
    return target


@pytest.mark.parametrize(("alpha", "beta"), [(0.5, 2.0), (1.0, 3.0), (2.0, 0.0)])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_factors_of_a_product(tmp_path: Path, scheme: Any, alpha: float, beta: float) -> None:
    """They go into the weight and the bias, which another Gemm may share."""
    nodes = [
        g.node("Gemm", ["x", "W", "B"], ["h"], alpha=alpha, beta=beta),
        g.node("Relu", ["h"], ["r"]),
        g.node("Gemm", ["r", "V", "C"], ["y0"], alpha=alpha, beta=beta),
        g.node("Add", ["y0", "C"], ["y"]),
    ]
    path = g.write(tmp_path / "m.onnx", nodes, X, Y, [W, V, g.weight("B", 128), g.weight("C", 8)])
    inputs = g.inputs(64)
    made = quantized(path, scheme, {"x": inputs})
    assert g.noise(g.answers(made, inputs), g.answers(path, inputs)) < 0.05
    held = {tensor.data_type for tensor in onnx.load(made).graph.initializer if len(tensor.dims) > 1}
    assert TensorProto.FLOAT not in held - ({TensorProto.FLOAT} if scheme == "weight-int8" else set())


def test_a_shared_weight_keeps_its_factor(tmp_path: Path) -> None:
    """It would be stored twice else."""
    nodes = [g.node("Gemm", ["x", "W"], ["h"], alpha=0.5), g.node("Gemm", ["h", "W"], ["y"], transB=1)]
    path = g.write(tmp_path / "m.onnx", nodes, X, [g.info("y", ["n", 64])], [W])
    inputs = g.inputs(64)
    made = quantized(path, "static-int8", {"x": inputs})
    assert g.noise(g.answers(made, inputs), g.answers(path, inputs)) < 0.05


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_input_that_is_an_output(tmp_path: Path, scheme: Any) -> None:
    """It stays one, at its place."""
    path = g.write(tmp_path / "m.onnx", g.products(), X, [g.info("x", ["n", 64]), *Y], [W, V])
    inputs = g.inputs(64)
    made = g.session(quantized(path, scheme, {"x": inputs}))
    assert [value.name for value in made.get_outputs()] == ["x", "y"]
    same, found = made.run(None, {"x": inputs})
    assert (same == inputs).all()
    assert g.noise(found, g.session(path).run(None, {"x": inputs})[1]) < 0.05


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_file_with_bodies_is_in_order(tmp_path: Path, scheme: Any) -> None:
    """What a branch reads stands before it, as ONNX asks for."""

    def branch(name: str) -> Any:
        return onnx.helper.make_graph(
            [g.node("MatMul", ["r", name], [f"y{name}"])], name, [], [g.info(f"y{name}", None)]
        )

    nodes = [
        g.node("MatMul", ["x", "W"], ["h"]),
        g.node("Relu", ["h"], ["r"]),
        g.node("If", ["flag"], ["y"], then_branch=branch("V"), else_branch=branch("U")),
    ]
    given = [*X, g.info("flag", [], TensorProto.BOOL)]
    path = g.write(tmp_path / "m.onnx", nodes, given, Y, [W, V, g.weight("U", 128, 8)])
    samples = {"x": g.inputs(64), "flag": np.ones(32, bool)}
    made = quantized(path, scheme, samples)
    if scheme != "weight-int8":  # of which the checker knows no operator
        onnx.checker.check_model(onnx.load(made))
    for flag in (True, False):
        call = {"x": samples["x"], "flag": np.array(flag)}
        assert g.noise(g.session(made).run(None, call)[0], g.session(path).run(None, call)[0]) < 0.05


def test_halves_beside_integers(tmp_path: Path) -> None:
    """Scales are floats before opset 19, and a product of integers stays one."""
    scale, zero = (
        numpy_helper.from_array(np.array(0.03, np.float32), "s"),
        numpy_helper.from_array(np.array(128, np.uint8), "z"),
    )
    nodes = []
    for name in ("x", "h"):
        nodes += [g.node("QuantizeLinear", [name, "s", "z"], [f"{name}q"])]
        nodes += [g.node("DequantizeLinear", [f"{name}q", "s", "z"], [f"{name}d"])]
        if name == "x":
            nodes += [g.node("DequantizeLinear", ["I", "t"], ["Wd"]), g.node("MatMul", ["xd", "Wd"], ["h"])]
    nodes += [g.node("MatMul", ["hd", "V"], ["y"])]
    values = np.random.default_rng(0).integers(-99, 99, (64, 128)).astype(np.int8)
    weights = [
        scale,
        zero,
        numpy_helper.from_array(np.array(1e-3, np.float32), "t"),
        numpy_helper.from_array(values, "I"),
        V,
    ]
    path = g.write(tmp_path / "m.onnx", nodes, X, Y, weights)
    inputs = g.inputs(64)
    made = quantized(path, "fp16", {})
    assert g.noise(g.answers(made, inputs), g.answers(path, inputs)) < 0.02
    assert (inspect(made).float_ops, inspect(path).float_ops) == (1, 1)
    assert inspect(made).weight_bytes["float16"] == 2 * 128 * 8


def test_infinity_has_a_half() -> None:
    values = np.array([[np.inf, -np.inf, 1e5, -1.0]], np.float32)
    model = onnx.helper.make_model(
        onnx.helper.make_graph([], "g", [], [], [numpy_helper.from_array(values, "mask")])
    )
    assert beyond(model).endswith(": mask (1)")


def test_a_transformers_batched_products_stay_float(tmp_path: Path) -> None:
    """No kernel gives floats of integers with three axes."""
    nodes = [g.node("MatMul", ["x", "B"], ["h"]), g.node("MatMul", ["h", "U"], ["y"])]
    weights = [g.weight("B", 4, 32, 48), g.weight("U", 48, 16)]
    given, wanted = [g.info("x", ["n", 4, 6, 32])], [g.info("y", ["n", 4, 6, 16])]
    path, inputs = g.write(tmp_path / "m.onnx", nodes, given, wanted, weights), g.inputs(4, 6, 32)
    made = quantized(path, "static-int8", {"x": inputs}, preset="transformer")
    assert g.noise(g.answers(made, inputs), g.answers(path, inputs)) < 0.05


def test_a_preset_without_anything_to_take(tmp_path: Path) -> None:
    nodes = [g.node("Einsum", ["x", "W"], ["y"], equation="ni,ij->nj")]
    path = g.write(tmp_path / "m.onnx", nodes, X, [g.info("y", ["n", 128])], [W])
    with pytest.raises(BuildError, match="no convolution or matrix product, and preset='transformer' takes"):
        quantized(path, "static-int8", {"x": g.inputs(64)}, preset="transformer")


def test_what_is_built_otherwise_has_another_key(tmp_path: Path) -> None:
    def revision(path: Path, *ops: str) -> int:
        counts = Counts(dict.fromkeys(ops, 1), 1, {}, 0, 0, 0)
        return Quantize("dynamic-int8").revision("onnx", path, counts, from_file=True)

    product = g.node("Gemm", ["x", "W"], ["y"])
    plain = g.write(tmp_path / "a.onnx", [product], X, [g.info("y", ["n", 128])], [W])
    halved = g.node("Gemm", ["x", "W"], ["y"], alpha=0.5)
    factor = g.write(tmp_path / "b.onnx", [halved], X, [g.info("y", ["n", 128])], [W])
    assert [revision(plain, "Gemm"), revision(factor, "Gemm"), revision(factor)] == [0, 10, 0]
    assert [is_odd(plain), is_odd(factor)] == [False, True]


@pytest.mark.parametrize("scheme", ["static-int8", "fp16"])
def test_a_file_that_was_quantized_before(tmp_path: Path, scheme: Any) -> None:
    """Its names are those that a quantizer would give, and its integers do not fit halves."""
    nodes = [
        g.node("MatMul", ["x", "W"], ["h"], name="one"),
        g.node("Transpose", ["h"], ["t"], perm=[0, 2, 1]),
        g.node("MatMul", ["h", "t"], ["s"], name="two"),
        g.node("MatMul", ["s", "h"], ["o"], name="three"),
        g.node("MatMul", ["o", "V"], ["p"], name="four"),
        g.node("MatMul", ["p", "U"], ["y"], name="five"),
    ]
    weights = [g.weight("W", 32, 64), g.weight("V", 64, 64), g.weight("U", 64, 32)]
    given, wanted = [g.info("x", ["n", 6, 32])], [g.info("y", ["n", 6, 32])]
    path, inputs = g.write(tmp_path / "m.onnx", nodes, given, wanted, weights), g.inputs(6, 32)
    first = quantized(path, "dynamic-int8", {}, exclude="five").rename(tmp_path / "first.onnx")
    made = quantized(first, scheme, {"x": inputs})
    assert g.noise(g.answers(made, inputs), g.answers(first, inputs)) < 0.1


@pytest.mark.parametrize("scheme", ["dynamic-int8", "static-int8"])
def test_operators_of_onnx_runtime_write_floats(tmp_path: Path, scheme: Any) -> None:
    """An optimized block of BERT: onnx knows no type of what its attention and norms write."""
    own: dict[str, Any] = {"domain": "com.microsoft"}
    nodes = [
        g.node("Attention", ["x", "A", "b"], ["o"], num_heads=4, **own),
        g.node("SkipLayerNormalization", ["o", "x", "g", "h"], ["s"], **own),
        g.node("MatMul", ["s", "W"], ["f"]),
        g.node("FastGelu", ["f"], ["e"], **own),
        g.node("MatMul", ["e", "V"], ["y"]),
    ]
    weights = [g.weight("A", 64, 192), g.weight("W", 64, 128), g.weight("V", 128, 8)]
    weights += [g.weight(name, size) for name, size in (("b", 192), ("g", 64), ("h", 64))]
    given, wanted = [g.info("x", ["n", 5, 64])], [g.info("y", ["n", 5, 8])]
    path = g.write(tmp_path / "m.onnx", nodes, given, wanted, weights)
    model = onnx.load(path)
    model.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, path)
    inputs = g.inputs(5, 64)
    made = quantized(path, scheme, {"x": inputs})
    assert g.noise(g.answers(made, inputs), g.answers(path, inputs)) < 0.1
    counts = inspect(made, {"x": inputs[:1]})
    assert counts.float_ops == (0 if scheme == "dynamic-int8" else 1)
    assert (counts.macs, dict(counts.uncounted)) == (inspect(path).macs, {})
    assert is_odd(path)


def test_a_grid_stays_float(tmp_path: Path) -> None:
    """ONNX Runtime has no halves of it."""
    nodes = [
        g.node("AffineGrid", ["t", "size"], ["grid"], align_corners=0),
        g.node("GridSample", ["x", "grid"], ["s"]),
        g.node("Conv", ["s", "K"], ["y"]),
    ]
    given = [g.info("x", [1, 3, 8, 8]), g.info("t", [1, 2, 3])]
    size = numpy_helper.from_array(np.array([1, 3, 8, 8]), "size")
    weights = [size, g.weight("K", 4, 3, 3, 3)]
    path = g.write(tmp_path / "m.onnx", nodes, given, [g.info("y", [1, 4, 6, 6])], weights, opset=20, ir=9)
    call = {"x": g.inputs(3, 8, 8, count=1), "t": np.eye(2, 3, dtype=np.float32)[None]}
    found, wanted = (g.session(each).run(None, call)[0] for each in (quantized(path, "fp16", {}), path))
    assert g.noise(found, wanted) < 0.01
