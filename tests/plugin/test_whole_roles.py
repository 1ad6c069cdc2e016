"""Constants and state through a whole session: scored, timed, counted, exported, quantized, reported."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from plugin_project import Project

CONFTEST = """
import numpy as np, torch
from torch import nn
import pytest_edgebench as eb

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 5, 16)).astype("float32")
ZERO = np.zeros((1, 32), "float32")


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.x, self.h, self.out = nn.Linear(16, 32), nn.Linear(32, 32), nn.Linear(32, 4)

    def forward(self, x, h, scale):
        after = torch.tanh((self.x(x) + self.h(h[0])) * scale)
        return self.out(after), after[None]


def cell():
    torch.manual_seed(0)
    return Cell()


def data():
    net, classes = cell().eval(), np.zeros((24, 5), "int64")
    with torch.no_grad():
        for i, sequence in enumerate(X):
            h = torch.zeros(1, 1, 32)
            for t, x in enumerate(sequence):
                y, h = net(torch.from_numpy(x[None]), h, torch.tensor(0.5))
                classes[i, t] = int(y.argmax())
    state = eb.State(1, initial=ZERO, axis=1, reset="sequence")
    return {"x": X, "h": state, "scale": eb.Constant(np.float32(0.5))}, classes


def right(outputs, labels):
    assert [output.shape for output in outputs] == [(24, 5, 4), (24, 5, 1, 32)]
    return float((outputs[0].argmax(-1) == labels).mean())


@eb.model
def net():
    return eb.Model(cell, data=data, score=right)


@eb.recipe
def static(net):
    return eb.quantize(net, "static-int8", calibration=40)
"""
TEST = """
import pytest_edgebench as eb

@eb.cases(recipes=["original", "static"])
def test_it(edge):
    assert edge.right.value == 1 if edge.recipe == "original" else edge.right.value > 0.9
    assert edge.macs.value == 16 * 32 + 32 * 32 + 32 * 4
    assert edge.latency.p50.value > 0
"""
SETTINGS = """
[profiles.one]
target = "host"
[profiles.four]
target = "host"
batch = 4
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project", plain=True)
    made.write({"conftest.py": CONFTEST, "test_net.py": TEST, "edgebench.toml": SETTINGS})
    return made


def test_state_of_a_torch_model(project: Project) -> None:
    ran = project.run("--edgebench-report=r.html").calm()
    assert (ran.status, ran.outcomes) == (0, {"passed": 4}), ran.text
    assert "reset h before each sequence" in (project.folder / "r.html").read_text(encoding="utf-8")


def test_variables_of_a_file_are_reset_by_default_and_the_report_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "runtimes"))
    tflite_written = importlib.import_module("tflite_written")
    project = Project(tmp_path / "project", plain=True)
    tflite_written.recurrent(project.folder / "m.tflite")
    project.write(
        {
            "conftest.py": """
import numpy as np
import pytest_edgebench as eb

X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")

@eb.model
def plain():
    return eb.Model("m.tflite", data=(X, np.zeros(12)), score=eb.top1)

@eb.model
def going_on():
    return eb.Model("m.tflite", data=({"x": X, "h": eb.State(reset="never")}, np.zeros(12)), score=eb.top1)
""",
            "test_m.py": """
import pytest_edgebench as eb

@eb.cases(recipes="original")
def test_it(edge):
    assert edge.accuracy.value >= 0
""",
        }
    )
    assert project.run().calm().status == 0
    seen = project.record()["observations"]
    assert {each["runtime"].get("reset") for each in seen} == {
        "variables before each sample (default)",
        "variables never",
    }
