"""Samples that go to a worker as they come: the same answers, bounded memory, a deadline for each sample."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import stateful

import pytest_edgebench as eb
from pytest_edgebench.base.errors import DataError, MeasureError
from pytest_edgebench.declare.model import Model
from pytest_edgebench.samples.data import load
from pytest_edgebench.samples.forms import batches
from pytest_edgebench.workers import kept_outputs, shared
from pytest_edgebench.workers.progress import Progress, Waiting
from pytest_edgebench.workers.run_samples import run_samples
from pytest_edgebench.workers.sizes import Sizes
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.samples.stream import Samples

ORT = Spec("onnxruntime")
COUNT = 40
X = np.random.default_rng(1).normal(size=(COUNT, 1, stateful.WIDTH)).astype("float32")


def samples_of(inputs: Any) -> Samples:
    return load(Model("m.onnx", (inputs, np.zeros(len(inputs["x"]))), eb.top1))


@pytest.fixture(params=["shared", "piped"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "piped":
        monkeypatch.setattr(shared, "make", lambda: None)
    return str(request.param)


def test_a_state_that_is_never_reset_goes_on_over_a_stream(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(batches, "HELD_BYTES", 30)
    monkeypatch.setattr(Sizes, "next", lambda self: 3)

    def made() -> Iterator[Any]:
        for start in range(0, COUNT, 7):
            state = eb.State(1, axis=1, reset="never")
            x = X[start : start + 7, 0]
            yield {"x": x, "h": state, "scale": eb.Constant(1)}, np.zeros(len(x))

    path = stateful.recurrent(tmp_path / "m.onnx", batch=1)
    samples = load(Model(path, made, eb.top1))
    found = run_samples(pool.get(ORT), path, samples, batch=1, deadline_s=60)
    np.testing.assert_allclose(found.arrays[0], stateful.answers(X, 1, "never")[:, 0], atol=1e-6)
    assert found.fed == (1,)


@pytest.mark.parametrize("batch", [1, 4])
def test_sequences_of_several_lengths(pool: Pool, tmp_path: Path, way: str, batch: int) -> None:
    path = stateful.recurrent(tmp_path / "m.onnx")
    lengths = [3, 3, 1, 5, 5, 2]
    x = [X[n : n + length, 0] for n, length in enumerate(lengths)]
    state = eb.State("next_h", axis=1, reset="sequence")
    samples = samples_of({"x": x, "h": state, "scale": eb.Constant(0.25)})
    if batch > 1:
        with pytest.raises(DataError, match="differ in shape"):
            run_samples(pool.get(ORT), path, samples, batch=batch, deadline_s=60)
        return
    found = run_samples(pool.get(ORT), path, samples, batch=1, deadline_s=60)
    for each, given in zip(found.arrays[0], x, strict=True):
        wanted = stateful.answers(given[None], 0.25, "sequence")[0]
        np.testing.assert_allclose(each, wanted, atol=1e-6)


def test_outputs_that_are_many_lie_in_files(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    path = stateful.recurrent(tmp_path / "m.onnx")
    state = eb.State("next_h", axis=1)
    samples = samples_of({"x": X[:, 0], "h": state, "scale": eb.Constant(0.25)})
    held = run_samples(pool.get(ORT), path, samples, batch=1, deadline_s=60)
    monkeypatch.setattr(kept_outputs, "HELD_BYTES", 200)
    found = run_samples(pool.get(ORT), path, samples, batch=1, deadline_s=60, folder=tmp_path)
    for mapped, array in zip(found.arrays, held.arrays, strict=True):
        assert isinstance(mapped, np.memmap)
        np.testing.assert_array_equal(mapped, array)
        np.testing.assert_array_equal(np.load(str(mapped.filename)), array)


def test_a_worker_that_goes_on_is_not_stopped(
    pool: Pool, strange: Callable[..., Spec], any_file: Path, way: str
) -> None:
    """Each sample takes a fifth of the deadline, all of them twice as long as it."""
    x = np.ones((10, 2), "float32")
    samples = load(Model(any_file, (x, np.zeros(10)), eb.top1))
    client = pool.get(strange("sleep_200_ms"))
    began = time.monotonic()
    found = run_samples(client, any_file, samples, batch=1, deadline_s=1.0)
    assert time.monotonic() - began > 1.9
    assert len(found.arrays[0]) == 10


def test_one_that_stops_is_with_the_number_of_samples_done(
    pool: Pool, strange: Callable[..., Spec], any_file: Path
) -> None:
    x = np.ones((30, 2), "float32")
    samples = load(Model(any_file, (x, np.zeros(30)), eb.top1))
    with pytest.raises(
        MeasureError,
        match=r"another sample in 1 s while running net.any, and was stopped after 7 of 30 samples",
    ):
        run_samples(pool.get(strange("hang", "7")), any_file, samples, batch=1, deadline_s=1.0)


def test_one_that_crashes_as_well(pool: Pool, strange: Callable[..., Spec], any_file: Path) -> None:
    x = np.ones((30, 2), "float32")
    samples = load(Model(any_file, (x, np.zeros(30)), eb.top1))
    with pytest.raises(MeasureError, match=r"while running net.any, after 7 of 30 samples"):
        run_samples(pool.get(strange("leave", "7")), any_file, samples, batch=1, deadline_s=5)


def test_data_that_raise_on_the_way_leave_the_worker_alive(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "HELD_BYTES", 30)

    def made() -> Iterator[Any]:
        for start in range(0, COUNT, 7):
            if start == 35:
                raise OSError("the share is gone")
            state = eb.State(1, axis=1)
            yield {"x": X[start : start + 7, 0], "h": state, "scale": eb.Constant(1)}, [0] * 7

    path = stateful.recurrent(tmp_path / "m.onnx")
    samples = load(Model(path, made, eb.top1))
    client = pool.get(ORT)
    with pytest.raises(DataError, match="OSError after 5 batches: the share is gone"):
        run_samples(client, path, samples, batch=1, deadline_s=60)
    assert client.alive
    assert client.describe()["name"] == "onnxruntime"


def test_an_interrupt_waits_for_no_answer(pool: Pool, strange: Callable[..., Spec], any_file: Path) -> None:
    samples = load(Model(any_file, (np.ones((9, 2), "float32"), np.zeros(9)), eb.top1))
    client = pool.get(strange("hang", "1"))
    began = time.monotonic()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # workers of xdist ignore it
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run_samples(client, any_file, samples, batch=1, deadline_s=60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 20
    assert not client.alive


def test_memory_that_is_shared_cannot_be_cut_off() -> None:
    descriptor = shared.make()
    assert descriptor is not None
    memory = shared.Shared(descriptor)
    with pytest.raises(PermissionError):
        os.ftruncate(descriptor, 0)
    listed = memory.put(1, {"a": X, "b": np.arange(3)})
    assert listed is not None
    found = shared.Shared(descriptor).arrays(listed)
    np.testing.assert_array_equal(found["a"], X)
    np.testing.assert_array_equal(found["b"], np.arange(3))
    assert memory.put(0, {"a": np.zeros(shared.SLOT_BYTES + 1, "uint8")}) is None
    with pytest.raises(ValueError, match="an array of uint8"):
        memory.arrays([("a", "|u1", (8,), 0)])
    memory.empty()
    memory.close()
    memory.close()


def test_requests_grow_as_long_as_answers_come_soon() -> None:
    sizes = Sizes(2, 120)
    found = []
    for _ in range(6):
        found.append(sizes.next())
        sizes.took(found[-1], found[-1] * 0.001)
    assert found == [2, 16, 128, 500, 500, 500]
    sizes.took(500, 50)
    assert sizes.next() == 5
    assert sizes.timed(5, lambda: "answer") == "answer"


def test_a_worker_that_counts_too_many_samples_is_stopped_all_the_same() -> None:
    descriptor = shared.make()
    assert descriptor is not None
    memory = shared.Shared(descriptor)
    progress = Progress(10, 3, 50, memory)
    waiting = Waiting(0.05, progress)
    for count in (1, 3, 4, 1 << 40, -5):
        memory.done = count
        assert not waiting.over() or count > 3 or count < 0
        assert progress.done <= 13
        time.sleep(0.03)
    time.sleep(0.05)
    assert waiting.over()
    memory.done = 2
    assert progress.told() == "12 of 50 samples"
    assert Progress(1, 1, None).told() == "1 sample"
    memory.close()
