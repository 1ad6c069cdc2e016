"""Kills, races and full disks while building."""

from __future__ import annotations

import contextlib
import fcntl
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import tiny_nets

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.compressors.chain import chain, quantize
from pytest_edgebench.declare.model import Model, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = """
import sys; sys.path.insert(0, {tests!r})
from pathlib import Path
import test_survive
test_survive.build(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
"""


@dataclass(frozen=True)
class Slow(Step):
    """Tells in the environment's folder that it works, takes its time, and renames the graph."""

    stages: ClassVar[Any] = {"onnx": "file"}

    def file(self, source: Path, target: Path, context: Any) -> None:
        import os

        import onnx

        model = onnx.load(source)
        model.graph.name = "slow"
        target.write_bytes(model.SerializeToString()[:100])
        with (Path(os.environ["SLOW_FOLDER"]) / "runs").open("a") as file:
            file.write("x")
        time.sleep(float(os.environ["SLOW_SECONDS"]))
        onnx.save(model, target)

    def effect(self, before: Any, after: Any) -> str | None:
        return None


@contextlib.contextmanager
def flocked(path: Path, what: str) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build(cache: Path, model: Path, seconds: float) -> Any:
    import os

    os.environ |= {"SLOW_FOLDER": str(cache.parent), "SLOW_SECONDS": str(seconds)}
    source = Model(model, tiny_nets.flat_samples, tiny_nets.score)
    return Builder(Cache(cache, flocked)).build(chain(source, Slow()), "onnx")


def process(*arguments: object) -> subprocess.Popen[bytes]:
    script = SCRIPT.format(tests=str(Path(__file__).parent))
    return subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)])


def runs(folder: Path) -> int:
    path = folder / "runs"
    return len(path.read_text()) if path.exists() else 0


def wait_for(condition: Any) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(scope="module")
def net(shared_builder: Builder, mlp: Model) -> Path:
    return shared_builder.build(mlp, "onnx").path


def test_killed_while_building_then_again(tmp_path: Path, net: Path) -> None:
    cache = tmp_path / "c"
    running = process(cache, net, 60)
    try:
        wait_for(lambda: runs(tmp_path))
        running.send_signal(signal.SIGKILL)
    finally:
        running.kill()
        running.wait()
    assert list((cache / "tmp").glob("*/model.onnx"))
    artifact = build(cache, net, 0)
    assert artifact.fresh
    assert runs(tmp_path) == 2
    assert not list((cache / "tmp").iterdir())
    assert not build(cache, net, 0).fresh


def test_two_processes_build_one_artifact_once(tmp_path: Path, net: Path) -> None:
    both = [process(tmp_path / "c", net, 0.3) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert runs(tmp_path) == 1
    assert not build(tmp_path / "c", net, 0).fresh


def test_a_full_disk_while_a_step_writes(tmp_path: Path, net: Path) -> None:
    source = Model(net, tiny_nets.flat_samples, tiny_nets.score)
    cache = Cache(tmp_path / "c")
    plain = Builder(cache).build(source, "onnx")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, hard))
    try:
        with pytest.raises(BuildError) as caught:
            Builder(cache).build(quantize(source, "fp16"), "onnx")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "no room to write the cache" in caught.value.what
    assert not list((tmp_path / "c" / "tmp").iterdir())
    assert Builder(cache).build(source, "onnx").path == plain.path
    assert Builder(cache).build(quantize(source, "fp16"), "onnx").fresh


def test_locks_do_not_nest(tmp_path: Path) -> None:
    """A build that waits for another's lock while it holds the machine-wide one could stop both for good.

    The claim on an export is the one lock round others: it is taken first, never within another, so no two
    builds can wait for each other; within it locks are taken one at a time.
    """
    claims: list[str] = []
    held: list[str] = []

    @contextlib.contextmanager
    def lock(path: Path, what: str) -> Iterator[None]:
        mine = claims if path.name.startswith("export-") else held
        assert not held
        assert mine is held or not claims
        mine.append(what)
        yield
        mine.remove(what)

    @contextlib.contextmanager
    def building() -> Iterator[None]:
        assert len(held) == 1
        held.append("building")
        yield
        held.remove("building")

    from pytest_edgebench.compressors.chain import prune

    model = Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score)
    builder = Builder(Cache(tmp_path / "c", lock), building=building)
    assert builder.build(quantize(prune(prune(model, 0.3), 0.6), "static-int8"), "onnx").fresh
