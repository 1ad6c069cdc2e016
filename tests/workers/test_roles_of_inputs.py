"""Constants and state in a worker: what a file answers is what its formula says, in any batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import stateful

import pytest_edgebench as eb
from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.declare.model import Model
from pytest_edgebench.samples.data import load
from pytest_edgebench.workers.run_samples import run_samples
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.workers.results import Outputs

ORT = Spec("onnxruntime")
STEPS = np.random.default_rng(1).normal(size=(6, 3, stateful.WIDTH)).astype("float32")
FLAT = STEPS.reshape(-1, 1, stateful.WIDTH)


def ran(pool: Pool, path: Path, inputs: dict[str, Any], batch: int = 1, spec: Spec = ORT) -> Outputs:
    count = len(inputs["x"])
    samples = load(Model(path, (inputs, np.zeros(count)), None))  # type: ignore[arg-type]
    return run_samples(pool.get(spec), path, samples, batch=batch, deadline_s=60)


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "initial", [0, 0.5, np.full((1, 1, 4), 0.5), np.full((1, 4), 0.5, "float64")], ids=str
)
@pytest.mark.parametrize("reset", ["sample", "sequence"])
def test_state_and_constant(pool: Pool, tmp_path: Path, reset: Any, initial: Any, batch: int) -> None:
    path = stateful.recurrent(tmp_path / "m.onnx")
    state = eb.State("next_h", initial=initial, axis=1, reset=reset)
    x = STEPS if reset == "sequence" else FLAT[:, 0]
    found = ran(pool, path, {"x": x, "h": state, "scale": eb.Constant(0.25)}, batch)
    wanted = stateful.answers(STEPS, 0.25, reset, float(np.mean(initial)))
    shape = (6, 3, 4) if reset == "sequence" else (18, 4)
    np.testing.assert_allclose(found.arrays[0], wanted.reshape(shape), atol=1e-6)
    # The state itself has its samples first, whatever its axis in the file.
    np.testing.assert_allclose(found.arrays[1].reshape(shape), wanted.reshape(shape), atol=1e-6)
    assert found.arrays[1].shape == (*shape[:-1], 1, 4)
    assert found.fed == (1,)


def test_a_state_that_is_never_reset_goes_on(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the samples would go to the worker in several requests."""
    from pytest_edgebench.samples import stream

    monkeypatch.setattr(stream, "CHUNK_BYTES", 24)
    path = stateful.recurrent(tmp_path / "m.onnx", batch=1)
    inputs = {"x": FLAT[:, 0], "h": eb.State(1, axis=1, reset="never"), "scale": eb.Constant(1)}
    found = ran(pool, path, inputs)
    np.testing.assert_allclose(found.arrays[0], stateful.answers(FLAT, 1, "never")[:, 0], atol=1e-6)
    assert stream.chunk(load(Model(path, (inputs, np.zeros(18)), None))) < 18  # type: ignore[arg-type]


def test_positions_serve_where_names_differ(pool: Pool, tmp_path: Path) -> None:
    path = stateful.recurrent(tmp_path / "m.onnx")
    state = eb.State("next_h", axis=1, reset="sequence")
    found = ran(pool, path, {"x": STEPS, "before": state, "factor": eb.Constant(0.25)})
    np.testing.assert_allclose(found.arrays[0], stateful.answers(STEPS, 0.25, "sequence"), atol=1e-6)


def test_timing_memory_and_one_call(pool: Pool, tmp_path: Path) -> None:
    """Whatever needs one call gets constants and states too, in a batch as well."""
    path = stateful.recurrent(tmp_path / "m.onnx")
    inputs = {"x": STEPS, "h": eb.State("next_h", axis=1, reset="sequence"), "scale": eb.Constant(1)}
    given = load(Model(path, (inputs, np.zeros(6)), None)).first(4)  # type: ignore[arg-type]
    client = pool.get(ORT)
    assert (client.time(path, given, loads=1, calls=3, seed=0).calls_s[0] > 0).all()
    assert client.memory(path, given).peak_bytes > 0
    assert len(client.pairs(path, path, given, loads=1, seed=0).a_s) == 1


def test_what_a_file_takes_and_gives(pool: Pool, tmp_path: Path) -> None:
    found = pool.get(ORT).interface(stateful.recurrent(tmp_path / "m.onnx"))
    assert [(t["name"], t["shape"], t["dtype"]) for t in found.inputs] == [
        ("x", [None, 3], "float32"),
        ("h", [1, None, 4], "float32"),
        ("scale", [], "float32"),
    ]
    assert [t["name"] for t in found.outputs] == ["y", "next_h"]


@pytest.mark.parametrize(
    "roles, said, fix",
    [
        (
            {"h": eb.State("gone", axis=1)},
            "fed from output 'gone', which the file does not have",
            "y, next_h",
        ),
        ({"h": eb.State("y", axis=1)}, r"state 'h' has shape \[1, 1, 4\], and output 'y'", "eb.State"),
        ({"h": eb.State("next_h", axis=3)}, r"of shape \[1, any, 4\] has no axis 3", "counted from 0"),
        ({"h": eb.State("next_h", initial=np.zeros((1, 1, 9)), axis=1)}, "wants shape", "the shape"),
        ({"scale": eb.Constant(np.zeros(3))}, "scale", ""),
        ({"h": eb.State("next_h", axis=1), "more": eb.Constant(1)}, "wants 3 input", "eb.Constant"),
    ],
    ids=str,
)
def test_refused(pool: Pool, tmp_path: Path, roles: dict[str, Any], said: str, fix: str) -> None:
    path = stateful.recurrent(tmp_path / "m.onnx")
    inputs = {"x": FLAT[:, 0], "h": eb.State("next_h", axis=1), "scale": eb.Constant(1)}
    with pytest.raises(MeasureError, match=said) as error:
        ran(pool, path, {**inputs, **roles})
    assert fix in error.value.fix


def test_never_reset_means_one_sample_a_call(pool: Pool, tmp_path: Path) -> None:
    path = stateful.recurrent(tmp_path / "m.onnx")
    inputs = {"x": FLAT[:, 0], "h": eb.State("next_h", axis=1, reset="never"), "scale": eb.Constant(1)}
    with pytest.raises(MeasureError, match="never reset") as error:
        ran(pool, path, inputs, batch=2)
    assert "batch = 1" in error.value.fix


def test_a_file_made_for_one_batch_names_it(pool: Pool, tmp_path: Path) -> None:
    path = stateful.recurrent(tmp_path / "m.onnx", batch=4)
    inputs = {"x": FLAT[:, 0], "h": eb.State("next_h", axis=1), "scale": eb.Constant(1)}
    found = ran(pool, path, inputs, batch=4)  # 18 samples: the last call is filled up
    np.testing.assert_allclose(found.arrays[0], stateful.answers(FLAT, 1, "sample")[:, 0], atol=1e-6)
    assert len(found.arrays[1]) == 18
    with pytest.raises(MeasureError) as error:
        ran(pool, path, inputs)
    assert "set `batch = 4`" in error.value.fix
