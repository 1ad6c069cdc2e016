"""Every scheme works on a TFLite file whose weights are stored in another way as it does on the plain one."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from file_answers import answers

from pytest_edgebench.base.errors import NoEffectError
from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.compressors.tflite_form.plain import densified, kind_of
from pytest_edgebench.declare.model import Model
from pytest_edgebench.record.run import Counts

sys.path.append(str(Path(__file__).parents[1] / "runtimes"))
from tflite_written import File, Graph, free_convolution  # type: ignore[import-not-found,unused-ignore]

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.compressors.build.builder import Builder

IN, MIDDLE, OUT = 64, 96, 32
SCHEMES = ("dynamic-int8", "static-int8", "weight-int8", "weight-int4", "dynamic-int4")


def layers(path: Path, constant: Callable[[Any, str, Any], Any], *, old: bool = False) -> Any:
    """Two fully connected layers, of which half the weights are zero."""
    rng, file = np.random.default_rng(0), File(old=old)
    graph = Graph(file)
    last = graph.add("x", (1, IN))
    first = last
    for name, shape in (("w", (MIDDLE, IN)), ("v", (OUT, MIDDLE))):
        values = rng.normal(size=shape) * (rng.random(shape) < 0.5) / 8
        weight = constant(graph, name, values.astype(np.float16).astype(np.float32))
        result = graph.add(f"y_{name}", (1, shape[0]))
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = schema.ActivationFunctionType.RELU if name == "w" else 0
        graph.run("FULLY_CONNECTED", [last, weight, -1], [result], options)
        last = result
    return file.write(path, [graph.finish([first], [last])])


def plain(graph: Any, name: str, values: Any) -> Any:
    return graph.add(name, values.shape, values)


def halves(graph: Any, name: str, values: Any) -> Any:
    """float16, which DEQUANTIZE expands."""
    stored = graph.add(f"{name}_half", values.shape, values.astype(np.float16))
    graph.tensors[stored].type = schema.TensorType.FLOAT16
    whole = graph.add(name, values.shape)
    graph.run("DEQUANTIZE", [stored], [whole])
    return whole


def sparse(graph: Any, name: str, values: Any) -> Any:
    """Rows without their zeros, which DENSIFY puts in."""
    stored = graph.add(f"{name}_rows", values.shape, values[values != 0])
    graph.tensors[stored].sparsity = rows(values)
    whole = graph.add(name, values.shape)
    graph.run("DENSIFY", [stored], [whole])
    return whole


def sparse_halves(graph: Any, name: str, values: Any) -> Any:
    """As MediaPipe's face detector has them: zeros are put in first."""
    stored = graph.add(f"{name}_rows", values.shape, values[values != 0].astype(np.float16))
    full, whole = graph.add(f"{name}_half", values.shape), graph.add(name, values.shape)
    graph.tensors[stored].sparsity = rows(values)
    for index in (stored, full):
        graph.tensors[index].type = schema.TensorType.FLOAT16
    graph.run("DENSIFY", [stored], [full])
    graph.run("DEQUANTIZE", [full], [whole])
    return whole


def rows(values: Any) -> Any:
    """Every row, and of each the columns that are not zero."""
    found = schema.SparsityParametersT()
    found.traversalOrder, found.blockMap = [0, 1], None
    dense, compressed = schema.DimensionMetadataT(), schema.DimensionMetadataT()
    dense.format, dense.denseSize = schema.DimensionType.DENSE, len(values)
    compressed.format = schema.DimensionType.SPARSE_CSR
    counts = np.cumsum([0, *(values != 0).sum(1)])
    compressed.arraySegmentsType = compressed.arrayIndicesType = schema.SparseIndexVector.Int32Vector
    compressed.arraySegments, compressed.arrayIndices = schema.Int32VectorT(), schema.Int32VectorT()
    compressed.arraySegments.values, compressed.arrayIndices.values = (
        counts.tolist(),
        np.nonzero(values)[1].tolist(),
    )
    found.dimMetadata = [dense, compressed]
    return found


def old(path: Path) -> Any:
    return layers(path, plain, old=True)


WAYS: dict[str, Any] = {
    "old": old,
    "halves": lambda path: layers(path, halves),
    "sparse": lambda path: layers(path, sparse),
    "sparse halves": lambda path: layers(path, sparse_halves, old=True),
}


def model(path: Path) -> Model:
    inputs = np.random.default_rng(1).normal(size=(16, IN)).astype(np.float32)
    return Model(path, (inputs, np.zeros(16)), lambda outputs, labels: 0.0, place="conftest.py:3")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("way", WAYS)
def test_as_the_plain_file(shared_builder: Builder, tmp_path: Path, way: str, scheme: Any) -> None:
    inputs = np.random.default_rng(2).normal(size=(8, IN)).astype(np.float32)
    wanted = shared_builder.build(quantize(model(layers(tmp_path / "plain.tflite", plain)), scheme), "tflite")
    found = shared_builder.build(quantize(model(WAYS[way](tmp_path / "other.tflite")), scheme), "tflite")
    assert np.allclose(answers(found.path, inputs), answers(wanted.path, inputs), atol=1e-6)
    assert found.record.counts.weight_bytes == wanted.record.counts.weight_bytes
    assert found.record.counts.ops == wanted.record.counts.ops


