from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets
from file_answers import answers

from pytest_edgebench.base.errors import BuildError, DeclarationError, NoEffectError, UnsupportedError
from pytest_edgebench.compressors.chain import chain, qat, quantize
from pytest_edgebench.compressors.fit import Fit
from pytest_edgebench.compressors.qat import QAT
from pytest_edgebench.declare.model import Format, Model

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder

FORMATS: tuple[Format, ...] = ("onnx", "tflite")
seen: list[tuple[int, int]] = []


def learnable() -> tuple[Any, Any]:
    """Four classes of images that differ in a pattern."""
    rng = np.random.default_rng(7)
    patterns = rng.normal(size=(4, 1, 8, 8))
    labels = rng.integers(0, 4, 192)
    return (patterns[labels] + 0.9 * rng.normal(size=(192, 1, 8, 8))).astype(np.float32), labels


@pytest.fixture(scope="module")
def untrained() -> Model:
    return Model(tiny_nets.cnn, learnable, tiny_nets.score, name="cnn")


def watched(module: Any, data: Any) -> None:
    """Trains, and counts the distinct values of a weight's channel and of what goes into a layer."""
    import torch

    linear = module[-1]
    told = sys.modules[__name__].seen  # named as a global, its content would be part of this step's identity
    hook = linear.register_forward_hook(
        lambda layer, inputs, _: told.append((len(layer.weight[0].unique()), len(inputs[0].unique())))
    )
    Fit(epochs=1)(module, data)
    hook.remove()
    assert all(p.grad is not None and bool(torch.isfinite(p.grad).all()) for p in module.parameters())


@pytest.mark.parametrize("fmt", FORMATS)
def test_trained_for_int8(builder: Builder, untrained: Model, fmt: Format) -> None:
    """The default loop learns the classes, the file is int8 throughout, and answers as what was trained."""
    recipe = qat(untrained, Fit(epochs=8, lr=5e-3), calibration=192)
    built, floats = builder.build(recipe, fmt), builder.build(recipe.source, fmt)
    assert built.record.counts.float_ops == 0
    assert built.record.counts.weight_bytes["int8"] >= 6 * 9 + 8 * 6 * 9 + 72 * 4
    inputs, labels = learnable()
    wanted, found = answers(floats.path, inputs), answers(built.path, inputs)
    assert np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()
    untaught = answers(builder.build(untrained, fmt).path, inputs)
    assert tiny_nets.score(found, labels) > max(0.9, tiny_nets.score(untaught, labels) + 0.3)
    steps = [step.step for step in built.record.steps]
    assert steps[0] == "QAT(finetune=Fit(epochs=8))"
    top = 64 if fmt == "onnx" else 127
    assert f"trained for int8: 3 layers, weights in -{top}...{top}" in built.record.notes


def integers(path: Path) -> list[Any]:
    """int8 weights with two dimensions or more, times their scales."""
    if path.suffix == ".onnx":
        import onnx

        graph = onnx.load(path).graph
        known = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
        found = []
        for node in graph.node:
            if node.op_type == "DequantizeLinear" and known.get(node.input[0], np.zeros(0)).ndim >= 2:
                axis = next(a.i for a in node.attribute if a.name == "axis")
                values, scale = known[node.input[0]], known[node.input[1]]
                found.append(values * scale.reshape([-1 if n == axis else 1 for n in range(values.ndim)]))
        return found
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    found = []
    for detail in interpreter.get_tensor_details():
        given = detail["quantization_parameters"]
        if detail["dtype"] == np.int8 and len(given["scales"]) > 1:
            shape = [-1 if n == given["quantized_dimension"] else 1 for n in range(len(detail["shape"]))]
            found.append(interpreter.get_tensor(detail["index"]) * given["scales"].reshape(shape))
    return found


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_file_holds_the_weights_that_were_trained(builder: Builder, mlp: Model, fmt: Format) -> None:
    recipe = qat(mlp, Fit(epochs=1), calibration=32)
    floats = builder.build(recipe.source, fmt)
    held = [np.sort(np.abs(w).ravel()) for w in integers(builder.build(recipe, fmt).path)]
    wanted = _float_weights(floats.path)
    assert sorted(map(len, wanted)) == [32 * 4, 64 * 32]
    for found, given in zip(sorted(held, key=len), sorted(wanted, key=len), strict=True):
        assert np.allclose(found, given, rtol=1e-5, atol=1e-7)


