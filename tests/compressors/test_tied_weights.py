"""One table for the embedding and the head of a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnx_graphs as g
import pytest
import tiny_nets
from file_answers import answers
from onnx import helper

from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.compressors.engines import onnxruntime as engine
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.declare.model import Model
from pytest_edgebench.record.run import Counts

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder

WORDS, WIDTH = 96, 16


def language() -> Any:
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.mid = nn.Embedding(WORDS, WIDTH), nn.Linear(WIDTH, WIDTH)
            self.head = nn.Linear(WIDTH, WORDS, bias=False)
            self.head.weight = self.table.weight

        def forward(self, tokens: Any) -> Any:
            x = self.table(tokens)
            x = torch.softmax(x @ x.transpose(1, 2) / 4, -1) @ self.mid(x)
            return self.head(x)

    torch.manual_seed(0)
    return Net()


def tokens() -> Any:
    return np.random.default_rng(0).integers(0, WORDS, (16, 4)), np.zeros(16, int)


@pytest.fixture(scope="module")
def net() -> Model:
    return Model(language, tokens, tiny_nets.score, name="language", place="conftest.py:3")


def noise(found: Any, wanted: Any) -> float:
    return float(np.square(found - wanted).mean() / np.square(wanted).mean())


def test_a_float_product_beside_an_int8_embedding(shared_builder: Builder, net: Model) -> None:
    """ai-edge-quantizer adds bytes to the text that it named its copy by."""
    inputs = tokens()[0].astype(np.int32)
    original = shared_builder.build(net, "tflite")
    made = shared_builder.build(quantize(net, "static-int8", exclude="FULLY_CONNECTED"), "tflite")
    assert made.record.counts.weight_bytes["float32"] >= 4 * WIDTH * (WORDS + WIDTH)
    assert made.record.counts.weight_bytes["int8"] >= WORDS * WIDTH
    assert noise(answers(made.path, inputs), answers(original.path, inputs)) < 1e-3


def tied(folder: Path, *, turned: bool) -> Path:
    """A table whose rows are looked up and that is the head; turned by an operator or by an attribute."""
    nodes = [helper.make_node("Gather", ["table", "tokens"], ["x"], name="embedding")]
    if turned:
        nodes += [helper.make_node("Transpose", ["table"], ["back"], perm=[1, 0])]
        nodes += [helper.make_node("MatMul", ["x", "back"], ["y"], name="head")]
    else:
        nodes += [helper.make_node("Gemm", ["x", "table"], ["y"], transB=1, name="head")]
    given = helper.make_tensor_value_info("tokens", onnx.TensorProto.INT64, ["n"])
    return g.write(folder / "m.onnx", nodes, [given], [g.info("y", ["n", 64])], [g.weight("table", 64, 32)])


@pytest.mark.parametrize("scheme", ["static-int8", "dynamic-int8"])
@pytest.mark.parametrize("turned", [True, False])
def test_a_table_that_is_stored_twice_is_told(tmp_path: Path, scheme: Any, turned: bool) -> None:
    """Each of its readers has scales of its own."""
    source = tied(tmp_path, turned=turned)
    notes: list[str] = []
    samples = {"tokens": np.arange(64)}
    engine.quantize(source, tmp_path / "q.onnx", Quantize(scheme)._asked(), samples, notes.append)
    assert [note[:24] for note in notes] == ["table is stored twice: i"]


def test_a_table_that_stays_whole_is_not_told(tmp_path: Path) -> None:
    source = tied(tmp_path, turned=False)
    notes: list[str] = []
    engine.quantize(source, tmp_path / "q.onnx", Quantize("fp16")._asked(), {}, notes.append)
    assert notes == []


@pytest.mark.parametrize("scheme", ["weight-int8", "weight-int4"])
@pytest.mark.parametrize("turned", [True, False])
def test_blocks_of_one_table(tmp_path: Path, scheme: Any, turned: bool) -> None:
    """The embedding reads the blocks that the head holds."""
    source = tied(tmp_path, turned=turned)
    engine.quantize(source, tmp_path / "q.onnx", Quantize(scheme)._asked(), {})
    counts = inspect(tmp_path / "q.onnx", {"tokens": np.arange(64)})
    assert {"Gather", "MatMul", "Gemm"}.isdisjoint(counts.ops)
    assert (counts.parameters, counts.macs, dict(counts.uncounted)) == (64 * 32, 64 * 64 * 32, {})
    found, wanted = (
        g.session(path).run(None, {"tokens": np.arange(64)})[0] for path in (tmp_path / "q.onnx", source)
    )
    assert noise(found, wanted) < (0.03 if scheme == "weight-int4" else 1e-3)
    plain = Counts({"Gather": 1}, 1, {}, 0, 0, 0)
    steps = [
        Quantize(scheme, block=block).revision("onnx", source, plain, from_file=True) for block in (32, 64)
    ]
    assert steps[0] == steps[1] + 20


def test_a_table_that_others_read_stays(tmp_path: Path) -> None:
    """Its blocks would be beside the floats."""
    nodes = [
        helper.make_node("Gather", ["table", "tokens"], ["x"]),
        helper.make_node("Gemm", ["x", "table", "bias"], ["s"], transB=1),
        helper.make_node("ReduceSum", ["table"], ["all"], keepdims=0),
        helper.make_node("Add", ["s", "all"], ["y"]),
    ]
    given = helper.make_tensor_value_info("tokens", onnx.TensorProto.INT64, ["n"])
    tables = [g.weight("table", 64, 32), g.weight("bias", 64)]
    source = g.write(tmp_path / "m.onnx", nodes, [given], [g.info("y", ["n", 64])], tables)
    engine.quantize(source, tmp_path / "q.onnx", Quantize("weight-int8")._asked(), {})
    assert "Gather" in inspect(tmp_path / "q.onnx").ops
    nodes = [nodes[0], helper.make_node("Gemm", ["x", "table", "bias"], ["y"], transB=1)]
    source = g.write(tmp_path / "m.onnx", nodes, [given], [g.info("y", ["n", 64])], tables)
    engine.quantize(source, tmp_path / "q.onnx", Quantize("weight-int8")._asked(), {})
    counts = inspect(tmp_path / "q.onnx")
    assert {"Gather", "MatMul", "Gemm"}.isdisjoint(counts.ops)
    found, wanted = (
        g.session(path).run(None, {"tokens": np.arange(64)})[0] for path in (tmp_path / "q.onnx", source)
    )
    assert noise(found, wanted) < 1e-3
