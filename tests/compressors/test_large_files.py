"""Models whose weights lie beside them between the steps of a quantization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def model(path: Path) -> Path:
    weights = [g.weight("W", 64, 128), g.weight("V", 128, 8)]
    return g.write(path, g.products(), [g.info("x", ["n", 64])], [g.info("y", ["n", 8])], weights)


@pytest.mark.parametrize(
    ("scheme", "method"), [("static-int8", "minmax"), ("static-int8", "entropy"), ("dynamic-int8", "minmax")]
)
def test_the_same_bytes_as_with_weights_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: Any, method: Any
) -> None:
    source, made = model(tmp_path / "m.onnx"), []
    for limit in (files.BESIDE, 1000):
        monkeypatch.setattr(files, "BESIDE", limit)
        folder = tmp_path / str(limit)
        folder.mkdir()
        target = folder / "q.onnx"
        engine.quantize(source, target, Quantize(scheme, method=method)._asked(), {"x": g.inputs(64)})
        made.append(canonical.digest(target))
        assert [path.name for path in folder.iterdir()] == ["q.onnx"]  # nothing is left beside it
    assert made[0] == made[1]


def test_shapes_without_weights_are_the_same(tmp_path: Path) -> None:
    whole = onnx.shape_inference.infer_shapes(onnx.load(model(tmp_path / "m.onnx")))
    bare = infer_shapes(onnx.load(tmp_path / "m.onnx"))
    assert list(bare.graph.value_info) == list(whole.graph.value_info)
    assert bare.graph.initializer == whole.graph.initializer
    assert [value.name for value in bare.graph.input] == ["x"]
