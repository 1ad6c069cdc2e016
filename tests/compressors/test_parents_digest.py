"""One key, one file: weights trained on another kind of CPU give what follows other keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import json, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
import tiny_nets
from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.compressors.chain import prune, quantize
from pytest_edgebench.declare.model import Model

def trained():
    import torch
    net = tiny_nets.mlp()
    inputs, labels = tiny_nets.flat_samples()
    x, y = torch.from_numpy(inputs), torch.from_numpy(labels)
    optimiser = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(40):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(net(x).tanh().softmax(1), y).backward()
        optimiser.step()
    return net

told = []
builder = Builder(Cache(Path({cache!r}), log=told.append))
model = Model(trained, tiny_nets.flat_samples, tiny_nets.score, name="kws")
recipes = model, prune(model, 0.5), quantize(model, "dynamic-int8")
made = [builder.build(each, "onnx").record for each in recipes]
print(json.dumps([[(each.key, each.digest, dict(each.made_on)) for each in made], told]))
"""


def built(cache: Path, capability: str) -> tuple[list[Any], list[str]]:
    script = SCRIPT.format(tests=str(Path(__file__).parent), cache=str(cache))
    environment = {**os.environ, "ATEN_CPU_CAPABILITY": capability}
    file = cache.with_suffix(".py")  # a function has no identity without its source text
    file.write_text(script)
    ended = subprocess.run(
        [sys.executable, str(file)], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    found: tuple[list[Any], list[str]] = json.loads(ended.stdout.splitlines()[-1])
    return found


def test_two_kinds_of_cpu(tmp_path: Path) -> None:
    import torch

    widest = torch.backends.cpu.get_cpu_capability()
    if widest == "DEFAULT":
        pytest.skip("this CPU has one set of kernels")
    (one, told), (two, _) = built(tmp_path / "one", "default"), built(tmp_path / "two", widest.lower())
    assert told == []
    assert [each[2]["torch"] for each in (one[0], two[0])] == ["DEFAULT", widest]
    assert one[0][0] == two[0][0]  # what the original is made from is the same
    for parent, child in ((0, 1), (0, 2)):
        assert (one[child][0] == two[child][0]) == (one[parent][1] == two[parent][1])
    if one[0][1] == two[0][1]:
        pytest.skip("both sets of kernels gave the same weights")
    # On a cache that the other kind filled, its files serve.
    again, told = built(tmp_path / "one", widest.lower())
    assert [each[:2] for each in again] == [each[:2] for each in one]
    assert told == []
