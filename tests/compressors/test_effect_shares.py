"""How much of the weights a quantization changed, and what is said of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets

from pytest_edgebench.base.errors import NoEffectError
from pytest_edgebench.compressors import effect
from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.declare.model import Format, Model
from pytest_edgebench.record.run import Counts

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder


def recurrent(kind: str, width: int) -> Any:
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps, self.out = getattr(nn, kind)(16, 32, batch_first=True), nn.Linear(32, width)

        def forward(self, x: Any) -> Any:
            return self.out(self.steps(x)[0][:, -1])

    torch.manual_seed(0)
    return Net()


def lstm() -> Any:
    return recurrent("LSTM", 4)


def gru() -> Any:
    return recurrent("GRU", 4)


def wide_gru() -> Any:
    return recurrent("GRU", 400)


def series() -> Any:
    return np.random.default_rng(0).normal(size=(24, 10, 16)).astype(np.float32), np.zeros(24, int)


def depthwise() -> Any:
    import torch
    from torch import nn

    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(64, 64, 7, groups=64, padding=3), nn.ReLU(), nn.Conv2d(64, 8, 1))


def pictures() -> Any:
    return np.random.default_rng(0).normal(size=(8, 64, 8, 8)).astype(np.float32), np.zeros(8, int)


def model(net: Any, data: Any) -> Model:
    return Model(net, data, tiny_nets.score, name=net.__name__)


@pytest.mark.parametrize(
    ("net", "scheme", "reason"),
    [
        (lstm, "static-int8", "LSTM .*: ONNX Runtime has no int8 LSTM with fixed ranges; 'dynamic-int8'"),
        (lstm, "weight-int8", "LSTM .*: MatMulNBits holds matrix products only, not LSTM"),
        (gru, "dynamic-int8", "GRU .*: ONNX Runtime has no dynamic-int8 form of GRU"),
    ],
)  # fmt: skip
def test_hardly_any_weight_is_no_effect(shared_builder: Builder, net: Any, scheme: Any, reason: str) -> None:
    with pytest.raises(NoEffectError, match=rf"only 2\.\d % of the weights became int8; {reason}"):
        shared_builder.build(quantize(model(net, series), scheme), "onnx")


@pytest.mark.parametrize(
    ("scheme", "reason"),
    [
        ("static-int8", "ONNX Runtime has no int8 LSTM with fixed ranges; 'dynamic-int8' quantizes LSTM"),
        ("dynamic-int8", "it was left out by exclude=, ops=, preset= or keep="),
    ],
)
def test_a_preset_for_other_networks(shared_builder: Builder, scheme: Any, reason: str) -> None:
    """It leaves an LSTM float, which is most of the model."""
    preset = r": preset='transformer' takes convolutions and matrix products alone; LSTM .*: "
    with pytest.raises(NoEffectError, match=rf"only 2\.\d % of the weights became int8{preset}{reason}"):
        shared_builder.build(quantize(model(lstm, series), scheme, preset="transformer"), "onnx")


def test_lstm_of_the_dynamic_scheme(shared_builder: Builder) -> None:
    made = shared_builder.build(quantize(model(lstm, series), "dynamic-int8"), "onnx")
    assert made.record.counts.weight_bytes["int8"] > 4 * 32 * (16 + 32)
    assert not [note for note in made.record.notes if "float" in note]


def test_a_gru_beside_more_is_noted(shared_builder: Builder) -> None:
    made = shared_builder.build(quantize(model(wide_gru, series), "dynamic-int8"), "onnx")
    (note,) = made.record.notes
    assert note.startswith("stayed float: GRU ")
    assert note.endswith("ONNX Runtime has no dynamic-int8 form of GRU")


@pytest.mark.parametrize(
    ("fmt", "scheme", "share", "reason"),
    [
        ("tflite", "weight-int4", 14, "LiteRT has no depthwise convolution of 4-bit weights"),
        ("onnx", "weight-int8", None, "MatMulNBits holds matrix products only, not Conv"),
    ],
)
def test_under_half_is_told(
    shared_builder: Builder, fmt: Format, scheme: Any, share: int | None, reason: str
) -> None:
    recipe = quantize(model(depthwise, pictures), scheme)
    if share is None:
        with pytest.raises(NoEffectError, match=f"no weight became int8; .*: {reason}"):
            shared_builder.build(recipe, fmt)
        return
    (note,) = [n for n in shared_builder.build(recipe, fmt).record.notes if "changed" in n]
    assert note.startswith(f"{scheme} changed {share} % of the weights; DEPTHWISE_CONV_2D ")
    assert note.endswith(f"(3,136 weights): {reason}")


def test_a_tflite_file_that_grew_says_why(shared_builder: Builder) -> None:
    """An LSTM of ten steps is 160 operators on TFLite, each with scales."""
    recipe = quantize(model(lstm, series), "static-int8")
    plain, made = shared_builder.build(recipe.source, "tflite"), shared_builder.build(recipe, "tflite")
    grown = made.size - plain.size
    told = [note for note in made.record.notes if note.startswith("the file grew by")]
    assert told == [effect.why_larger(plain.record.counts, made.record.counts, (plain.size, made.size))]
    assert grown > 0
    assert f"{grown:,} B" in told[0]


def counts(ops: int = 1, **bytes_: int) -> Counts:
    return Counts({"MatMul": ops}, 1, bytes_, 0, 0, 0)


def test_shares() -> None:
    int8, half = ("int8", "uint8"), ("float16",)
    assert effect.changed(counts(float32=400), counts(float32=200, int8=50), int8) == 0.5
    assert effect.changed(counts(float16=200), counts(float16=100, uint8=50), int8) == 0.5
    assert effect.changed(counts(float32=400), counts(float16=200), half) == 1
    assert effect.changed(counts(float32=400), counts(int4=50), ("int4", "uint4")) == 1
    assert effect.changed(counts(float32=400), counts(uint8=128), int8) == 1  # blocks are filled up
    assert effect.changed(counts(int8=4), counts(int8=4), int8) == 0


def test_why_larger() -> None:
    before = counts(float32=1000)
    assert effect.why_larger(before, counts(float32=10), (100, 100)) == ""
    both = effect.why_larger(before, counts(float32=1000, int8=250), (1100, 1400))
    assert both.startswith("the file grew by 300 B: its constants take 250 B more, since weights that two")
    scales = effect.why_larger(before, counts(float32=100, int8=250, ops=9), (1100, 1400))
    assert scales.endswith("smaller weights save 650 B, scales and 8 more operators take more than that")


def test_layers_are_grouped_and_cut() -> None:
    told = effect.left_float([("Conv a", 10, "why"), ("LSTM b", 2000, "other"), ("Conv c", 5, "why")])
    assert told == "LSTM b (2,000 weights): other; Conv a (10 weights), Conv c (5 weights): why"
    assert effect.left_float([(f"Conv {n}", n, "why") for n in range(7)]).endswith("; and 2 more")
