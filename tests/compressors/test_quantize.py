from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets

from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.base.errors import DataError, DeclarationError, NoEffectError
from pytest_edgebench.compressors.chain import chain, quantize
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.declare.model import Format, Model
from pytest_edgebench.record.run import Counts

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder

FORMATS: tuple[Format, ...] = ("onnx", "tflite")


def outputs(path: Path, inputs: Any, *, integer: bool = True) -> Any:
    """What a file answers to samples, integers dequantized; without `integer` QDQ files are run in float."""
    if path.suffix == ".onnx":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        if not integer:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(path, options)
        name = session.get_inputs()[0].name
        return np.concatenate([session.run(None, {name: x[None]})[0] for x in inputs])
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    (given,), (wanted,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for x in inputs:
        if given["dtype"] == np.int8:
            scale, zero = given["quantization"]
            x = np.clip(np.round(x / scale) + zero, -128, 127).astype(np.int8)
        interpreter.set_tensor(given["index"], x[None])
        interpreter.invoke()
        y = interpreter.get_tensor(wanted["index"]).astype(np.float32)
        if wanted["dtype"] == np.int8:
            scale, zero = wanted["quantization"]
            y = (y - zero) * scale
        found.append(y)
    return np.concatenate(found)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize(
    ("scheme", "dtype", "error"),
    [("dynamic-int8", "int8", 0.03), ("static-int8", "int8", 0.03), ("fp16", "float16", 2e-3)],
)
def test_each_scheme_changes_the_weights_and_hardly_the_answers(
    shared_builder: Builder, cnn: Model, fmt: Format, scheme: Any, dtype: str, error: float
) -> None:
    plain = shared_builder.build(cnn, fmt)
    small = shared_builder.build(quantize(cnn, scheme, calibration=32), fmt)
    before, after = plain.record.counts, small.record.counts
    weights = 6 * 9 + 8 * 6 * 9 + 72 * 4
    assert after.weight_bytes[dtype] >= weights * (2 if dtype == "float16" else 1)
    assert after.weight_bytes.get("float32", 0) < before.weight_bytes["float32"] / 4
    assert (after.float_ops == 0) == (dtype == "int8")
    assert (after.macs, after.parameters) == (before.macs, before.parameters)
    assert small.record.steps[-1].before == before
    assert small.record.steps[-1].after == after == inspect(small.path)
    inputs, _ = tiny_nets.samples()
    wanted, found = outputs(plain.path, inputs), outputs(small.path, inputs)
    assert 0 < np.abs(found - wanted).max() < error * np.abs(wanted).max()


@pytest.mark.parametrize("fmt", FORMATS)
def test_one_scale_for_a_whole_weight_makes_a_smaller_file(
    shared_builder: Builder, cnn: Model, fmt: Format
) -> None:
    each = shared_builder.build(quantize(cnn, "static-int8", calibration=32), fmt)
    one = shared_builder.build(quantize(cnn, "static-int8", calibration=32, per_channel=False), fmt)
    assert one.size < each.size
    assert one.record.counts.float_ops == 0


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("scheme", ["dynamic-int8", "static-int8"])
def test_one_scale_for_a_whole_weight_hardly_changes_the_answers(
    shared_builder: Builder, cnn: Model, fmt: Format, scheme: Any
) -> None:
    """The CNN's first convolution is depthwise on TFLite, where one scale gave an error of 68 %."""
    inputs, _ = tiny_nets.samples()
    recipe = quantize(cnn, scheme, calibration=32, per_channel=False)
    wanted = outputs(shared_builder.build(cnn, fmt).path, inputs)
    found = outputs(shared_builder.build(recipe, fmt).path, inputs)
    assert 0 < np.abs(found - wanted).max() < 0.03 * np.abs(wanted).max()


def weights(path: Path) -> int:
    """The largest int8 weight of an ONNX file."""
    import onnx
    from onnx.numpy_helper import to_array

    arrays = [to_array(tensor) for tensor in onnx.load(path).graph.initializer]
    return max(int(np.abs(a.astype(int)).max()) for a in arrays if a.dtype == np.int8 and a.ndim >= 2)


def test_integer_and_float_kernels_agree_on_a_reduced_range(shared_builder: Builder, cnn: Model) -> None:
    """Kernels without VNNI saturate at full range: 20 % of the largest output on an AVX2 machine."""
    inputs, _ = tiny_nets.samples()
    path = shared_builder.build(quantize(cnn, "static-int8", calibration=32), "onnx").path
    exact = outputs(path, inputs, integer=False)
    assert np.abs(outputs(path, inputs) - exact).max() < 0.01 * np.abs(exact).max()
    assert weights(path) <= 64


@pytest.mark.parametrize("scheme", ["dynamic-int8", "static-int8"])
def test_the_full_range_on_request(shared_builder: Builder, cnn: Model, scheme: Any) -> None:
    recipe = quantize(cnn, scheme, calibration=32, reduce_range=False)
    assert weights(shared_builder.build(recipe, "onnx").path) == 127
    assert (
        shared_builder.build(recipe, "onnx").key
        != shared_builder.build(quantize(cnn, scheme, calibration=32), "onnx").key
    )


def test_the_full_range_is_exact_in_float(shared_builder: Builder, cnn: Model) -> None:
    inputs, _ = tiny_nets.samples()
    wanted = outputs(shared_builder.build(cnn, "onnx").path, inputs)
    recipe = quantize(cnn, "static-int8", calibration=32, reduce_range=False)
    found = outputs(shared_builder.build(recipe, "onnx").path, inputs, integer=False)
    assert 0 < np.abs(found - wanted).max() < 0.03 * np.abs(wanted).max()


@pytest.mark.parametrize("fmt", FORMATS)
def test_quantizing_twice_has_no_effect(shared_builder: Builder, cnn: Model, fmt: Format) -> None:
    recipe = chain(cnn, Quantize("static-int8", 32), Quantize("dynamic-int8"))
    with pytest.raises(NoEffectError, match="the model is already quantized to int8") as caught:
        shared_builder.build(recipe, fmt)
    assert caught.value.where == "conftest.py:3"


@pytest.mark.parametrize("fmt", FORMATS)
def test_half_twice_has_no_effect(shared_builder: Builder, mlp: Model, fmt: Format) -> None:
    with pytest.raises(NoEffectError, match="no weight became float16"):
        shared_builder.build(chain(mlp, Quantize("fp16"), Quantize("fp16")), fmt)


def test_calibration_on_the_evaluation_data_is_noted(shared_builder: Builder, cnn: Model) -> None:
    artifact = shared_builder.build(quantize(cnn, "static-int8", calibration=32), "onnx")
    assert artifact.record.notes == ("calibrated on evaluation data",)
    assert shared_builder.build(quantize(cnn, "dynamic-int8"), "onnx").record.notes == ()


def test_own_calibration_data_set_the_ranges(builder: Builder) -> None:
    inputs, labels = tiny_nets.flat_samples()
    builds = [
        builder.build(
            quantize(
                Model(tiny_nets.mlp, (inputs, labels), tiny_nets.score, calibration=given), "static-int8"
            ),
            "onnx",
        )
        for given in (inputs[:8], lambda: inputs[:8], 10 * inputs[:8])
    ]
    assert all(build.record.notes == () for build in builds)
    assert builds[0].record.digest == builds[1].record.digest != builds[2].record.digest
    assert len({build.key for build in builds}) == 3


def test_names_of_the_data_that_the_file_does_not_have(
    shared_builder: Builder, tmp_path: Path, mlp: Model
) -> None:
    plain = shared_builder.build(mlp, "onnx")
    inputs, labels = tiny_nets.flat_samples()
    other = Model(plain.path, ({"speech": inputs}, labels), tiny_nets.score)
    with pytest.raises(DataError, match="the data has inputs speech; the model takes input_0"):
        shared_builder.build(quantize(other, "static-int8"), "onnx")


def test_data_without_names_fit_a_file_with_names(
    shared_builder: Builder, tmp_path: Path, mlp: Model
) -> None:
    import onnx

    renamed = onnx.load(shared_builder.build(mlp, "onnx").path)
    for node in renamed.graph.node:
        node.input[:] = ["speech" if name == "input_0" else name for name in node.input]
    renamed.graph.input[0].name = "speech"
    onnx.save(renamed, tmp_path / "named.onnx")
    other = Model(tmp_path / "named.onnx", tiny_nets.flat_samples, tiny_nets.score)
    assert shared_builder.build(quantize(other, "static-int8"), "onnx").record.counts.float_ops == 0


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (Counts({}, 3, {"float32": 9}, 9, 0, 9), Counts({}, 0, {"int8": 9}, 9, 0, 9), None),
        (
            Counts({}, 3, {"float32": 9}, 9, 0, 9),
            Counts({}, 3, {"float32": 9}, 9, 0, 9),
            "no weight became int8",
        ),
        (
            Counts({}, 3, {"float32": 9}, 9, 0, 9),
            Counts({}, 3, {"int8": 9}, 9, 0, 9),
            "all 3 convolutions and products still run in float",
        ),
    ],
)
def test_effect(before: Counts, after: Counts, reason: str | None) -> None:
    assert Quantize("static-int8").effect(before, after) == reason


