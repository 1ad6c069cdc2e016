"""What `forward` reads is in the key, as is what the function that makes the model reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.declare.model import Model
from pytest_edgebench.samples.scores import top1

X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
SCALE = "scale.txt"


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.line(x) * float(Path(SCALE).read_text())
        return found


def make() -> nn.Module:
    torch.manual_seed(0)
    return Scaled()


@pytest.mark.parametrize(("scale", "same"), [("1.0", True), ("2.0", False)])
def test_a_file_that_forward_reads(
    scale: str, same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    digests = []
    for text in ("1.0", scale):
        (tmp_path / SCALE).write_text(text)
        model = Model(make, data=(X, X[:, 0] > 0), score=top1, name="scaled")
        digests.append(Builder(Cache(tmp_path / "cache")).build(model, "onnx").digest)
    assert (digests[0] == digests[1]) is same
