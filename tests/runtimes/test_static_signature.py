"""Static int8 of one of several signatures of a ``.tflite`` file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tflite_written
from ai_edge_litert.interpreter import Interpreter

from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.compressors.engines import ai_edge_quantizer as engine
from pytest_edgebench.compressors.quantize import Quantize

if TYPE_CHECKING:
    from pathlib import Path

X = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32)


def answer(path: Path, signature: str) -> tuple[Any, Any]:
    """Answer in floats, and the dtype of the input; the samples are as many as the signature takes."""
    run = Interpreter(str(path)).get_signature_runner(signature)
    given, wanted = run.get_input_details()["x"], run.get_output_details()["y"]
    x: Any = X[: given["shape"][0]]
    if given["dtype"] == np.int8:
        scale, zero = given["quantization"]
        x = np.clip(np.round(x / scale + zero), -128, 127).astype(np.int8)
    y = run(x=x)["y"].astype(np.float32)
    scale, zero = wanted["quantization"]
    return ((y - zero) * scale if scale else y), given["dtype"]


@pytest.mark.parametrize(("chosen", "other"), [("decode", "prefill"), ("prefill", "decode")])
def test_one_is_static_and_they_share_their_weight(tmp_path: Path, chosen: str, other: str) -> None:
    source, target = tflite_written.signed(tmp_path / "m.tflite"), tmp_path / "q.tflite"
    notes: list[str] = []
    asked = replace(Quantize("static-int8")._asked(), signature=chosen)
    engine.quantize(source, target, asked, {"input_0": X}, notes.append)
    assert inspect(target).weight_bytes == {"int8": tflite_written.weights()[0].size}  # once
    for signature, dtype in ((chosen, np.int8), (other, np.float32)):
        found, given = answer(target, signature)
        assert given == dtype
        np.testing.assert_allclose(found, answer(source, signature)[0], atol=0.04)
    assert notes == [f"calibrated on signature {chosen!r}; the others are quantized as by 'dynamic-int8'"]
    assert [path.name for path in tmp_path.iterdir() if "signed" in path.name] == []


def test_tensors_of_one_name_in_two_signatures(tmp_path: Path) -> None:
    """The quantizer tells them apart by name; patterns are matched with the names that they get."""
    source, target = tflite_written.signed(tmp_path / "m.tflite"), tmp_path / "q.tflite"
    engine.quantize(source, target, Quantize("dynamic-int8")._asked(), {})
    assert inspect(target).weight_bytes == {"int8": tflite_written.weights()[0].size}
    names = engine.prepared(source, tmp_path / "n.tflite")
    assert engine.layers(names, Quantize("dynamic-int8")._asked()) == ["y;", "y@1.2;"]


@pytest.mark.parametrize(
    ("signature", "message", "fix"),
    [("", "the file has 2 signatures", 'write eb.Model(path, signature="decode"), or'),
     ("x", "the file has no signature 'x'", "its signatures are decode, prefill")],
)  # fmt: skip
def test_a_signature_that_is_not_chosen(tmp_path: Path, signature: str, message: str, fix: str) -> None:
    source = tflite_written.signed(tmp_path / "m.tflite")
    asked = replace(Quantize("static-int8")._asked(), signature=signature)
    with pytest.raises(BuildError, match=message) as caught:
        engine.quantize(source, tmp_path / "q.tflite", asked, {"input_0": X})
    assert caught.value.fix.startswith(fix)
