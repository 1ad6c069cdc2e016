"""``python tests/bench/bench_stream.py [--samples 5000]``: memory and time of data made as they are read.

Inputs of 3x224x224 float32 go through a small network in ONNX Runtime, once by a bare loop of the runtime
and once by `run_samples` in a worker. Printed for each: seconds, peak memory of the process and its worker.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPE, BATCH = (3, 224, 224), 50


class Made:
    """Batches that are drawn whenever they are read."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        base = np.random.default_rng(0).normal(size=(BATCH, *SHAPE)).astype(np.float32)
        for start in range(0, self.count, BATCH):
            yield base + np.float32(start), np.arange(start, start + BATCH) % 10


def network(path: Path) -> None:
    """A convolution, an average and ten classes."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(1)
    weights: dict[str, Any] = {
        "w": random.normal(size=(16, 3, 7, 7)).astype(np.float32) / 10,
        "c": random.normal(size=(16, 10)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], strides=[4, 4]),
        helper.make_node("GlobalAveragePool", ["a"], ["b"]),
        helper.make_node("Flatten", ["b"], ["f"]),
        helper.make_node("MatMul", ["f", "c"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *SHAPE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


def bare(path: Path, count: int) -> float:
    """Seconds of a loop of the runtime, one sample a call."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    started = time.perf_counter()
    for inputs, _ in Made(count):
        for sample in inputs:
            session.run(None, {"x": sample[None]})
    return time.perf_counter() - started


def ours(path: Path, count: int) -> tuple[float, float]:
    """Seconds to read the data for the first time, and to run them all in a worker."""
    from pytest_edgebench.samples.data import labelled
    from pytest_edgebench.targets.host import Host
    from pytest_edgebench.workers.client import Client
    from pytest_edgebench.workers.run_samples import run_samples
    from pytest_edgebench.workers.spec import Spec

    started = time.perf_counter()
    samples = labelled(Made(count), "bench", path.parent)
    read = time.perf_counter() - started
    spec = Spec("onnxruntime")
    with Client(spec, path.parent, Host(spec.target_ref)) as client:
        started = time.perf_counter()
        run_samples(client, path, samples, batch=1, deadline_s=600)
        return read, time.perf_counter() - started


def main() -> int:
    """Each way in a process of its own, whose peak is then its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--way", choices=("bare", "ours"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        network(path)
        if given.way:
            times = bare(path, given.samples) if given.way == "bare" else ours(path, given.samples)
            peaks = [
                resource.getrusage(who).ru_maxrss / 1024
                for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
            ]
            print(given.way, "seconds", times, "peak MiB of this process and its children", peaks)  # noqa: T201
            return 0
    for way in ("bare", "ours"):
        subprocess.run([sys.executable, __file__, "--samples", str(given.samples), "--way", way], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
