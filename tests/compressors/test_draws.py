from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets

from pytest_edgebench.base.errors import BuildError, DataError, DeclarationError
from pytest_edgebench.compressors.binarize import Binarize
from pytest_edgebench.compressors.chain import chain, prune, quantize
from pytest_edgebench.compressors.draws import Draws, draws, redrawn, summary
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.declare.model import Model
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder


def test_draws_differ_and_are_the_same_each_time() -> None:
    pool = {"a": np.arange(100), "b": np.arange(100) * 2}
    found = [Draws(4, 10).drawn(pool, seed=5, draw=n) for n in range(4)]
    assert len({tuple(each["a"]) for each in found}) == 4
    for n, each in enumerate(found):
        again = Draws(4, 10).drawn(pool, seed=5, draw=n)
        assert (each["a"] == again["a"]).all()
        assert (each["b"] == 2 * each["a"]).all()
        assert len(set(each["a"])) == 10
        assert (np.diff(each["a"]) > 0).all()
    assert tuple(Draws(4, 10).drawn(pool, seed=6, draw=0)["a"]) != tuple(found[0]["a"])


def test_each_draw_is_a_file_of_its_own(shared_builder: Builder, mlp: Model) -> None:
    recipe = quantize(mlp, "static-int8", calibration=draws(3, 4))
    files = [shared_builder.build(each, "onnx") for each in redrawn(recipe)]
    assert len({file.record.digest for file in files}) == 3
    assert shared_builder.build(recipe, "onnx").key == files[0].key


def test_draws_in_the_middle_of_a_chain(mlp: Model) -> None:
    inner = quantize(prune(mlp, 0.5), "static-int8", calibration=draws(2, 4))
    recipe = chain(inner, Binarize())
    found = redrawn(recipe)
    assert [each.steps()[1] for each in found] == [
        Quantize("static-int8", draws(2, 4), draw=n) for n in range(2)
    ]
    assert all(each.steps()[2] == Binarize() for each in found)
    assert redrawn(mlp) == redrawn(quantize(mlp, "static-int8")) == ()


def test_worst_is_by_the_scores_direction() -> None:
    found = [Metric(value, "%", "host", 50, value - 1, value + 1) for value in (90.0, 84.0, 88.0, 89.0)]
    up = summary("accuracy", found, lower_is_better=False)
    assert {name: metric.value for name, metric in up.items()} == {
        "accuracy.worst": 84,
        "accuracy.median": 88.5,
        "accuracy.spread": 6,
    }
    assert (up["accuracy.worst"].unit, up["accuracy.spread"].unit) == ("%", "points")
    assert up["accuracy.worst"].n == 50
    assert up["accuracy.worst"].low is None
    assert summary("mae", found, lower_is_better=True)["mae.worst"].value == 90
    assert summary("mae", [], lower_is_better=True) == {}


def test_too_few_samples_to_draw_from(builder: Builder, mlp: Model) -> None:
    with pytest.raises(BuildError, match="draws of 48 samples from 48 are all the same") as caught:
        builder.build(quantize(mlp, "static-int8", calibration=draws(8, 48)), "onnx")
    assert caught.value.fix.endswith("draw fewer: eb.draws(8, 24)")
    assert caught.value.where == "conftest.py:3"


def test_calibration_data_that_fails_half_way(builder: Builder) -> None:
    def broken() -> Any:
        for n in range(3):
            if n == 2:
                raise OSError("the recorder went away")
        return None

    def ragged() -> Any:
        return [np.zeros(64, np.float32), np.zeros(63, np.float32)]

    def other() -> Any:
        return np.zeros((20, 63), np.float32)

    for calibration, kind, told in (
        (broken, DataError, "the recorder went away"),
        (ragged, (DataError, BuildError), "calibration"),
        (other, (DataError, BuildError), "Quantize"),
    ):
        model = Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score, calibration=calibration)
        recipe = quantize(model, "static-int8", calibration=draws(2, 8))
        with pytest.raises(kind, match=told):
            builder.build(recipe, "onnx")


def test_wrong_parameters(mlp: Model) -> None:
    wrong: Any = "8"
    for make, told in (
        (lambda: draws(1, 8), "eb.draws takes a number of draws, at least 2, not 1"),
        (lambda: draws(wrong, 8), "eb.draws takes a number of draws"),
        (lambda: draws(8, 0), "samples= is a whole number"),
        (lambda: quantize(mlp, "fp16", calibration=draws(8, 8)), "has a meaning for 'static-int8' only"),
        (lambda: Quantize("static-int8", draws(2, 8), draw=2), "draw= is one of the draws"),
        (lambda: Quantize("static-int8", 8, draw=1), "draw= is one of the draws"),
    ):
        with pytest.raises(DeclarationError, match=told):
            make()
