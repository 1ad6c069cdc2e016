"""Which operators are quantized: ``ops``, ``exclude``, ``preset``, and the masks that never are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnx_graphs as g
import pytest
import test_quantize
import tiny_nets
from onnx import helper

from pytest_edgebench.base.errors import BuildError, DeclarationError
from pytest_edgebench.compressors.chain import chain, qat, quantize
from pytest_edgebench.compressors.engines import onnxruntime as engine
from pytest_edgebench.compressors.fit import Fit
from pytest_edgebench.compressors.onnx_form.attention import has_attention
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.compressors.sensitive import sensitive
from pytest_edgebench.declare.model import Format, Model
from pytest_edgebench.identity.digest import digest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder

FORMATS: tuple[Format, ...] = ("onnx", "tflite")
PADDED = 3  # of the 8 tokens of a sample


def attention(fill: float) -> Any:
    """One layer of attention over 8 tokens, of which the padded ones are masked with `fill`."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k, self.v, self.out = (nn.Linear(16, 16) for _ in range(4))
            self.norm = nn.LayerNorm(16)

        def forward(self, x: Any, mask: Any) -> Any:
            bias = torch.where(mask > 0.5, 0.0, fill)[:, None, :]
            weights = self.q(x) @ self.k(x).transpose(1, 2) / 4 + bias
            mixed = torch.softmax(weights, -1) @ self.v(x)
            return self.norm(x + self.out(mixed))

    torch.manual_seed(0)
    return Net()


def masked() -> Any:
    return attention(float("-inf"))


def masked_by_lowest() -> Any:
    return attention(float(np.finfo(np.float32).min))


def masked_by_half() -> Any:
    return attention(-65504.0)


def masked_by_1e4() -> Any:
    return attention(-1e4)


def padded() -> Any:
    rng = np.random.default_rng(3)
    mask = np.ones((32, 8), np.float32)
    mask[::2, -PADDED:] = 0
    return {"x": rng.normal(size=(32, 8, 16)).astype(np.float32), "mask": mask}, np.zeros(32)


def outputs(path: Path) -> Any:
    """What a file with the two inputs answers to all samples, in floats."""
    from pytest_edgebench.runtimes import run_litert, run_onnxruntime
    from pytest_edgebench.workers import binding

    runtime: Any = run_onnxruntime if path.suffix == ".onnx" else run_litert
    return binding.run(runtime.load(str(path), 1, {}), padded()[0], 1)[0][0]


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("net", [masked, masked_by_lowest, masked_by_half, masked_by_1e4])
def test_a_mask_has_no_scale(shared_builder: Builder, fmt: Format, net: Any) -> None:
    """With a scale of its own a mask leaves one step for all that is not masked."""
    model = Model(net, padded, tiny_nets.score, name=net.__name__)
    wanted = outputs(shared_builder.build(model, fmt).path)
    for preset in (None, "transformer"):
        recipe = quantize(model, "static-int8", calibration=32, preset=preset)
        made = shared_builder.build(recipe, fmt)
        assert g.noise(outputs(made.path), wanted) < 0.08
        assert made.record.counts.float_ops == 0


@pytest.mark.parametrize(("options", "told"), [({}, True), ({"preset": "transformer"}, False)])
def test_attention_without_the_preset_is_noted(shared_builder: Builder, options: Any, told: bool) -> None:
    model = Model(masked, padded, tiny_nets.score, name="masked")
    made = shared_builder.build(quantize(model, "static-int8", calibration=32, **options), "onnx")
    assert (engine.RECOMMENDED in made.record.notes) == told


def test_what_is_no_attention(cnn: Model, shared_builder: Builder) -> None:
    assert not has_attention(onnx.load(shared_builder.build(cnn, "onnx").path))
    weighed = [helper.make_node("Softmax", ["x"], ["s"]), helper.make_node("MatMul", ["s", "W"], ["y"])]
    graph = helper.make_graph(weighed, "g", [], [], [g.weight("W", 4, 4)])
    assert not has_attention(helper.make_model(graph))  # shares of fixed rows, as of a mixture
    fused = helper.make_node("Attention", ["q", "k", "v"], ["y"])
    assert has_attention(helper.make_model(helper.make_graph([fused], "g", [], [])))


