"""The same inputs, seeds and versions give the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys; sys.path.insert(0, {tests!r})
import tiny_nets
from pathlib import Path
from pytest_edgebench import (
    Fit, Model, binarize, distill, draws, low_rank, prune, prune_channels, prune_semi_structured, qat,
    quantize, sensitive, separable
)
from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.compressors.build.builder import Builder
builder = Builder(Cache(Path({cache!r})))
mlp = Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score)
cnn = Model(tiny_nets.cnn, tiny_nets.samples, tiny_nets.score)
taught = distill(cnn, cnn, hard=0.5, epochs=2)
small = prune(prune_semi_structured(prune_channels(taught, 0.3, "taylor"), 1, 3), 0.8, scope="layer")
thin = low_rank(separable(small), 0.5, exclude="0*")
recipes = (
    (thin, "onnx"),
    (quantize(thin, "static-int8", calibration=32, method="percentile"), "onnx"),
    (quantize(thin, "static-int8", calibration=32, activations="int8", exclude="Gemm"), "onnx"),
    (quantize(thin, "weight-int8"), "onnx"),
    (quantize(mlp, "weight-int4"), "tflite"),
    (quantize(mlp, "static-int8", calibration=32, activations="int16"), "tflite"),
    (binarize(mlp, Fit(epochs=1)), "onnx"),
    (binarize(mlp, smallest=1000), "tflite"),
    (qat(mlp, Fit(epochs=1), calibration=32), "tflite"),
    (quantize(mlp, "static-int8", calibration=draws(2, 16), keep=sensitive(100)), "onnx"),
)
for recipe, fmt in recipes:
    print(builder.build(recipe, fmt).record.digest)
"""


def test_two_processes_build_the_same_bytes(tmp_path: Path) -> None:
    def run(name: str) -> list[str]:
        script = SCRIPT.format(tests=str(Path(__file__).parent), cache=str(tmp_path / name))
        environment = {**os.environ, "PYTHONHASHSEED": name}
        result = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        return result.stdout.split()

    first = run("1")
    assert len(set(first)) == 10
    assert run("2") == first
