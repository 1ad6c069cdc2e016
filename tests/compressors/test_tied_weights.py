"""One table for the embedding and the head of a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets
from file_answers import answers

from pytest_edgebench.compressors.chain import quantize
from pytest_edgebench.declare.model import Model

if TYPE_CHECKING:
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
