from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
import tiny_nets
from file_answers import answers

from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.base.errors import BuildError, DeclarationError, NoEffectError, UnsupportedError
from pytest_edgebench.compressors.chain import chain, quantize
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.declare.model import Model

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder
    from pytest_edgebench.declare.model import Format, Recipe


def error(builder: Builder, model: Model, recipe: Recipe, fmt: Format) -> float:
    """Largest error of a recipe over the largest output of the model itself."""
    inputs = tiny_nets.samples()[0] if model.name == "cnn" else tiny_nets.flat_samples()[0]
    wanted = answers(builder.build(model, fmt).path, inputs)
    found = answers(builder.build(recipe, fmt).path, inputs)
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def dtypes(path: Path) -> set[str]:
    """(zero point dtypes) of a QDQ file."""
    import onnx

    graph = onnx.load(path).graph
    known = {t.name: onnx.helper.tensor_dtype_to_np_dtype(t.data_type).name for t in graph.initializer}
    quantizers = [n for n in graph.node if n.op_type == "QuantizeLinear"]
    return {known[n.input[2]] for n in quantizers}


@pytest.mark.parametrize(
    ("activations", "weights"), [("uint8", "int8"), ("int8", "int8"), ("uint8", "uint8")]
)
def test_signs_of_activations_and_weights(
    shared_builder: Builder, cnn: Model, activations: Any, weights: Any
) -> None:
    recipe = quantize(cnn, "static-int8", calibration=48, activations=activations, weights=weights)
    built = shared_builder.build(recipe, "onnx")
    assert dtypes(built.path) == {activations}
    assert built.record.counts.float_ops == 0
    assert built.record.counts.weight_bytes[weights] >= 6 * 9 + 8 * 6 * 9 + 72 * 4
    assert 0 < error(shared_builder, cnn, recipe, "onnx") < 0.05


def scale(path: Path) -> float:
    """Step of the input's quantization in a QDQ file."""
    import onnx

    graph = onnx.load(path).graph
    first = next(n for n in graph.node if n.op_type == "QuantizeLinear" and n.input[0] == "input_0")
    (found,) = (onnx.numpy_helper.to_array(t) for t in graph.initializer if t.name == first.input[1])
    return float(found)


def test_other_ways_to_find_ranges_cut_off_an_outlier(builder: Builder) -> None:
    """One value a thousand times as large: minmax follows it; onnxruntime's own call of entropy would too."""
    inputs, labels = tiny_nets.flat_samples()
    wild = inputs.copy()
    wild[0, 0] = 1000
    model = Model(tiny_nets.mlp, (inputs, labels), tiny_nets.score, calibration=wild)
    methods: tuple[Any, ...] = (
        {"method": "minmax"},
        {"method": "entropy"},
        {"method": "percentile", "percentile": 99.9},
    )
    plain, entropy, percentile = (
        scale(builder.build(quantize(model, "static-int8", calibration=48, **method), "onnx").path)
        for method in methods
    )
    assert plain > 3
    assert 0 < entropy < 1
    assert 0 < percentile < 0.1


def test_int16_activations_are_finer_than_int8(shared_builder: Builder, cnn: Model) -> None:
    eight = quantize(cnn, "static-int8", calibration=48)
    sixteen = quantize(cnn, "static-int8", calibration=48, activations="int16")
    assert shared_builder.build(sixteen, "tflite").record.counts.float_ops == 0
    errors = [error(shared_builder, cnn, recipe, "tflite") for recipe in (sixteen, eight)]
    assert 0 < errors[0] < errors[1] < 0.05


@pytest.mark.parametrize("fmt", ["onnx", "tflite"])
@pytest.mark.parametrize(("bits", "most"), [(8, 0.02), (4, 0.25)])
def test_weights_only(shared_builder: Builder, mlp: Model, fmt: Format, bits: int, most: float) -> None:
    scheme: Any = f"weight-int{bits}"
    recipe = quantize(mlp, scheme)
    before = shared_builder.build(mlp, fmt).record.counts
    built = shared_builder.build(recipe, fmt)
    after = built.record.counts
    dtype = f"uint{bits}" if fmt == "onnx" else f"int{bits}"
    assert after.weight_bytes[dtype] == (64 * 32 + 32 * 4) * bits // 8
    assert (after.parameters, after.macs) == (before.parameters, before.macs)
    assert after.float_ops == before.float_ops
    assert built.size < shared_builder.build(mlp, fmt).size
    assert 0 < error(shared_builder, mlp, recipe, fmt) < most


