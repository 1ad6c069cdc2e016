"""A file that a step wrote is run once by its runtime before it counts as built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import onnx
import onnx_graphs as g
import pytest
import tiny_nets

from pytest_edgebench.base.errors import BuildError, DataError
from pytest_edgebench.compressors.chain import chain, quantize
from pytest_edgebench.declare.model import Format, Model, Stage, Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder

FORMATS: tuple[Format, ...] = ("onnx", "tflite")


@dataclass(frozen=True)
class Broken(Step):
    """Writes a file that parses and does not run."""

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "file", "tflite": "file"}

    def file(self, source: Path, target: Path, context: Any) -> None:
        if context.format == "onnx":
            model = onnx.load(source)
            for node in model.graph.node:
                if node.op_type == "Gemm":
                    node.op_type = "Gemmm"
            onnx.save(model, target)
            return
        from ai_edge_litert import schema_py_generated as schema

        content = bytearray(source.read_bytes())
        model = schema.Model.GetRootAs(content, 0)
        graph = model.Subgraphs(0)
        # The first operator reads its weight from where its bias is, which has another rank.
        inputs = graph.Operators(0).InputsAsNumpy()
        inputs.flags.writeable = True
        inputs[1] = inputs[2]
        target.write_bytes(bytes(content))

    def effect(self, before: Any, after: Any) -> str | None:
        return None


@pytest.mark.parametrize("fmt", FORMATS)
def test_what_does_not_run_names_step_and_reason(builder: Builder, mlp: Model, fmt: Format) -> None:
    with pytest.raises(BuildError, match=r"Broken\(\) wrote a file that .* cannot run: ") as caught:
        builder.build(chain(mlp, Broken()), fmt)
    runtime, reason = {"onnx": ("ONNX Runtime", "Gemmm"), "tflite": ("LiteRT", "")}[fmt]
    assert runtime in caught.value.what
    assert reason in caught.value.what
    assert caught.value.where == "conftest.py:3"


def test_what_did_not_run_before_is_not_the_steps_doing(builder: Builder, tmp_path: Path) -> None:
    """Data of another width than the file takes is said by whoever measures it."""
    path = g.write(
        tmp_path / "m.onnx", g.products(), [g.info("x", ["n", 64])], [g.info("y", ["n", 8])],
        [g.weight("W", 64, 128), g.weight("V", 128, 8)],
    )  # fmt: skip
    narrow = Model(path, (g.inputs(32), np.zeros(32)), tiny_nets.score)
    assert builder.build(quantize(narrow, "fp16"), "onnx").record.counts.weight_bytes["float16"]


def test_not_at_every_use(builder: Builder, mlp: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_edgebench.compressors.build import loads

    made = builder.build(quantize(mlp, "fp16"), "onnx")
    monkeypatch.setattr(loads, "check", lambda *given: pytest.fail("ran again"))
    again = type(builder)(builder._cache).build(quantize(mlp, "fp16"), "onnx")
    assert again.key == made.key


def tied() -> Any:
    import torch
    from torch import nn

    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inside, self.out = nn.Embedding(200, 32), nn.Linear(32, 200, bias=False)
            self.out.weight = self.inside.weight

        def forward(self, tokens: Any) -> Any:
            return self.out(self.inside(tokens).mean(1))

    torch.manual_seed(0)
    return Tied()


def tokens() -> Any:
    """In torch's own dtype, which LiteRT's converter makes int32 of."""
    return np.random.default_rng(1).integers(0, 200, (40, 6)), np.zeros(40, int)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("scheme", ["dynamic-int8", "static-int8", "fp16", "weight-int8", "weight-int4"])
def test_a_weight_of_two_layers(shared_builder: Builder, fmt: Format, scheme: Any) -> None:
    model = Model(tied, tokens, tiny_nets.score, name="tied")
    plain, made = shared_builder.build(model, fmt), shared_builder.build(quantize(model, scheme), fmt)
    if fmt == "tflite":
        assert made.size < plain.size
    else:  # of weights alone, both read the same blocks
        assert made.size < 0.65 * plain.size


def lengths() -> Any:
    import torch
    from torch import nn

    class Lengths(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 4, 3), nn.Linear(4 * 36, 4)

        def forward(self, x: Any) -> Any:
            return self.b(torch.relu(self.a(x)).reshape(len(x), -1)) + torch.zeros(int(x.shape[0]), 4)

    torch.manual_seed(0)
    return Lengths()


def test_a_batch_that_became_a_number_is_made_one(shared_builder: Builder) -> None:
    model = Model(lengths, tiny_nets.samples, tiny_nets.score, name="lengths")
    made = shared_builder.build(quantize(model, "static-int8", calibration=16), "onnx")
    assert "exported for a batch of 1, since forward() does not allow others" in made.record.notes
    assert g.answers(made.path, tiny_nets.samples()[0][:4]).shape == (4, 4)


def largest() -> Any:
    import torch
    from torch import nn

    class Largest(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(64, 32)

        def forward(self, x: Any) -> Any:
            return torch.topk(self.layer(x), 4, dim=-1)[0]

    return Largest()


def test_an_operator_that_the_runtime_does_not_have(shared_builder: Builder) -> None:
    model = Model(largest, tiny_nets.flat_samples, tiny_nets.score, name="largest")
    assert shared_builder.build(model, "onnx").record.counts.ops["TopK"] == 1
    with pytest.raises(BuildError, match="LiteRT cannot run the exported file: it has no operator") as caught:
        shared_builder.build(model, "tflite")
    assert "STABLEHLO_SORT" in caught.value.what


def test_no_sample_at_all(shared_builder: Builder) -> None:
    empty = Model(largest, (np.zeros((0, 64), np.float32), np.zeros(0)), tiny_nets.score, name="empty")
    with pytest.raises(DataError, match="inputs holds no samples"):
        shared_builder.build(empty, "onnx")


@dataclass(frozen=True)
class Overflowing(Step):
    """Multiplies the weights beyond what a float holds."""

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "file"}

    def file(self, source: Path, target: Path, context: Any) -> None:
        model = onnx.load(source)
        for tensor in model.graph.initializer:
            values = onnx.numpy_helper.to_array(tensor)
            with np.errstate(over="ignore"):
                tensor.CopyFrom(onnx.numpy_helper.from_array(values * np.float32(1e38) * 1e3, tensor.name))
        onnx.save(model, target)

    def effect(self, before: Any, after: Any) -> str | None:
        return None


def test_answers_that_are_no_numbers_any_more(builder: Builder, tmp_path: Path) -> None:
    """Unless they were none before."""
    weights = [g.weight("W", 8, 8), g.weight("V", 8, 4)]
    given, wanted = [g.info("x", ["n", 8])], [g.info("y", ["n", 4])]
    path = g.write(tmp_path / "m.onnx", g.products(), given, wanted, weights)
    inputs = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
    said = r"Overflowing\(\) wrote a file that answers NaN or infinity on ONNX Runtime \(y\)"
    with pytest.raises(BuildError, match=said):
        builder.build(chain(g.model(path, inputs), Overflowing()), "onnx")
    nodes = [*g.products()[:2], g.node("MatMul", ["r", "V"], ["p"]), g.node("Log", ["p"], ["y"])]
    odd = g.write(tmp_path / "odd.onnx", nodes, given, wanted, weights)
    assert builder.build(chain(g.model(odd, -np.abs(inputs)), Overflowing()), "onnx").size
