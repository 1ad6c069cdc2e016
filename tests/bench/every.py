"""The digits networks and a small transformer, with every compressor: what `compressors.py` runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb
from pytest_edgebench.suites.common.training import trained
from pytest_edgebench.suites.digits.digits import held_out, training, training_images
from pytest_edgebench.suites.digits.nets import recover, train_cnn, train_mlp

if TYPE_CHECKING:
    from torch import Tensor, nn

ALL = ["cnn", "mlp", "transformer"]


def train_transformer() -> nn.Module:
    """Rows of an image as eight tokens, through two blocks of attention with two heads of width 16."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.after = nn.LayerNorm(32), nn.LayerNorm(32)
            self.mix, self.out = nn.Linear(32, 96), nn.Linear(32, 32)
            self.wide, self.narrow = nn.Linear(32, 128), nn.Linear(128, 32)

        def forward(self, x: Tensor) -> Tensor:  # (n, 8, 32)
            query, key, value = (part.reshape(-1, 8, 2, 16).transpose(1, 2) for part in self._parts(x))
            share = torch.softmax(query @ key.transpose(2, 3) / 4, -1)
            x = x + self.out((share @ value).transpose(1, 2).reshape(-1, 8, 32))
            mixed: Tensor = x + self.narrow(torch.relu(self.wide(self.after(x))))
            return mixed

        def _parts(self, x: Tensor) -> tuple[Tensor, ...]:
            return tuple(self.mix(self.norm(x)).chunk(3, -1))

    class Transformer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Linear(8, 32)
            self.place = nn.Parameter(torch.zeros(1, 8, 32))
            self.blocks = nn.Sequential(Block(), Block())
            self.classes = nn.Linear(256, 10)

        def forward(self, x: Tensor) -> Tensor:  # (n, 1, 8, 8)
            tokens = self.embed(x.reshape(-1, 8, 8)) + self.place
            found: Tensor = self.classes(self.blocks(tokens).reshape(-1, 256))
            return found

    return trained(Transformer(), *training(), epochs=20, rate=3e-3)


@eb.model
def cnn() -> eb.Model:
    return eb.Model(train_cnn, held_out, eb.top1, calibration=training_images)


@eb.model
def mlp() -> eb.Model:
    return eb.Model(train_mlp, held_out, eb.top1, calibration=training_images)


@eb.model
def transformer() -> eb.Model:
    return eb.Model(train_transformer, held_out, eb.top1, calibration=training_images)


def again() -> Any:
    """The default loop on the training part."""
    return eb.Fit(epochs=8, lr=2e-3, data=training)


@eb.recipe(models=ALL)
def int8_dynamic(model: eb.Model) -> eb.Recipe:
    return eb.quantize(model, "dynamic-int8")


@eb.recipe(models=ALL)
def int8_static(model: eb.Model) -> eb.Recipe:
    return eb.quantize(model, "static-int8")


@eb.recipe(models=ALL)
def int8_trained(model: eb.Model) -> eb.Recipe:
    return eb.qat(model, again())


@eb.recipe(models=ALL)
def int16_activations(model: eb.Model) -> eb.Recipe:
    return eb.quantize(model, "static-int8", activations="int16")


@eb.recipe(models=ALL)
def fp16(model: eb.Model) -> eb.Recipe:
    return eb.quantize(model, "fp16")


@eb.recipe(models=ALL)
def weight_int8(model: eb.Model) -> eb.Recipe:
    return eb.quantize(model, "weight-int8")


@eb.recipe(models=ALL)
def weight_int4(model: eb.Model) -> eb.Recipe:
    return eb.quantize(model, "weight-int4")


@eb.recipe(models=ALL)
def binary(model: eb.Model) -> eb.Recipe:
    return eb.binarize(model)


@eb.recipe(models=ALL)
def binary_trained(model: eb.Model) -> eb.Recipe:
    return eb.binarize(model, again())


@eb.recipe(models=ALL)
def pruned_half(model: eb.Model) -> eb.Recipe:
    return eb.prune(model, 0.5, finetune=recover)


@eb.recipe(models=ALL)
def pruned_2_of_4(model: eb.Model) -> eb.Recipe:
    return eb.prune_semi_structured(model, 2, 4, finetune=recover)


@eb.recipe(models=ALL)
def half_of_the_channels(model: eb.Model) -> eb.Recipe:
    return eb.prune_channels(model, 0.5, finetune=again())


@eb.recipe(models=ALL)
def separable(model: eb.Model) -> eb.Recipe:
    return eb.separable(model, finetune=again())


@eb.recipe(models=ALL)
def tucker(model: eb.Model) -> eb.Recipe:
    return eb.tucker(model, 0.5, finetune=again())


@eb.recipe(models=ALL)
def low_rank(model: eb.Model) -> eb.Recipe:
    return eb.low_rank(model, 0.25, finetune=again())


@eb.cases(recipes="original")
def test_original(edge: eb.Edge) -> None:
    edge.check()


def test_every(edge: eb.Edge) -> None:
    """Nothing is demanded but what is checked by default; figures are read from the record."""
    edge.check()