def test_blocks_of_another_size(shared_builder: Builder, mlp: Model) -> None:
    small, large = (
        shared_builder.build(quantize(mlp, "weight-int4", block=block), "onnx") for block in (16, 64)
    )
    assert small.size > large.size


def test_convolutions_keep_float_weights_on_onnx(shared_builder: Builder, cnn: Model) -> None:
    counts = shared_builder.build(quantize(cnn, "weight-int8"), "onnx").record.counts
    assert counts.ops["com.microsoft:MatMulNBits"] == 1
    assert counts.weight_bytes["float32"] >= (6 * 9 + 8 * 6 * 9) * 4


@dataclass(frozen=True)
class Naive(Quantize):
    """The library as it is called in tutorials: it passes over Gemm without a word."""

    stages: ClassVar[Any] = {"onnx": "file"}

    def file(self, source: Path, target: Path, context: Any) -> None:
        import onnx
        from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

        work = MatMulNBitsQuantizer(onnx.load(source), bits=4, block_size=32)
        work.process()
        onnx.save(work.model.model, target)


def test_blocks_that_pass_over_gemm_are_an_error(shared_builder: Builder, mlp: Model) -> None:
    with pytest.raises(NoEffectError, match="no weight became int4"):
        shared_builder.build(chain(mlp, Naive("weight-int4")), "onnx")


@dataclass(frozen=True)
class Fallback(Quantize):
    """Stores int8 weights and expands them before each product, as a file does that fell back to float."""

    def file(self, source: Path, target: Path, context: Any) -> None:
        Quantize("weight-int8").file(source, target, context)


@pytest.mark.parametrize("fmt", ["onnx", "tflite"])
def test_a_static_file_that_runs_in_float_is_an_error(
    shared_builder: Builder, mlp: Model, fmt: Format
) -> None:
    with pytest.raises(NoEffectError, match="all 2 convolutions and products still run in float"):
        shared_builder.build(chain(mlp, Fallback("static-int8")), fmt)


@pytest.mark.parametrize("pattern", ["Gemm", "7", "7.weight", "node_linear"])
@pytest.mark.parametrize("scheme", ["static-int8", "dynamic-int8"])
def test_operators_kept_in_float_on_onnx(
    shared_builder: Builder, cnn: Model, scheme: Any, pattern: str
) -> None:
    counts = shared_builder.build(quantize(cnn, scheme, exclude=pattern), "onnx").record.counts
    assert counts.float_ops == 1
    assert counts.weight_bytes["float32"] >= 4 * 72 * 4


@pytest.mark.parametrize(("fmt", "name"), [("onnx", "2"), ("tflite", "serving_default_output*")])
def test_operators_kept_in_float_by_other_schemes(
    shared_builder: Builder, mlp: Model, fmt: Format, name: str
) -> None:
    for scheme in ("fp16", "weight-int8"):
        counts = shared_builder.build(quantize(mlp, scheme, exclude=(name,)), fmt).record.counts
        assert 32 * 4 * 4 <= counts.weight_bytes["float32"] < 32 * 64 * 4


@pytest.mark.parametrize("pattern", ["DEPTHWISE_CONV_2D", "*Conv2d_0;2;"])
def test_operators_kept_in_float_on_tflite(shared_builder: Builder, cnn: Model, pattern: str) -> None:
    for scheme in ("static-int8", "dynamic-int8"):
        recipe = quantize(cnn, scheme, exclude=pattern)
        assert shared_builder.build(recipe, "tflite").record.counts.float_ops == 1