def _float_weights(path: Path) -> list[Any]:
    """Magnitudes of the float weights with two dimensions, sorted."""
    if path.suffix == ".onnx":
        import onnx

        arrays = [onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer]
    else:
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(str(path))
        interpreter.allocate_tensors()
        known = [d for d in interpreter.get_tensor_details() if d["dtype"] == np.float32]
        arrays = [interpreter.get_tensor(d["index"]) for d in known if d["shape"].prod() in (2048, 128)]
    chosen = [a for a in arrays if a.ndim == 2 and a.size in (2048, 128) and a.dtype == np.float32]
    return [np.sort(np.abs(a).ravel()) for a in chosen]


def test_training_sees_what_int8_will_be(builder: Builder, untrained: Model) -> None:
    seen.clear()
    builder.build(qat(untrained, watched, calibration=32), "onnx")
    assert len(seen) >= 5
    assert all(1 < weights <= 72 for weights, _ in seen)  # of 72 in a row
    assert all(1 < inputs <= 256 for _, inputs in seen)


def test_trained_once_for_a_format(builder: Builder, untrained: Model) -> None:
    seen.clear()
    first = builder.build(qat(untrained, watched, calibration=32), "onnx")
    count = len(seen)
    second = builder.build(qat(untrained, watched, calibration=32), "onnx")
    assert count == len(seen) > 0
    assert first.key == second.key
    assert builder.build(qat(untrained, watched, calibration=31), "onnx").key != first.key
    assert count == len(seen)


def test_training_that_does_nothing(builder: Builder, mlp: Model) -> None:
    def rounds(module: Any) -> None:
        """The weights become what they are rounded to: then rounding changes nothing."""

    once = chain(mlp, QAT(rounds))
    builder.build(once, "onnx")  # rounding alone is a change
    with pytest.raises(NoEffectError, match="had no effect: no weight changed"):
        builder.build(chain(once, QAT(rounds)), "onnx")


def test_bad_training(builder: Builder, mlp: Model) -> None:
    def other(module: Any) -> Any:
        return tiny_nets.mlp()

    def text(module: Any) -> Any:
        return "trained"

    def diverging(module: Any) -> None:
        import torch

        with torch.no_grad():
            next(module.parameters()).fill_(float("nan"))

    for function, told in (
        (other, "finetune returned another module"),
        (text, "finetune returned a str, not a torch.nn.Module"),
        (diverging, "training diverged: finetune left NaN"),
        (Fit(lr=1e30), "training diverged"),
    ):
        with pytest.raises(BuildError, match=told) as caught:
            builder.build(qat(mlp, function), "onnx")
        assert caught.value.where == "conftest.py:3"


def test_what_cannot_be_trained(builder: Builder, tmp_path: Path) -> None:
    def bare() -> Any:
        from torch import nn

        return nn.Flatten()

    model = Model(bare, tiny_nets.samples, tiny_nets.score)
    with pytest.raises(NoEffectError, match="no convolution or linear layer"):
        builder.build(qat(model), "onnx")
    file = Model(tmp_path / "net.onnx", tiny_nets.samples, tiny_nets.score)
    with pytest.raises(UnsupportedError, match="works on torch modules"):
        builder.build(qat(file), "onnx")
    wrong: Any = 1
    with pytest.raises(DeclarationError, match="finetune= takes a function"):
        QAT(wrong)
    with pytest.raises(DeclarationError, match="reduce_range= is True or False"):
        QAT(reduce_range=wrong)


def test_fit_takes_data_of_its_own(builder: Builder, mlp: Model) -> None:
    built = builder.build(qat(mlp, Fit(epochs=1, data=tiny_nets.flat_samples), calibration=32), "onnx")
    assert "fine-tuned with the evaluation data at hand" not in built.record.notes
    plain = builder.build(quantize(mlp, "static-int8", calibration=32), "onnx")
    assert plain.record.digest != built.record.digest
