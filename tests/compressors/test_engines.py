"""``engine=``: the library that does the work, its algorithms, and what it does not offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
import tiny_nets
from file_answers import answers

from pytest_edgebench.base import distributions
from pytest_edgebench.base.errors import BuildError, DeclarationError, UnsupportedError
from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.compressors.engines import known
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.declare.model import Model, Recipe
from pytest_edgebench.identity.digest import digest

if TYPE_CHECKING:
    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.compressors.build.builder import Builder

OFFERED = [
    (engine.name, scheme, algorithm)
    for engine in known.own().values()
    for scheme, algorithms in engine.schemes.items()
    for algorithm in algorithms or (None,)
]
LEAST_DB = {"fp16": 55.0, "int8": 28.0, "int4": 14.0}


def wide() -> Any:
    """Products whose columns hold an even number of blocks, as all algorithms take them."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))


@pytest.fixture(scope="module")
def net() -> Model:
    return Model(wide, tiny_nets.flat_samples, tiny_nets.score, name="wide", place="conftest.py:3")


def decibels(found: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> float:
    error = float(np.square(found - wanted).mean())
    return float(10 * np.log10(np.square(wanted).mean() / error))


def built(builder: Builder, recipe: Model | Recipe, engine: str) -> Artifact:
    return builder.build(recipe, known.find(engine).format)


@pytest.mark.parametrize("engine,scheme,algorithm", OFFERED)
def test_whatever_an_engine_offers_is_near_the_float_model(
    engine: str, scheme: Any, algorithm: str | None, shared_builder: Builder, net: Model
) -> None:
    pytest.importorskip(engine.replace("-", "_"))
    recipe = quantize(net, scheme, engine=engine, algorithm=algorithm)
    made, original = built(shared_builder, recipe, engine), built(shared_builder, net, engine)
    inputs = tiny_nets.flat_samples()[0]
    found = decibels(answers(made.path, inputs), answers(original.path, inputs))
    assert found > LEAST_DB[scheme.rpartition("-")[2]]
    assert made.record.versions[engine] == distributions.version(engine)


def test_convolutions_by_nncf(shared_builder: Builder, cnn: Model) -> None:
    """Their scales have the rank of the weight as NNCF writes them, which ONNX Runtime does not load."""
    pytest.importorskip("nncf")
    made = shared_builder.build(quantize(cnn, "weight-int8", engine="nncf"), "onnx")
    assert made.record.counts.weight_bytes["int8"] == 54 + 432 + 288
    inputs = tiny_nets.samples()[0]
    original = shared_builder.build(cnn, "onnx")
    assert decibels(answers(made.path, inputs), answers(original.path, inputs)) > 35


def test_what_nncf_writes_wrongly_stays_float(shared_builder: Builder) -> None:
    """Scales of a convolution over frames lie along two axes, and embeddings in 4 bits become products."""
    pytest.importorskip("nncf")
    net = Model(sounds, sound_samples, tiny_nets.score, name="sounds", place="conftest.py:3")
    made = shared_builder.build(quantize(net, "weight-int8", engine="nncf"), "onnx")
    weights = made.record.counts.weight_bytes
    assert weights["int8"] == 48 * 32 + 32 * 32
    assert weights["float32"] > 4 * 8 * 4 * 3


def sounds() -> Any:
    import torch
    from torch import nn

    torch.manual_seed(0)
    return nn.Sequential(nn.Conv1d(4, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 32), nn.Linear(32, 32))


def sound_samples() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(48, 4, 8)).astype(np.float32), rng.integers(0, 4, 48)


def test_blocks_and_rules_of_tflite(shared_builder: Builder, net: Model) -> None:
    recipes = {
        "blocks": quantize(net, "dynamic-int4"),
        "channels": quantize(net, "dynamic-int4", block=None),
        "ruled": quantize(
            net, "dynamic-int4", engine="ai-edge-quantizer", rules={"FULLY_CONNECTED": "dynamic-int8"}
        ),
    }
    files = {name: shared_builder.build(recipe, "tflite") for name, recipe in recipes.items()}
    weights = {name: made.record.counts.weight_bytes for name, made in files.items()}
    assert weights["blocks"]["int4"] == weights["channels"]["int4"] == (64 * 64 + 64 * 4) // 2
    assert weights["blocks"]["float16"] == 2 * (64 * 64 + 64 * 4) // 32  # a scale for each block
    assert "float16" not in weights["channels"]
    assert weights["ruled"]["int8"] == 64 * 64 + 64 * 4
    assert "int4" not in weights["ruled"]


