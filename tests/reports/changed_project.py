"""A project whose model grew: 18 cases on 4 profiles, really built and run, and the record of such a run.

``python tests/reports/changed_project.py FOLDER`` runs it and writes the record anew.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run

RECORD = Path(__file__).with_name("changed_run.json.gz")

NETS = '''
"""A net for ten clusters, whose last layer is fitted in closed form: nothing is trained."""

import numpy as np

HIDDEN = 64
centres = np.random.default_rng(0).normal(size=(10, 48))


def samples(seed, count=1000):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count)
    return (centres[labels] + 1.15 * rng.normal(size=(count, 48))).astype("float32"), labels


def net():
    import torch
    from torch import nn

    rng = np.random.default_rng(2)
    inputs, labels = samples(1, 4000)
    first = rng.normal(size=(48, HIDDEN)) / 8
    second = rng.normal(size=(HIDDEN, HIDDEN)) / 8
    hidden = np.maximum(np.maximum(inputs @ first, 0) @ second, 0)
    last = np.linalg.lstsq(hidden, np.eye(10)[labels], rcond=None)[0]
    module = nn.Sequential(
        nn.Linear(48, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 10)
    )
    with torch.no_grad():
        for layer, weight in zip(module[::2], (first, second, last)):
            layer.weight.copy_(torch.from_numpy(np.round(weight.T * 1024) / 1024))
            layer.bias.zero_()
    return module
'''.lstrip()
CONFTEST = """
import pytest_edgebench as eb
from nets import net, samples


@eb.model
def digits():
    return eb.Model(net, data=samples(3), score=eb.top1, calibration=samples(4)[0])


@eb.recipe
def int8(digits):
    return eb.quantize(digits, "static-int8", calibration=128)


@eb.recipe(profiles=["laptop-ort", "laptop-litert", "pi"])
def fp16(digits):
    return eb.quantize(digits, "fp16")


@eb.recipe(profiles=["laptop-ort", "pi", "audio-board"])
def a16w8(digits):
    return eb.quantize(digits, "static-int8", activations="int16", calibration=128)


@eb.recipe
def pruned(digits):
    return eb.quantize(eb.prune(digits, 0.1), "static-int8", calibration=128)


@eb.recipe
def rank(digits):
    return eb.low_rank(digits, 0.65)
""".lstrip()
TEST = """
import pytest_edgebench as eb


@eb.budget(accuracy=["90 %", "model - 2 points"])
@eb.budget("laptop-*", latency="model + 400 %")
@eb.budget(size="baseline + 1 %")
def test_budget(edge):
    edge.check()
""".lstrip()
TOML = """
[profiles.laptop-ort]
target = "host"
runtime = "onnxruntime"

[profiles.laptop-litert]
target = "host"
runtime = "litert"

[profiles.pi]
extends = "raspberry-pi-4"
runtime = "onnxruntime"

[profiles.audio-board]
extends = "cortex-m7"
flash = "512 kB"
ram = "128 kB"
""".lstrip()
INI = """
[pytest]
addopts = -p no:randomly -p no:anyio -p no:hypothesispytest -p no:jaxtyping
edgebench_cap_seconds = 2
edgebench_confirm_seconds = 0
""".lstrip()
FILES = {
    "nets.py": NETS,
    "conftest.py": CONFTEST,
    "test_digits.py": TEST,
    "edgebench.toml": TOML,
    "pytest.ini": INI,
}


@cache
def changed_run() -> Run:
    """The record of a run after the hidden layers grew from 64 to 72 units."""
    from pytest_edgebench.record import store

    return store.load(gzip.decompress(RECORD.read_bytes()).decode(), RECORD.name)


def session(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and output of pytest in a folder, on a terminal of 80 columns."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GIT_"))}
    own |= {"COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1"}
    own.pop("CI", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def run_changed(folder: Path, *arguments: str) -> tuple[int, str]:
    """Accept the model as it is, let it grow, and run again; what the second session printed."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (("init", "-q", "-b", "main", "."), ("add", "."), ("commit", "-q", "-m", "first")):
        subprocess.run([*git, *words], cwd=folder, check=True)
    session(folder, "-q", "--edgebench-update-baseline=force")
    (folder / "nets.py").write_text(NETS.replace("HIDDEN = 64", "HIDDEN = 72"), encoding="utf-8")
    return session(folder, *arguments)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    sys.stdout.write(run_changed(place, "--edgebench-json=run.json", "--edgebench-report=report.html")[1])
    RECORD.write_bytes(gzip.compress((place / "run.json").read_bytes(), mtime=0))