def small_scores() -> Any:
    """A sum with the mask has no number below the scores in its range, which leaves infinite ones out."""
    net = masked_by_lowest()
    for layer in (net.q, net.k):
        layer.weight.data *= 0.1
        layer.bias.data *= 0.1
    return net


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_mask_beside_small_scores(shared_builder: Builder, fmt: Format) -> None:
    model = Model(small_scores, padded, tiny_nets.score, name="small", place="conftest.py:3")
    wanted = outputs(shared_builder.build(model, fmt).path)
    made = shared_builder.build(quantize(model, "static-int8"), fmt)
    assert g.noise(outputs(made.path), wanted) < 0.03


@pytest.mark.parametrize("method", ["entropy", "percentile"])
def test_a_mask_in_a_histogram(shared_builder: Builder, method: Any) -> None:
    model = Model(masked, padded, tiny_nets.score, name="masked")
    wanted = outputs(shared_builder.build(model, "onnx").path)
    made = shared_builder.build(quantize(model, "static-int8", calibration=32, method=method), "onnx")
    assert g.noise(outputs(made.path), wanted) < 0.1


def test_large_values_far_from_a_softmax_are_quantized(builder: Builder, tmp_path: Path) -> None:
    """Only what reaches a softmax is a mask at -1e4: sums of raw audio are as large."""
    nodes = [g.node("MatMul", ["x", "W"], ["h"]), g.node("Mul", ["h", "b"], ["y"])]
    bias = onnx.numpy_helper.from_array(np.full(8, 2e4, "f"), "b")
    path = g.write(
        tmp_path / "m.onnx", nodes, [g.info("x", ["n", 64])], [g.info("y", ["n", 8])],
        [g.weight("W", 64, 8), bias],
    )  # fmt: skip
    made = builder.build(quantize(g.model(path, 1e4 * g.inputs(64)), "static-int8"), "onnx")
    graph = onnx.load(made.path).graph
    scaled = next(node for node in graph.node if node.op_type == "Mul")
    assert all("DequantizeLinear" in name for name in scaled.input)


def test_the_preset_takes_products_alone(shared_builder: Builder) -> None:
    model = Model(masked, padded, tiny_nets.score, name="masked")
    recipes = {
        preset: quantize(model, "static-int8", calibration=32, preset=preset)
        for preset in (None, "transformer")
    }
    graphs = {k: onnx.load(shared_builder.build(r, "onnx").path).graph for k, r in recipes.items()}
    floats = {
        preset: {t.name for t in graph.initializer if t.data_type == g.FLOAT and t.dims == [16]}
        for preset, graph in graphs.items()
    }
    assert {"norm.weight", "norm.bias"} <= floats["transformer"]
    assert not {"norm.weight", "norm.bias"} & floats[None]
    # Beside what products read and make, nothing is rounded.
    for node in graphs["transformer"].node:
        if node.op_type == "QuantizeLinear":
            around = [n for n in graphs["transformer"].node if node.input[0] in n.output]
            after = readers(graphs["transformer"], node.output[0])
            assert {n.op_type for n in (*around, *after)} & {"MatMul", "Gemm"}


def readers(graph: Any, name: str) -> list[Any]:
    """The operators that read what an integer tensor stands for."""
    made = {n.output[0] for n in graph.node if n.op_type == "DequantizeLinear" and n.input[0] == name}
    return [n for n in graph.node if made.intersection(n.input)]


def test_the_preset_on_tflite_takes_products_alone(shared_builder: Builder) -> None:
    model = Model(masked, padded, tiny_nets.score, name="masked")
    made = shared_builder.build(
        quantize(model, "static-int8", calibration=32, preset="transformer"), "tflite"
    )
    from pytest_edgebench.artifacts.inspect import tflite_file

    with tflite_file.reading(made.path):
        (graph,) = tflite_file.read(made.path).graphs
    kinds: dict[str, set[str]] = {}
    for operator in graph.operators:
        kinds.setdefault(operator.name, set()).update(graph.dtype(i) for i in operator.outputs)
    assert kinds["SOFTMAX"] == {"float32"}
    assert kinds["FULLY_CONNECTED"] == {"int8"}


