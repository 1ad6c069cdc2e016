from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets
from file_answers import answers

from pytest_edgebench.base.errors import BuildError, DeclarationError
from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.compressors.fit import Fit
from pytest_edgebench.compressors.sensitive import escaped, sensitive
from pytest_edgebench.declare.model import Format, Model
from pytest_edgebench.samples.scores import top1

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder

FORMATS: tuple[Format, ...] = ("onnx", "tflite")


def data() -> tuple[Any, Any]:
    """Four classes; the first four inputs are always 0."""
    rng = np.random.default_rng(11)
    centres = rng.normal(size=(4, 64))
    labels = rng.integers(0, 4, 300)
    inputs = centres[labels] + 0.8 * rng.normal(size=(300, 64))
    inputs[:, :4] = 0
    return inputs.astype(np.float32), labels


def collapsing() -> Any:
    """A trained network with large weights in four channels, on the inputs that are 0: they change nothing
    but the range that one scale for the whole weight has to cover."""
    import torch
    from torch import nn

    torch.manual_seed(2)
    net: Any = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 4))
    Fit(epochs=5, lr=5e-3)(net, data())
    with torch.no_grad():
        for n in range(4):
            net[0].weight[n, n] = 40.0 * 3**n
    return net.eval()


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(collapsing, data, top1, name="collapsing", place="conftest.py:3")


def accuracy(builder: Builder, recipe: Any, fmt: Format) -> float:
    inputs, labels = data()
    return top1.fn(answers(builder.build(recipe, fmt).path, inputs), labels)


@pytest.mark.parametrize("fmt", FORMATS)
def test_one_scale_for_all_channels_collapses_and_is_repaired(
    shared_builder: Builder, model: Model, fmt: Format
) -> None:
    """By a scale for each channel, and by keeping the one layer in float that does the harm."""
    whole = accuracy(shared_builder, model, fmt)
    assert whole > 95
    one: dict[str, Any] = {"calibration": 100, "per_channel": False}
    assert accuracy(shared_builder, quantize(model, "static-int8", **one), fmt) < whole - 10
    each = quantize(model, "static-int8", calibration=100)
    assert accuracy(shared_builder, each, fmt) >= whole - 2
    mixed = quantize(model, "static-int8", **one, keep=sensitive(points=1))
    assert accuracy(shared_builder, mixed, fmt) >= whole - 1
    built = shared_builder.build(mixed, fmt)
    assert built.record.counts.float_ops == 1
    (told,) = [note for note in built.record.notes if note.startswith("kept in float")]
    assert "with all layers quantized" in told
    assert "layers kept in float were chosen on evaluation data" in built.record.notes
    assert [path.name for path in built.path.parent.iterdir() if "alone" in path.name] == []


@pytest.mark.parametrize("fmt", FORMATS)
def test_nothing_is_kept_where_nothing_is_lost(shared_builder: Builder, model: Model, fmt: Format) -> None:
    plain = quantize(model, "static-int8", calibration=100)
    mixed = quantize(model, "static-int8", calibration=100, keep=sensitive(points=2, samples=200))
    built = shared_builder.build(mixed, fmt)
    assert built.record.counts == shared_builder.build(plain, fmt).record.counts
    assert any(note.startswith("kept in float: no layer; the score falls by") for note in built.record.notes)


def test_a_limit_that_cannot_be_held(builder: Builder, model: Model) -> None:
    """A score that counts outputs which int8 leaves as they were."""
    inputs, _ = data()
    exact = answers(builder.build(model, "onnx").path, inputs)

    def same(outputs: Any, labels: Any) -> float:
        return 100 * float((np.abs(outputs - exact) < 1e-5 * np.abs(exact).max()).all(axis=1).mean())

    picky = Model(collapsing, data, same, name="picky", place="conftest.py:3", key="picky")
    recipe = quantize(picky, "static-int8", calibration=50, keep=sensitive(points=0))
    with pytest.raises(BuildError, match="however many of the 3 layers stay in float") as caught:
        builder.build(recipe, "onnx")
    assert caught.value.where == "conftest.py:3"
    assert "eb.qat" in caught.value.fix


def test_the_score_is_part_of_what_it_is_made_from(builder: Builder, mlp: Model) -> None:
    def other(outputs: Any, labels: Any) -> float:
        return 1.0

    scored = Model(tiny_nets.mlp, tiny_nets.flat_samples, other, name="mlp")
    keys = {
        builder.build(quantize(m, "static-int8", calibration=8, keep=sensitive(100)), "onnx").key
        for m in (mlp, scored)
    }
    assert len(keys) == 2
    plain = {builder.build(quantize(m, "static-int8", calibration=8), "onnx").key for m in (mlp, scored)}
    assert len(plain) == 1


def test_wrong_parameters(mlp: Model) -> None:
    wrong: Any = "1 points"
    with pytest.raises(DeclarationError, match="points= is how far the score may fall"):
        sensitive(wrong)
    with pytest.raises(DeclarationError, match="points= is how far"):
        sensitive(float("nan"))
    with pytest.raises(DeclarationError, match=r"samples= of eb\.sensitive is a number"):
        sensitive(1, samples=0)
    with pytest.raises(DeclarationError, match=r"keep= is what eb\.sensitive returns"):
        quantize(mlp, "static-int8", keep=wrong)


def test_names_are_escaped() -> None:
    import fnmatch

    for name in ("a[0].b", "x*y?", "plain/relu;1"):
        assert fnmatch.fnmatchcase(name, escaped(name))
        assert not fnmatch.fnmatchcase(f"{name}z", escaped(name))