@pytest.mark.parametrize("fmt", ["onnx", "tflite"])
def test_a_pattern_that_matches_nothing(shared_builder: Builder, cnn: Model, fmt: Format) -> None:
    with pytest.raises(BuildError, match=r"exclude='LSTM' matches no operator of the file") as caught:
        shared_builder.build(quantize(cnn, "dynamic-int8", exclude="LSTM"), fmt)
    assert caught.value.where == "conftest.py:3"
    assert "node_linear" in caught.value.fix or "FULLY_CONNECTED" in caught.value.fix


@pytest.mark.parametrize(
    ("fields", "fmt", "reason"),
    [
        ({"activations": "int16"}, "onnx", "ONNX Runtime has no int16 kernels"),
        ({"method": "entropy"}, "tflite", "calibrates by minmax only, not by entropy"),
        ({"weights": "uint8"}, "tflite", "take int8 or int16, not uint8"),
        ({"activations": "uint8"}, "tflite", "take int8 or int16, not uint8"),
    ],
)
def test_what_a_format_cannot(
    shared_builder: Builder, cnn: Model, fields: Any, fmt: Format, reason: str
) -> None:
    with pytest.raises(UnsupportedError, match=reason) as caught:
        shared_builder.check(quantize(cnn, "static-int8", **fields), fmt)
    assert caught.value.where == "conftest.py:3"


def test_blocks_are_for_onnx(shared_builder: Builder, mlp: Model) -> None:
    with pytest.raises(UnsupportedError, match="one scale for each channel and no blocks"):
        shared_builder.check(quantize(mlp, "weight-int4", block=64), "tflite")


@pytest.mark.parametrize(
    ("scheme", "fields", "sentence"),
    [
        ("static-int8", {"method": "max"}, "method= is not 'max'"),
        ("static-int8", {"activations": "int4"}, "activations= is not 'int4'"),
        ("static-int8", {"weights": "int16"}, "weights= is not 'int16'"),
        ("weight-int4", {"block": 24}, "block= is a power of two from 16 to 256, not 24"),
        ("weight-int4", {"block": True}, "block= is a power of two"),
        ("dynamic-int8", {"method": "entropy"}, "method= has a meaning for 'static-int8' only"),
        ("fp16", {"activations": "int8"}, "activations= has a meaning for 'static-int8' only"),
        ("fp16", {"weights": "uint8"}, "weights= has a meaning for 'static-int8' and 'dynamic-int8' only"),
        (
            "static-int8",
            {"block": 64},
            "block= has a meaning for 'weight-int8', 'weight-int4' and 'dynamic-int4' only",
        ),
        ("static-int8", {"activations": "int8", "weights": "uint8"}, "no runtime multiplies int8 act"),
        ("static-int8", {"exclude": ["Gemm"]}, "exclude= is a pattern or several"),
        (
            "static-int8",
            {"method": "percentile", "percentile": 100},
            "percentile= is a number between 50 and",
        ),
        ("static-int8", {"percentile": 99}, "percentile= has a meaning for method='percentile' only"),
        ("static-int8", {"exclude": (3,)}, "exclude= is a pattern or several"),
    ],
)
def test_parameters_that_are_none(scheme: Any, fields: Any, sentence: str) -> None:
    with pytest.raises(DeclarationError, match=sentence):
        Quantize(scheme, **fields)


def test_packed_weights_with_zero_points(tmp_path: Path) -> None:
    """Zeros among 4-bit weights, counted by the values a reader sees."""
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    weight = np.random.default_rng(0).normal(1, 1, (40, 3)).astype(np.float32)
    weight[::4] = 0  # affine blocks map 0 to their zero point exactly
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [value("x", 1, [1, 40])],
        [value("y", 1, [1, 3])],
        [onnx.numpy_helper.from_array(weight, "w")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)])
    for symmetric in (True, False):
        whole = onnx.ModelProto()
        whole.CopyFrom(model)
        work = MatMulNBitsQuantizer(whole, bits=4, block_size=32, is_symmetric=symmetric)
        work.process()
        onnx.save(work.model.model, tmp_path / "m.onnx")
        counts = inspect(tmp_path / "m.onnx")
        assert counts.parameters == 120
        assert 30 <= counts.zeros < 60
        assert counts.weight_bytes["uint4"] + 0 == 3 * 2 * 16
