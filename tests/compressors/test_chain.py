from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import tiny_nets

from pytest_edgebench.base.errors import DeclarationError, UnsupportedError
from pytest_edgebench.compressors.build.plan import check, check_runtime
from pytest_edgebench.compressors.chain import chain, prebuilt, prune, quantize
from pytest_edgebench.compressors.prune import Prune
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.declare.model import Model, Prebuilt, Step

DATA = np.zeros((1, 4), np.float32), np.zeros(1)
TORCH = Model(tiny_nets.mlp, DATA, lambda a, b: 0.0, name="kws", place="conftest.py:4")
FILE = Model("models/kws.onnx", DATA, lambda a, b: 0.0, name="kws", place="conftest.py:4", folder=Path("/p"))


def test_shorthands_are_chains_of_steps() -> None:
    int8 = quantize(prune(TORCH, 0.3), "static-int8", calibration=64, per_channel=False)
    assert int8.model is TORCH
    assert int8.steps() == (Prune(0.3), Quantize("static-int8", 64, False))
    assert chain(TORCH, *int8.steps()).steps() == int8.steps()


def test_steps_read_as_they_are_written() -> None:
    def tune(module: Any) -> None: ...

    assert str(Prune(0.5)) == "Prune(0.5)"
    assert str(Prune(0.5, tune)) == "Prune(0.5, finetune=tune)"
    assert str(Quantize("static-int8", 64)) == "Quantize(scheme='static-int8', calibration=64)"


def test_a_prebuilt_file_lies_where_the_model_was_declared() -> None:
    assert prebuilt(FILE, "out/int8.tflite").step == Prebuilt(Path("/p/out/int8.tflite"))
    assert prebuilt(FILE, "/q/int8.tflite").step == Prebuilt(Path("/q/int8.tflite"))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: quantize(None, "fp16"), "a NoneType is not a model or recipe"),  # type: ignore[arg-type]
        (lambda: chain(TORCH), "eb.chain needs at least one step"),
        (lambda: chain(TORCH, Prune), "eb.chain takes steps after the model"),  # type: ignore[arg-type]
        (lambda: prebuilt(prune(TORCH, 0.5), "a.onnx"), "not a Recipe"),  # type: ignore[arg-type]
        (lambda: prebuilt(TORCH, "a.pt"), "unsupported model format"),
    ],
)
def test_what_is_no_recipe(make: Any, sentence: str) -> None:
    with pytest.raises(DeclarationError, match=sentence):
        make()


class OnnxOnly(Step):
    stages: ClassVar[Any] = {"onnx": "file"}


@pytest.mark.parametrize(
    ("source", "fmt", "what", "fix"),
    [
        (
            FILE,
            "tflite",
            "model 'kws' is a .onnx file and cannot become .tflite",
            "whose runtime takes .onnx",
        ),
        (
            prune(FILE, 0.5),
            "onnx",
            "Prune(0.5) works on torch modules, but model 'kws' is a file",
            "still torch code",
        ),
        (
            prune(quantize(TORCH, "fp16"), 0.5),
            "onnx",
            "Prune(0.5) works on the torch module but comes after Quantize(scheme='fp16'), which works on "
            "the exported file",
            "swap them",
        ),
        (chain(TORCH, OnnxOnly()), "tflite", "OnnxOnly() cannot be applied to tflite", "profiles="),
        (
            prebuilt(TORCH, "/q/int8.tflite"),
            "onnx",
            "int8.tflite is a .tflite file and cannot become .onnx",
            "takes .tflite",
        ),
        (
            quantize(prebuilt(TORCH, "/q/f.onnx"), "fp16"),
            "onnx",
            "a prebuilt file replaces the model, so no other step can be combined with it",
            "a model of its own",
        ),
    ],
)
def test_what_cannot_be_built(source: Any, fmt: Any, what: str, fix: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        check(source, fmt)
    assert caught.value.what == what
    assert fix in caught.value.fix
    assert caught.value.where == "conftest.py:4"


@pytest.mark.parametrize("scheme", ["fp16", "dynamic-int8"])
def test_what_tflite_micro_has_no_kernels_for(scheme: Any) -> None:
    """Refused in one line before anything is built; LiteRT runs it, and Micro what has only integers."""
    recipe = quantize(prune(TORCH, 0.5), scheme)
    with pytest.raises(UnsupportedError) as caught:
        check_runtime(recipe, "tflite-micro")
    assert "\n" not in caught.value.what
    assert caught.value.what.startswith(
        f"Quantize(scheme='{scheme}') cannot be applied to tflite-micro, since TFLite Micro"
    )
    check_runtime(recipe, "litert")
    check_runtime(quantize(TORCH, "static-int8"), "tflite-micro")


def test_the_place_is_that_of_the_outer_recipe() -> None:
    import dataclasses

    recipe = dataclasses.replace(prune(quantize(TORCH, "fp16"), 0.5), place="conftest.py:9")
    with pytest.raises(UnsupportedError) as caught:
        check(recipe, "onnx")
    assert caught.value.where == "conftest.py:9"


@pytest.mark.parametrize("fmt", ["onnx", "tflite"])
def test_what_can_be_built(fmt: Any) -> None:
    check(TORCH, fmt)
    check(quantize(prune(TORCH, 0.5), "static-int8"), fmt)
    check(prebuilt(FILE, f"a.{fmt}"), fmt)
