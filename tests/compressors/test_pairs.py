"""Weights of matrix products as fine as sums of two products in 16 bits allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import tiny_nets
from file_answers import answers
from onnx import numpy_helper

from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.compressors.onnx_form.pairs import finest
from pytest_edgebench.compressors.quantize import Quantize

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder
    from pytest_edgebench.declare.model import Model


def test_scales_are_the_finest_that_fit() -> None:
    rng = np.random.default_rng(0)
    for weight in (rng.normal(size=(33, 50)), np.ones((2, 3)), np.ones((1, 3)), np.zeros((4, 2))):
        rounded = np.round(weight / finest(weight))
        for part in (np.maximum(rounded, 0), np.maximum(-rounded, 0)):
            assert (255 * (part[:-1] + part[1:])).max(initial=0) < 2**15
        assert np.abs(rounded).max() <= 127
    spread = rng.normal(size=(33, 50))
    assert (finest(spread) < np.abs(spread).max(0) / 64).all()  # finer than half of the range for all
    assert np.allclose(finest(np.array([[1.0], [0.9], [1.0]])), 1.9 / 127)  # they leave each other half


def test_weights_that_were_trained_for_the_reduced_range_stay_as_they_are() -> None:
    whole = np.random.default_rng(1).integers(-64, 65, (33, 50)) * 0.01
    whole[0] = 0.64
    assert np.allclose(finest(whole), 0.01)


def test_products_of_the_preset_have_them(shared_builder: Builder, mlp: Model) -> None:
    inputs = tiny_nets.flat_samples()[0]
    wanted = answers(shared_builder.build(mlp, "onnx").path, inputs)
    errors = {}
    for preset in (None, "transformer"):
        made = shared_builder.build(quantize(mlp, "static-int8", preset=preset), "onnx").path
        weights = [numpy_helper.to_array(tensor) for tensor in onnx.load(made).graph.initializer]
        matrices = [w.astype(int) for w in weights if w.dtype == np.int8 and w.ndim == 2]
        assert len(matrices) == 2
        if preset is None:
            assert max(np.abs(w).max() for w in matrices) <= 64
        else:
            assert max(np.abs(w).max() for w in matrices) > 64
            for w in matrices:  # (out, in), as `nn.Linear` holds it
                for part in (np.maximum(w, 0), np.maximum(-w, 0)):
                    assert (part[:, :-1] + part[:, 1:]).max() <= 128
        errors[preset] = np.square(answers(made, inputs) - wanted).mean()
    assert errors["transformer"] < errors[None]


def test_only_the_preset_has_another_revision(shared_builder: Builder, mlp: Model) -> None:
    """Since what the cache holds of earlier versions is another file."""
    original = shared_builder.build(mlp, "onnx")

    def revision(step: Quantize) -> int:
        return step.revision("onnx", original.path, original.record.counts, from_file=False)

    assert revision(Quantize("static-int8", preset="transformer")) == 3
    assert revision(Quantize("static-int8")) == 0
