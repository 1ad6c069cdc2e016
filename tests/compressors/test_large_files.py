"""Models whose weights lie beside them between the steps of a quantization."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnx_graphs as g
import pytest

from pytest_edgebench.artifacts import canonical
from pytest_edgebench.compressors.engines import onnxruntime as engine
from pytest_edgebench.compressors.onnx_form import files
from pytest_edgebench.compressors.onnx_form.shapes import infer_shapes
from pytest_edgebench.compressors.quantize import Quantize

if TYPE_CHECKING:
    from pathlib import Path


def model(path: Path, last: str = "MatMul") -> Path:
    weights = [g.weight("W", 64, 128), g.weight("V", 128, 8), g.weight("U", 8, 8)]
    nodes = g.products()
    nodes[-1].output[0] = "t"
    turned: dict[str, Any] = {"transB": 1} if last == "Gemm" else {}
    nodes.append(g.node(last, ["t", "U"], ["y"], **turned))
    return g.write(path, nodes, [g.info("x", ["n", 64])], [g.info("y", ["n", 8])], weights)


@pytest.mark.parametrize(
    ("scheme", "method"), [("static-int8", "minmax"), ("static-int8", "entropy"), ("dynamic-int8", "minmax")]
)
def test_the_same_bytes_as_with_weights_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: Any, method: Any
) -> None:
    last = "Gemm" if scheme == "dynamic-int8" else "MatMul"  # the optimizer spells a Gemm in two ways
    source, made = model(tmp_path / "m.onnx", last), []
    for limit in (files.BESIDE, 1000):
        monkeypatch.setattr(files, "BESIDE", limit)
        folder = tmp_path / str(limit)
        folder.mkdir()
        target = folder / "q.onnx"
        engine.quantize(source, target, Quantize(scheme, method=method)._asked(), {"x": g.inputs(64)})
        made.append(canonical.digest(target))
        assert [path.name for path in folder.iterdir()] == ["q.onnx"]  # nothing is left beside it
    assert made[0] == made[1]


MEASURED = """
import resource, sys
from pathlib import Path
from pytest_edgebench.compressors.engines import onnxruntime as engine
from pytest_edgebench.compressors.quantize import Quantize

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

before = peak()
engine.quantize(Path(sys.argv[1]), Path(sys.argv[2]), Quantize("dynamic-int8")._asked(), {})
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is in kB on Linux alone")
def test_memory_of_a_large_file(tmp_path: Path) -> None:
    """At most two copies of the weights at a time, and what the libraries take for themselves."""
    nodes = [g.node("MatMul", ["x", "W"], ["h"]), g.node("MatMul", ["h", "V"], ["y"])]
    values = [np.full(shape, 0.5, np.float32) for shape in ((1024, 5120), (5120, 1024))]
    weights = [onnx.numpy_helper.from_array(v, n) for v, n in zip(values, "WV", strict=True)]
    source = g.write(
        tmp_path / "m.onnx", nodes, [g.info("x", ["n", 1024])], [g.info("y", ["n", 1024])], weights
    )
    command = [sys.executable, "-c", MEASURED, str(source), str(tmp_path / "q.onnx")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(told.split()[-1]) < 2.7 * source.stat().st_size


def test_shapes_without_weights_are_the_same(tmp_path: Path) -> None:
    whole = onnx.shape_inference.infer_shapes(onnx.load(model(tmp_path / "m.onnx")))
    bare = infer_shapes(onnx.load(tmp_path / "m.onnx"))
    assert list(bare.graph.value_info) == list(whole.graph.value_info)
    assert bare.graph.initializer == whole.graph.initializer
    assert [value.name for value in bare.graph.input] == ["x"]