def test_smooth_quant_and_the_transformer_mode(shared_builder: Builder, net: Model) -> None:
    pytest.importorskip("nncf")
    recipe = quantize(net, "static-int8", engine="nncf", preset="transformer")
    made = shared_builder.build(recipe, "onnx")
    assert any(node.op_type == "Mul" for node in onnx.load(made.path).graph.node)  # what SmoothQuant adds


def test_operators_that_are_left_out(shared_builder: Builder, net: Model) -> None:
    for engine in ("onnxruntime", "nncf"):
        pytest.importorskip(engine)
        made = shared_builder.build(quantize(net, "weight-int8", engine=engine, exclude="0.weight"), "onnx")
        assert made.record.counts.weight_bytes["float32"] > 4 * 64 * 64


def test_gptq_leaves_out_what_is_excluded(shared_builder: Builder, net: Model) -> None:
    recipe = quantize(net, "weight-int4", engine="onnxruntime", algorithm="gptq", exclude="0.weight")
    assert shared_builder.build(recipe, "onnx").record.counts.weight_bytes["float32"] > 4 * 64 * 64


@pytest.mark.parametrize(
    "options,message,fix",
    [
        ({"engine": "nnfc"}, "there is no engine 'nnfc'", "'ai-edge-quantizer', 'nncf', 'onnxruntime'"),
        (
            {"engine": "openvino"},
            "there is no engine 'openvino'",
            'write engine="nncf", which writes .onnx files',
        ),
        ({"scheme": "weight-int2", "engine": "nncf"}, "unknown quantization scheme", "write 'weight-int4'"),
        ({"scheme": "fp16", "engine": "nncf"}, "engine='nncf' has no scheme 'fp16'", "'static-int8'"),
        ({"engine": "nncf", "method": "entropy"}, "does not take method='entropy'", "per_channel, block"),
        ({"engine": "nncf", "algorithm": "hqq"}, "no algorithm 'hqq' for 'static-int8'", "bias-correction"),
        ({"engine": "onnxruntime", "algorithm": "x"}, "no algorithm 'x'", "leave algorithm= out"),
        ({"algorithm": "hqq"}, "algorithm='hqq' has a meaning for some engines only", "write engine= too"),
        ({"engine": "onnxruntime", "rules": {"Gemm": "fp16"}}, "does not take rules=", "leave rules= out"),
        ({"engine": "onnxruntime", "rules": {"Gemm": "fp8"}}, "rules= maps patterns", "schemes are"),
        ({"engine": "onnxruntime", "rules": ("Gemm",)}, "rules= maps patterns", "schemes are"),
        ({"engine": "onnxruntime", "rules": "Gemm"}, "rules= maps patterns", "schemes are"),
    ],
)
def test_what_cannot_be_asked_for(options: dict[str, Any], message: str, fix: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        Quantize(**{"scheme": "static-int8", **options})
    assert message in str(raised.value)
    assert fix in raised.value.fix


def test_an_engine_of_another_format(builder: Builder, net: Model) -> None:
    recipe = Recipe(net, Quantize("weight-int8", engine="nncf"), place="conftest.py:9")
    with pytest.raises(UnsupportedError, match=r"since nncf quantizes \.onnx files") as raised:
        builder.build(recipe, "tflite")
    assert raised.value.where == "conftest.py:9"


def test_an_engine_that_is_not_installed(
    builder: Builder, net: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "version", lambda name: "")
    recipe = Recipe(net, Quantize("weight-int8", engine="nncf"), place="conftest.py:9")
    with pytest.raises(BuildError, match="engine='nncf' is not installed") as raised:
        builder.build(recipe, "onnx")
    assert raised.value.fix == "pip install 'pytest-edgebench[nncf]'"
    assert raised.value.where == "conftest.py:9"


def test_only_a_named_engine_is_in_the_key() -> None:
    before = Quantize("weight-int8")
    assert digest(Quantize("weight-int8", engine=None)) == digest(before)
    assert digest(Quantize("weight-int8", engine="onnxruntime")) != digest(before)
    assert before.made_with("onnx") == ("onnxruntime", "onnx")
    assert Quantize("weight-int8", engine="nncf").made_with("onnx") == ("nncf", "onnx", "onnxruntime")