def test_halves_stay_halves_where_a_layer_is_left_out(shared_builder: Builder, tmp_path: Path) -> None:
    """As floats they would take more than before."""
    made = shared_builder.build(
        quantize(model(layers(tmp_path / "m.tflite", halves)), "dynamic-int8", exclude="y_v"), "tflite"
    )
    assert made.record.counts.weight_bytes["float16"] == 2 * OUT * MIDDLE
    assert made.record.counts.weight_bytes["int8"] == MIDDLE * IN


def test_zeros_that_have_to_be_stored_are_the_reason(shared_builder: Builder, tmp_path: Path) -> None:
    """Of weights that are mostly zeros a file grows by their integers."""

    def rare(graph: Any, name: str, values: Any) -> Any:
        kept = np.arange(values.size).reshape(values.shape) % 16 == 0
        return sparse_halves(graph, name, np.where(kept, 1.0, 0.0).astype(np.float32))

    made = shared_builder.build(quantize(model(layers(tmp_path / "m.tflite", rare)), "weight-int8"), "tflite")
    (note,) = made.record.notes
    assert note.startswith("the file grew by ")
    assert note.endswith("without their zeros, which kernels of quantized weights need")


def test_halves_of_halves(shared_builder: Builder, tmp_path: Path) -> None:
    with pytest.raises(NoEffectError, match="no weight became float16; some are float16 already"):
        shared_builder.build(quantize(model(layers(tmp_path / "m.tflite", halves)), "fp16"), "tflite")


def test_an_empty_row_has_no_scale_of_its_own(shared_builder: Builder, tmp_path: Path) -> None:
    """Such as that of a pruned channel: blocks would have a scale of zero, which no kernel takes."""

    def pruned(graph: Any, name: str, values: Any) -> Any:
        return plain(
            graph, name, np.where(np.arange(len(values))[:, None] == 3, 0, values).astype(np.float32)
        )

    path = layers(tmp_path / "m.tflite", pruned)
    made = shared_builder.build(quantize(model(path), "dynamic-int4"), "tflite")
    inputs = np.random.default_rng(2).normal(size=(8, IN)).astype(np.float32)
    found, wanted = answers(made.path, inputs), answers(path, inputs)
    assert np.square(found - wanted).mean() < 0.1 * np.square(wanted).mean()


def test_scales_of_blocks_are_no_parameters(shared_builder: Builder, tmp_path: Path) -> None:
    made = shared_builder.build(
        quantize(model(layers(tmp_path / "m.tflite", plain)), "dynamic-int4"), "tflite"
    )
    counts = made.record.counts
    assert counts.weight_bytes["float16"] == 2 * (IN * MIDDLE + MIDDLE * OUT) / 32
    assert counts.parameters == IN * MIDDLE + MIDDLE * OUT


def test_free_lengths_that_are_stored_as_one(shared_builder: Builder, tmp_path: Path) -> None:
    """Of which a convolution makes nothing: it is calibrated at those of the samples."""
    path = free_convolution(tmp_path / "m.tflite")
    inputs = np.random.default_rng(1).normal(size=(8, 6, 5, 2)).astype(np.float32)
    source = Model(path, (inputs, np.zeros(8)), lambda outputs, labels: 0.0, place="conftest.py:3")
    made = shared_builder.build(quantize(source, "static-int8"), "tflite")
    assert made.record.counts.float_ops == 0
    assert list(made.path.parent.glob("*.fitting.*")) == []


def test_other_bytes_have_another_key(tmp_path: Path) -> None:
    counts, step = Counts({"FULLY_CONNECTED": 2}, 2, {}, 0, 0, 0), Quantize("weight-int8")

    def revision(path: Path, *, given: bool = True) -> int:
        return step.revision("tflite", path, counts, from_file=given)

    assert revision(layers(tmp_path / "plain.tflite", plain)) == 0
    assert [revision(WAYS[way](tmp_path / f"{way}.tflite")) for way in WAYS] == [10] * 4
    assert revision(tmp_path / "halves.tflite", given=False) == 0
    assert kind_of(tmp_path / "plain.tflite").plain


def test_blocks_in_an_order_of_their_own() -> None:
    """Two by two blocks of four by six, columns of blocks first, and of each the rows that are not zero."""
    dense = np.arange(24.0).reshape(4, 6)
    dense[0:2, 2:4] = dense[2:4, 0:2] = 0
    stored = [
        dense[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].ravel() for c, r in ((0, 0), (1, 1), (2, 0), (2, 1))
    ]

    def level(count: int) -> Any:
        return SimpleNamespace(format=0, denseSize=count)

    listed = SimpleNamespace(
        format=1,
        arraySegments=SimpleNamespace(values=[0, 1, 2, 4]),
        arrayIndices=SimpleNamespace(values=[0, 1, 0, 1]),
    )
    layout = SimpleNamespace(
        traversalOrder=[1, 0, 2, 3], blockMap=[0, 1], dimMetadata=[level(3), listed, level(2), level(2)]
    )
    np.testing.assert_array_equal(densified(np.concatenate(stored), (4, 6), layout), dense)
