from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets
from file_answers import answers

from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.base.errors import BuildError, DeclarationError, NoEffectError
from pytest_edgebench.compressors.binarize import Binarize, BinarizeTraining
from pytest_edgebench.compressors.binary_weights import signs_and_scales
from pytest_edgebench.compressors.chain import binarize, chain, quantize
from pytest_edgebench.compressors.fit import Fit
from pytest_edgebench.declare.model import Format, Model

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder

FORMATS: tuple[Format, ...] = ("onnx", "tflite")


def wide() -> Any:
    """Weights of 64 x 301, 301 x 200 (no multiple of 8 elements) and 200 x 4."""
    from torch import nn

    layers = nn.Linear(64, 301), nn.ReLU(), nn.Linear(301, 200), nn.ReLU(), nn.Linear(200, 4)
    return nn.Sequential(*layers)


def deep() -> Any:
    """Convolutions of each kind: one input channel, many, depthwise."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, groups=16, padding=1),
        nn.Conv2d(16, 25, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(900, 4),
    )


def learnable() -> tuple[Any, Any]:
    """Four classes that a linear layer can tell apart."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(4, 64))
    labels = rng.integers(0, 4, 256)
    return (centres[labels] + 0.8 * rng.normal(size=(256, 64))).astype(np.float32), labels


def trained_wide() -> Any:
    import torch

    torch.manual_seed(5)
    net = wide()
    Fit(epochs=4, lr=3e-3)(net, learnable())
    return net.eval()


@pytest.fixture(scope="module")
def linear() -> Model:
    return Model(wide, tiny_nets.flat_samples, tiny_nets.score, name="wide")


@pytest.fixture(scope="module")
def convolved() -> Model:
    return Model(deep, tiny_nets.samples, tiny_nets.score, name="deep")


