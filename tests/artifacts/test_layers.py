"""Layers add up to what is counted of the whole file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from onnx_files import conv_net

from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.artifacts.inspect.layers import layers

TINY = ("kws_int8", "ic_resnet8_int8", "kws_named_float32")


@pytest.mark.parametrize("quantized", [False, True])
def test_of_onnx(tmp_path: Path, *, quantized: bool) -> None:
    path = conv_net(tmp_path / "m.onnx", quantized=quantized)
    found, counts = layers(path), inspect(path)
    assert len(found) == sum(counts.ops.values())
    assert sum(layer.macs for layer in found) == counts.macs
    assert sum(layer.bytes for layer in found) == sum(counts.weight_bytes.values())
    if not quantized:
        assert [(layer.op, layer.macs, layer.bytes) for layer in found] == [
            ("Conv", 6 * 6 * 4 * 9, 4 * (4 * 9 + 4)),
            ("Relu", 0, 0),
            ("Flatten", 0, 0),
            ("Gemm", 144 * 5, 4 * (5 * 144 + 5)),
        ]
        assert all(layer.name for layer in found)


@pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")
@pytest.mark.parametrize("name", TINY)
def test_of_tflite(name: str) -> None:
    path = Path(os.environ["EDGEBENCH_DATA"]) / f"models/mlperf_tiny/{name}.tflite"
    found, counts = layers(path), inspect(path)
    assert len(found) == sum(counts.ops.values())
    assert sum(layer.macs for layer in found) == counts.macs
    assert sum(layer.bytes for layer in found) == sum(counts.weight_bytes.values())
    assert len({layer.name for layer in found}) == len(found)