def test_unknown_scheme() -> None:
    with pytest.raises(DeclarationError, match="unknown quantization scheme 'int8-static'") as caught:
        Quantize("int8-static")  # type: ignore[arg-type]
    assert "did you mean 'static-int8'?" in caught.value.fix
    assert "'dynamic-int8', 'static-int8', 'fp16'" in caught.value.fix


@pytest.mark.parametrize("count", [0, -1, True, 1.5, "9"])
def test_calibration_count(count: Any) -> None:
    with pytest.raises(DeclarationError, match="calibration= is a number of samples, at least 1"):
        Quantize("static-int8", count)


@pytest.mark.parametrize("name", ["per_channel", "reduce_range"])
def test_flags(name: str) -> None:
    with pytest.raises(DeclarationError, match=f"{name}= is True or False, not 1"):
        Quantize("static-int8", **{name: 1})  # type: ignore[arg-type]


@pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")
def test_a_file_without_signature_can_be_calibrated(builder: Builder) -> None:
    folder = Path(os.environ["EDGEBENCH_DATA"]) / "models/mlperf_tiny"
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3)).astype(np.float32)
    model = Model(folder / "ic_resnet8_float32.tflite", (images, np.zeros(8)), tiny_nets.score)
    counts = builder.build(quantize(model, "static-int8"), "tflite").record.counts
    reference = inspect(folder / "ic_resnet8_int8.tflite")
    assert (counts.ops, counts.parameters, counts.macs) == (
        reference.ops,
        reference.parameters,
        reference.macs,
    )
    assert counts.weight_bytes == reference.weight_bytes
