"""Pruning: ratios of single layers, schedules over rounds, importance by activations."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets

from pytest_edgebench.base.errors import BuildError, DeclarationError
from pytest_edgebench.compressors.chain import prune
from pytest_edgebench.compressors.fit import Fit
from pytest_edgebench.compressors.prune import Prune
from pytest_edgebench.compressors.prune_channels import PruneChannels
from pytest_edgebench.declare.model import Model, StepContext

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder


def context(source: Any = tiny_nets.mlp, data: Any = tiny_nets.flat_samples) -> tuple[StepContext, list[str]]:
    notes: list[str] = []
    return StepContext("onnx", Model(source, data, tiny_nets.score), lambda n: {}, 0, notes.append), notes


def test_ratios_of_layers() -> None:
    """Each of them for itself; 0 leaves one whole; the others share the ratio that is left to them."""
    given, _ = context()
    step = Prune(0.5, layer_ratios={"0": 0.25, "*": 0.75})
    module: Any = step.torch(tiny_nets.mlp(), given)
    assert [float((layer.weight == 0).float().mean()) for layer in (module[0], module[2])] == [0.25, 0.75]
    whole: Any = Prune(0.5, layer_ratios={"2": 0.0}).torch(tiny_nets.mlp(), given)
    assert [float((layer.weight == 0).float().mean()) for layer in (whole[0], whole[2])] == [0.5, 0.0]
    with pytest.raises(BuildError, match="'conv' of layer_ratios= matches no layer") as raised:
        Prune(0.5, layer_ratios={"conv": 0.5}).torch(tiny_nets.mlp(), given)
    assert raised.value.fix == "layers are 0, 2"
    cnn, _ = context(tiny_nets.cnn, tiny_nets.samples)
    thin: Any = PruneChannels(0.5, layer_ratios={"0": 0.0, "3": 0.25}).torch(tiny_nets.cnn(), cnn)
    assert [thin[0].out_channels, thin[3].out_channels] == [6, 6]


@pytest.mark.parametrize("given", [{"a": 1}, {"a": True}, {"": 0.5}, {"a": float("nan")}, 0.5, ("a",)])
def test_what_are_no_ratios_of_layers(given: Any) -> None:
    for step in (Prune, PruneChannels):
        with pytest.raises(DeclarationError, match="layer_ratios= maps patterns of layer names to numbers"):
            step(0.5, layer_ratios=given)


@pytest.mark.parametrize(("schedule", "shares"), [("linear", (0.25, 0.5)), ("cubic", (0.4375, 0.5))])
def test_schedule_over_rounds(schedule: Any, shares: tuple[float, float]) -> None:
    seen: list[float] = []
    widths: list[int] = []

    def look(module: Any) -> None:
        seen.append(float((module[0].weight == 0).float().mean()))
        widths.append(module[0].out_features)

    Prune(0.5, look, "layer", 2, schedule=schedule).torch(tiny_nets.mlp(), context()[0])
    assert seen == list(shares)
    widths.clear()
    PruneChannels(0.5, finetune=look, rounds=2, schedule=schedule).torch(tiny_nets.mlp(), context()[0])
    assert widths == [32 - round(32 * shares[0]), 16]
    with pytest.raises(DeclarationError, match="says how a ratio is reached over several rounds"):
        Prune(0.5, schedule="cubic")
    with pytest.raises(DeclarationError, match="schedule= is not 'fast'"):
        Prune(0.5, schedule="fast")  # type: ignore[arg-type]


def quiet() -> tuple[Any, Any]:
    """Samples whose first half of inputs is nearly silent."""
    inputs, labels = tiny_nets.flat_samples()
    return inputs * np.where(np.arange(64) < 32, 1e-3, 1).astype(np.float32), labels


def test_importance_by_activations() -> None:
    """What reads silent inputs goes first, however large its weights are."""
    import torch

    module = tiny_nets.mlp()
    with torch.no_grad():
        module[0].weight[:, :32] *= 10
    model = Model(tiny_nets.mlp, quiet, tiny_nets.score)
    read: list[int] = []

    def calibration(count: int) -> Any:
        read.append(count)
        return {"input_0": quiet()[0][:count]}

    given = StepContext("onnx", model, calibration, 0, lambda text: None)
    step = Prune(0.5, scope="layer", importance="activation")
    pruned: Any = step.torch(copy.deepcopy(module), given)
    assert float((pruned[0].weight[:, :32] == 0).float().mean()) > 0.95
    assert read == [step.samples]
    assert Prune(0.5).samples == 0
    with torch.no_grad():
        module[0].weight[:] = 1
        module[0].bias[:] = -100
        module[0].bias[:8] = 100
        module[2].weight[:] = 1
        module[2].weight[:, 8:] = 50
    thin: Any = PruneChannels(0.75, "activation").torch(module, given)
    assert thin[0].bias.tolist() == [100] * 8


def test_activations_of_grouped_convolutions() -> None:
    import torch
    from torch import nn

    from pytest_edgebench.compressors.activations import weighed

    norms = torch.tensor([1.0, 2, 3, 4])
    grouped = nn.Conv2d(4, 6, 3, groups=2)
    one = weighed(grouped, norms) / grouped.weight.abs()
    assert one[:, :, 0, 0].round().tolist() == [[1, 2]] * 3 + [[3, 4]] * 3
    back = nn.ConvTranspose2d(4, 6, 3, groups=2)
    assert (weighed(back, norms) / back.weight.abs())[:, 0, 0, 0].round().tolist() == [1, 2, 3, 4]


def test_activations_are_part_of_the_key(builder: Builder) -> None:
    inputs, labels = tiny_nets.flat_samples()
    models = [
        Model(tiny_nets.mlp, (inputs, labels), tiny_nets.score, calibration=given)
        for given in (inputs[:8], inputs[8:16])
    ]
    for importance, count in (("activation", 2), ("magnitude", 1)):
        keys = {builder._modules.key(prune(m, 0.5, importance=importance), "onnx") for m in models}  # type: ignore[arg-type]
        assert len(keys) == count
        tuned = {
            builder._modules.key(prune(m, 0.5, Fit(1), importance=importance), "onnx")  # type: ignore[arg-type]
            for m in models
        }
        assert len(tuned) == count
