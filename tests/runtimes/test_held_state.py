"""State that a TFLite file holds in variables: reset as the model says, before each sample by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tflite_written

import pytest_edgebench as eb
from pytest_edgebench.artifacts.inspect.tflite_state import keeps_state
from pytest_edgebench.declare.model import Model
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.samples.data import load
from pytest_edgebench.workers.run_samples import run_samples
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("reset", ["sample", "sequence", "never", None])
def test_state_that_a_file_holds(tmp_path: Path, reset: Any) -> None:
    path = tflite_written.recurrent(tmp_path / "m.tflite")
    wx, wh, b = tflite_written.weights()
    steps = np.random.default_rng(1).normal(size=(5, 3, tflite_written.WIDTH)).astype("float32")
    wanted = np.zeros((5, 3, tflite_written.UNITS), "float32")
    h = wanted[0, 0]
    for i, sequence in enumerate(steps):
        for t, x in enumerate(sequence):
            fresh = reset in ("sample", None) or (reset == "sequence" and t == 0) or not (i or t)
            h = wanted[i, t] = np.tanh(x @ wx.T + (0 if fresh else h @ wh.T) + b)
    inputs: dict[str, Any] = {"x": steps if reset == "sequence" else steps.reshape(15, -1)}
    if reset is not None:
        inputs["h"] = eb.State(reset=reset)
    samples = load(Model(path, (inputs, np.zeros(len(inputs["x"]))), None))  # type: ignore[arg-type]
    with Pool(tmp_path / "printed") as pool:
        found = run_samples(pool.get(Spec("litert")), path, samples, batch=1, deadline_s=60).arrays[0]
    np.testing.assert_allclose(found.reshape(wanted.shape), wanted, atol=1e-5)


def test_which_files_hold_state(tmp_path: Path) -> None:
    assert keeps_state(tflite_written.recurrent(tmp_path / "m.tflite"))
    assert not keeps_state(tflite_written.signed(tmp_path / "s.tflite"))