@pytest.mark.parametrize(
    ("fmt", "conv", "linear"), [("onnx", "Conv", "Gemm"), ("tflite", "*CONV*", "FULLY_CONNECTED")]
)
def test_ops_names_the_only_ones(
    shared_builder: Builder, cnn: Model, fmt: Format, conv: str, linear: str
) -> None:
    inputs, _ = tiny_nets.samples()
    sizes = {}
    for ops, weights in ((conv, 6 * 9 + 8 * 6 * 9), (linear, 72 * 4)):
        for scheme in ("static-int8", "dynamic-int8"):
            made = shared_builder.build(quantize(cnn, scheme, calibration=32, ops=ops), fmt)
            held = made.record.counts.weight_bytes["int8"]
            assert weights <= held < weights + 64
            sizes[ops] = made.size
    both = shared_builder.build(quantize(cnn, "static-int8", calibration=32, ops=(conv, linear)), fmt)
    assert both.record.counts.float_ops == 0
    assert test_quantize.outputs(both.path, inputs[:4]).shape == (4, 4)


@pytest.mark.parametrize("scheme", ["fp16", "weight-int8"])
def test_ops_of_the_other_schemes(shared_builder: Builder, mlp: Model, scheme: Any) -> None:
    first = onnx.load(shared_builder.build(mlp, "onnx").path).graph.node[0]
    (weight,) = [name for name in first.input if name.endswith("0.weight")]
    made = shared_builder.build(quantize(mlp, scheme, ops=weight), "onnx")
    assert made.record.counts.weight_bytes["float32"] >= 4 * 32 * 4
    held = "float16" if scheme == "fp16" else "uint8"
    assert made.record.counts.weight_bytes[held] >= 64 * 32


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("name", ["ops", "exclude"])
def test_a_pattern_that_matches_nothing(shared_builder: Builder, mlp: Model, fmt: Format, name: str) -> None:
    recipe = quantize(mlp, "static-int8", **{name: "LSTM*"})  # type: ignore[arg-type]
    with pytest.raises(BuildError, match=rf"{name}='LSTM\*' matches no operator of the file") as caught:
        shared_builder.build(recipe, fmt)
    assert "operators are" in caught.value.fix


def test_what_was_left_out_is_the_reason(shared_builder: Builder, cnn: Model) -> None:
    made = shared_builder.build(quantize(cnn, "static-int8", calibration=32, ops="Gemm"), "onnx")
    (note,) = [note for note in made.record.notes if "changed" in note]
    assert "Conv" in note
    assert "it was left out by exclude=, ops=, preset= or keep=" in note


def test_a_preset_and_ops() -> None:
    with pytest.raises(DeclarationError, match="preset='transformer' says which operators are quantized"):
        Quantize("static-int8", ops="Gemm", preset="transformer")
    with pytest.raises(DeclarationError, match="preset= is not 'bert'"):
        Quantize("static-int8", preset="bert")  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match="ops= is a pattern or several"):
        Quantize("static-int8", ops=3)  # type: ignore[arg-type]


def test_keys_stay_where_they_are_not_given() -> None:
    """The digest of a step of the version before these fields came."""
    assert digest(Quantize("fp16")) == digest(Quantize("fp16", ops=(), preset=None))
    assert digest(Quantize("fp16")) != digest(Quantize("fp16", ops="Gemm"))
    assert digest(Quantize("fp16")) != digest(Quantize("fp16", preset="transformer"))


def test_qat_hands_them_on(mlp: Model) -> None:
    step = qat(mlp, Fit(), ops="Gemm", exclude="*1*").step
    assert step == Quantize("static-int8", ops=("Gemm",), exclude=("*1*",))


@pytest.mark.parametrize("fmt", FORMATS)
def test_keep_knows_operators_without_weights(shared_builder: Builder, fmt: Format) -> None:
    """Softmax and sums have scales of their own, and may be what costs the score."""
    tools: Any = engine
    if fmt == "tflite":
        from pytest_edgebench.compressors.engines import ai_edge_quantizer as tools
    model = Model(masked, padded, tiny_nets.score, name="masked")
    source = shared_builder.build(model, fmt).path
    names = tools.prepared(source, source.parent / f"prepared.{fmt}")
    step = Quantize("static-int8", keep=sensitive(1))
    static = tools.layers(names, step._asked())
    weights = tools.layers(names, Quantize("weight-int8")._asked())
    products = tools.layers(names, Quantize("static-int8", preset="transformer")._asked())
    assert len(static) > len(products) > len(weights) >= 4
    recipe = chain(model, Quantize("static-int8", 32, exclude=static[0]))
    assert shared_builder.build(recipe, fmt).record.counts.float_ops >= 0
