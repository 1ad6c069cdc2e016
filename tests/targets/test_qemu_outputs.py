"""Outputs and counts of emulated CPUs, with the real runtimes of their architecture."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qemu_here import HIDDEN, LAYERS, needs, spec, write_layers

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.targets import qemu_place as place
from pytest_edgebench.targets.qemu import Emulator
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

X = np.random.default_rng(0).normal(size=(3, HIDDEN)).astype(np.float32)
CPUS = [
    pytest.param("cortex-a72", marks=needs("aarch64")),
    pytest.param("Haswell", marks=needs("x86_64")),
]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(tmp_path_factory.mktemp("printed")) as pool:
        yield pool


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A network, and one with 0.3 % more work."""
    folder = tmp_path_factory.mktemp("nets")
    paths = {"plain": folder / "plain.onnx", "more": folder / "more.onnx"}
    write_layers(paths["plain"], outputs=4)
    write_layers(paths["more"], outputs=4 + round(0.003 * LAYERS * HIDDEN))
    return paths


@pytest.fixture
def counting() -> None:
    """Skips where the plugin was not built."""
    program = shutil.which("qemu-aarch64") or shutil.which("qemu-x86_64") or ""
    if not place.plugin_path(place.default_folder(), place.qemu_version(program)).is_file():
        pytest.skip("edgebench setup qemu has not built the plugin")


@pytest.mark.parametrize("cpu", CPUS)
def test_outputs(cpu: str, pool: Pool, nets: dict[str, Path]) -> None:
    """Those of the host up to rounding, as other kernels add in another order."""
    host = pool.get(Spec("onnxruntime")).run(nets["plain"], X).arrays[0]
    client = pool.get(spec(cpu))
    found = client.run(nets["plain"], X)
    assert found.arrays[0] == pytest.approx(host, rel=1e-4, abs=1e-5)
    told = client.describe()
    assert told["cpu"].startswith(f"{cpu} (qemu ")
    with pool.fresh(spec(cpu)) as other:
        assert np.array_equal(other.run(nets["plain"], X).arrays[0], found.arrays[0])


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.usefixtures("counting")
def test_counts_repeat_and_tell_more_work(cpu: str, pool: Pool, nets: dict[str, Path]) -> None:
    client = pool.get(spec(cpu))
    medians = []
    for name in ("plain", "plain", "more"):
        counts = client.count(nets[name], X[:1])
        assert len(counts) == 8
        medians.append(sorted(counts[1:])[3])
        client.run(nets["more"], X)  # what else is run does not change a count
    assert medians[1] == pytest.approx(medians[0], rel=0.002)  # what the judge allows a small network
    assert 0.001 < medians[2] / medians[0] - 1 < 0.01


@needs("aarch64")
def test_what_is_said_of_itself_is_true(tmp_path: Path) -> None:
    """What a session tells without starting a worker is what a worker tells."""
    wanted = spec("cortex-a72")
    emulator = Emulator(wanted.target_ref)
    emulator.prepare()
    known = emulator.facts(wanted)
    assert known is not None
    emulator.facts = lambda spec: None  # type: ignore[method-assign]
    channel = emulator.start(wanted, tmp_path)
    answer, _ = channel.ask({"ask": "describe", "threads": 1, "options": {}}, {}, "asking", 60)
    channel.close()
    assert answer["ok"] == known


@needs("x86_64")
def test_a_file_that_is_none(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"nothing")
    with pytest.raises(MeasureError, match=r"onnxruntime on qemu Haswell"):
        pool.get(spec("Haswell")).run(tmp_path / "broken.onnx", X)
    assert pool.get(spec("Haswell")).alive


@needs("x86_64")
@pytest.mark.usefixtures("counting")
def test_a_count_that_fails_costs_that_count_only(pool: Pool, nets: dict[str, Path], tmp_path: Path) -> None:
    client = pool.get(spec("Haswell"))
    with pytest.raises(MeasureError, match=r"model file not found any more"):
        client.count(tmp_path / "gone.onnx", X[:1])
    with pytest.raises(MeasureError, match=r"had not finished after 0\.1 s while counting the instructions"):
        client.count(nets["plain"], X[:1], deadline_s=0.1)
    assert client.run(nets["plain"], X).arrays[0].shape == (3, 4)


@needs("x86_64")
@pytest.mark.usefixtures("counting")
def test_a_plugin_that_notes_nothing(
    pool: Pool, nets: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "COUNTER_VERSION", "0")
    with pytest.raises(
        MeasureError, match=r"noted no instructions of 8 inferences while .*: edgebench-counter 1"
    ):
        pool.get(spec("Haswell")).count(nets["plain"], X[:1])