def binary_module(source: Any, smallest: int) -> Any:
    """The torch module with each large weight replaced by sign times mean magnitude, in half precision."""
    import torch
    from torch import nn

    for layer in source.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d) and layer.weight.numel() >= smallest:
            w = layer.weight.detach()
            scale = w.double().abs().mean(tuple(range(1, w.dim())), keepdim=True).float().half().float()
            layer.weight = nn.Parameter(torch.where(w >= 0, scale, -scale))
    return source.eval()


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_file_answers_as_the_signs_and_scales_do(
    shared_builder: Builder, linear: Model, fmt: Format
) -> None:
    import torch

    small = shared_builder.build(binarize(linear), fmt)
    inputs, _ = tiny_nets.flat_samples()
    torch.manual_seed(linear.seed)  # not before: an export may draw numbers, too
    with torch.no_grad():
        wanted = binary_module(wide(), 1024)(torch.from_numpy(inputs)).numpy()
    assert np.abs(answers(small.path, inputs) - wanted).max() < 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_file_shrinks_to_a_thirtieth_on_these_weights(
    shared_builder: Builder, linear: Model, fmt: Format
) -> None:
    plain, small = shared_builder.build(linear, fmt), shared_builder.build(binarize(linear), fmt)
    before, after = plain.record.counts, small.record.counts
    weights = 64 * 301 + 301 * 200
    signs = -(-64 * 301 // 8) + -(-301 * 200 // 8)
    assert after.weight_bytes["binary"] == signs
    assert signs + 2 * 501 <= 0.04 * 4 * weights
    assert plain.size - small.size > 0.95 * 4 * weights
    assert after.parameters == before.parameters
    assert after.macs == before.macs
    assert after == inspect(small.path)
    told = f"{4 * weights} B of weights became {signs + 2 * 501} B of signs and scales"
    assert any(told in note for note in small.record.notes)


@pytest.mark.parametrize("fmt", FORMATS)
def test_convolutions(shared_builder: Builder, convolved: Model, fmt: Format) -> None:
    """Each channel has one magnitude, its mean; a batch norm folded into it changes nothing of that."""
    recipe = chain(convolved, Binarize(smallest=100))
    built = shared_builder.build(recipe, fmt)
    assert built.record.counts.weight_bytes["binary"] >= (400 + 144 + 3600 + 3600) // 8
    assert built.record.counts.macs == shared_builder.build(convolved, fmt).record.counts.macs
    again = chain(recipe, Binarize(smallest=100))
    with pytest.raises(NoEffectError, match="no convolution or matrix product has a float weight of 100"):
        shared_builder.build(again, fmt)
    inputs, _ = tiny_nets.samples()
    assert np.isfinite(answers(built.path, inputs)).all()


@pytest.mark.parametrize("fmt", FORMATS)
def test_training_through_the_binarization(builder: Builder, fmt: Format) -> None:
    """What is trained with binary weights is packed without loss, and beats what was binarized afterwards."""
    model = Model(trained_wide, learnable, tiny_nets.score, name="wide")
    inputs, labels = learnable()
    recipe = binarize(model, Fit(epochs=6, lr=3e-3), exclude="4")
    trained = builder.build(recipe, fmt)
    floats = builder.build(recipe.source, fmt)
    assert trained.record.counts.weight_bytes["binary"] == -(-64 * 301 // 8) + 301 * 200 // 8
    assert floats.size > 8 * trained.size
    wanted = answers(floats.path, inputs)
    assert np.abs(answers(trained.path, inputs) - wanted).max() < 2e-3 * np.abs(wanted).max()
    after = tiny_nets.score(answers(builder.build(binarize(model), fmt).path, inputs), labels)
    assert tiny_nets.score(answers(trained.path, inputs), labels) >= max(0.95, after)
    assert "fine-tuned with the evaluation data at hand" in trained.record.notes


def test_trained_weights_have_one_magnitude_a_channel(builder: Builder, mlp: Model) -> None:
    built = builder.build(binarize(mlp, _nudge, smallest=100), "onnx")
    assert built.record.counts.weight_bytes["binary"] == 64 * 32 // 8 + 32 * 4 // 8
    assert built.record.steps[0].step == "BinarizeTraining(finetune=_nudge)"


def _nudge(module: Any) -> None:
    """One step, whose gradient must pass the signs."""
    import torch

    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    module(torch.ones(2, 64)).square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in module.parameters())
    optimizer.step()


def test_bits_are_in_memory_order_lowest_first() -> None:
    weight = np.array([[1, -1, 3, 0], [-2, -2, -2, 2], [4, 4, 4, 4]], np.float32)
    found = signs_and_scales(weight, 0, trained=False)
    assert found is not None
    bits, scale = found
    assert bits.tolist() == [[0b10001101], [0b00001111]]
    assert (bits.dtype.name, scale.dtype.name) == ("uint8", "float16")
    assert scale.tolist() == [[1.25], [2], [4]]
    assert signs_and_scales(weight, 0, trained=True) is None
    assert signs_and_scales(weight[1:], 0, trained=True) is not None


@pytest.mark.parametrize("size", [1e-7, 1e6])
def test_scales_that_half_precision_has_not_stay_single(size: float) -> None:
    found = signs_and_scales(np.full((2, 3), np.float32(size)), 1, trained=False)
    assert found is not None
    assert found[1].dtype == np.float32
    assert found[1].shape == (1, 3)
    assert (found[1] == np.float32(size)).all()


@pytest.mark.parametrize("fmt", FORMATS)
def test_excluded_weights_stay_float(shared_builder: Builder, linear: Model, fmt: Format) -> None:
    with pytest.raises(BuildError, match=r"exclude='conv\*' matches no weight of the file") as caught:
        shared_builder.build(binarize(linear, exclude="conv*"), fmt)
    names = caught.value.fix.removeprefix("weights are ").split(", ")
    assert len(names) == 3
    whole = shared_builder.build(binarize(linear), fmt).record.counts.weight_bytes["binary"]
    held = []
    for name in names[:2] if fmt == "onnx" else names:
        built = shared_builder.build(binarize(linear, exclude=name.replace("[", "[[]")), fmt)
        held.append(built.record.counts.weight_bytes["binary"])
    assert {whole - n for n in held} >= {-(-64 * 301 // 8), 301 * 200 // 8}
    with pytest.raises(NoEffectError):
        shared_builder.build(binarize(linear, exclude="*"), fmt)


def test_small_and_integer_weights_are_left(shared_builder: Builder, mlp: Model) -> None:
    with pytest.raises(NoEffectError, match="float weight of 4000 elements or more"):
        shared_builder.build(binarize(mlp, smallest=4000), "onnx")
    with pytest.raises(NoEffectError, match="no convolution or matrix product has a float weight"):
        shared_builder.build(chain(quantize(mlp, "static-int8", calibration=8), Binarize(smallest=1)), "onnx")
    with pytest.raises(NoEffectError, match="whose channels have one magnitude each"):
        shared_builder.build(chain(mlp, Binarize(trained=True, smallest=1)), "onnx")


@pytest.mark.parametrize("fmt", FORMATS)
def test_binary_weights_are_not_expanded_again(shared_builder: Builder, linear: Model, fmt: Format) -> None:
    with pytest.raises(BuildError, match="would expand the binary weights of the file to more bits"):
        shared_builder.build(quantize(binarize(linear), "static-int8", calibration=8), fmt)


def test_what_saves_nothing_has_no_effect(shared_builder: Builder) -> None:
    def narrow() -> Any:
        from torch import nn

        return nn.Linear(2, 6)

    model = Model(narrow, (np.zeros((2, 2), np.float32), np.zeros(2)), tiny_nets.score)
    with pytest.raises(NoEffectError, match="take as much as the weights did"):
        shared_builder.build(binarize(model, smallest=1), "onnx")


def test_an_old_opset_is_told(builder: Builder, tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    value = helper.make_tensor_value_info
    weight = numpy_helper.from_array(np.ones((64, 64), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [value("x", TensorProto.FLOAT, [1, 64])],
        [value("y", TensorProto.FLOAT, [1, 64])],
        [weight],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6),
        tmp_path / "old.onnx",
    )
    model = Model(tmp_path / "old.onnx", tiny_nets.flat_samples, tiny_nets.score)
    with pytest.raises(BuildError, match="the file has opset 11") as caught:
        builder.build(binarize(model), "onnx")
    assert "opset 14 or later" in caught.value.fix


@pytest.mark.parametrize("fmt", FORMATS)
def test_nan_in_a_weight(builder: Builder, fmt: Format) -> None:
    def broken() -> Any:
        import torch

        net = wide()
        with torch.no_grad():
            net[0].weight[3, 3] = float("nan")
        return net

    model = Model(broken, tiny_nets.flat_samples, tiny_nets.score)
    with pytest.raises(BuildError, match="holds NaN or infinite values") as caught:
        builder.build(binarize(model), fmt)
    assert "Binarize()" in str(caught.value)


def test_shared_weights_cannot_be_trained(builder: Builder) -> None:
    def tied() -> Any:
        from torch import nn

        net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64))
        net[2].weight = net[0].weight
        return net

    model = Model(tied, tiny_nets.flat_samples, tiny_nets.score)
    with pytest.raises(BuildError, match="layers '0' and '2' share one weight") as caught:
        builder.build(binarize(model, _nudge), "onnx")
    assert "exclude='0'" in caught.value.fix


def test_training_must_be_in_place_and_finite(builder: Builder, mlp: Model) -> None:
    def other(module: Any) -> Any:
        return tiny_nets.mlp()

    def diverging(module: Any) -> None:
        import torch

        with torch.no_grad():
            next(module.parameters()).fill_(float("inf"))

    with pytest.raises(BuildError, match="finetune returned another module, whose weights"):
        builder.build(binarize(mlp, other), "onnx")
    with pytest.raises(BuildError, match="training diverged: finetune left NaN"):
        builder.build(binarize(mlp, diverging), "onnx")
    with pytest.raises(BuildError, match=r"exclude='conv\*' matches no layer with a weight") as caught:
        builder.build(binarize(mlp, _nudge, exclude="conv*"), "onnx")
    assert caught.value.fix == "layers are 0, 2"


def test_wrong_parameters() -> None:
    wrong: Any = 3
    for make, text in (
        (lambda: Binarize(exclude=wrong), "exclude= is a pattern or several"),
        (lambda: Binarize(smallest=0), "smallest= is a whole number"),
        (lambda: Binarize(trained=wrong), "trained= is True or False"),
        (lambda: BinarizeTraining(wrong), "finetune= takes a function"),
        (lambda: Fit(epochs=0), "epochs= is a whole number"),
        (lambda: Fit(lr=0), "lr= is a number above 0"),
        (lambda: Fit(data=wrong), "data= of Fit is labelled data or a function that returns them"),
        (lambda: Fit(loss=wrong), r"loss= is a function \(outputs, labels\), not a int"),
    ):
        with pytest.raises(DeclarationError, match=text):
            make()
