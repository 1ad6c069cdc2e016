"""``python tests/bench/bench_stream.py [--samples 5000] [--pairs 3]``: data made as they are read.

Inputs of 3x224x224 float32 go through a small network in ONNX Runtime and in LiteRT, one sample a call on one
thread: by a bare loop of the runtime, and by what a session does for a score (it reads, checks and identifies
the data, runs the file in a worker, keeps the outputs and scores them). Both make the same samples, each in a
process of its own, in turns. Printed are the seconds of both, their ratio in each pair, and the peak memory
of controller and worker together over that of the bare loop. All of it: ``--samples 50000 --pairs 3``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPE, BATCH = (3, 224, 224), 32
FILES = {"onnxruntime": "net.onnx", "litert": "net.tflite"}
MOST_BYTES, MOST_SHARE = 1 << 30, 1.05


class Made:
    """Batches that are made whenever they are read."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        base = np.random.default_rng(0).normal(size=(BATCH, *SHAPE)).astype(np.float32)
        for start in range(0, self.count, BATCH):
            rows = min(BATCH, self.count - start)
            yield base[:rows] + np.float32(start), np.arange(start, start + rows) % 10


def networks(folder: Path) -> None:
    """Convolutions, an average and ten classes, in both formats."""
    import litert_torch
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(),
        nn.Conv2d(16, 16, 3, 2, 1, groups=16), nn.Conv2d(16, 32, 1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10),
    ).eval()  # fmt: skip
    example = (torch.zeros(1, *SHAPE),)
    torch.onnx.export(net, example, folder / "net.onnx", input_names=["x"], dynamo=True, external_data=False)
    litert_torch.convert(net, example).export(str(folder / "net.tflite"))


def bare(runtime: str, path: Path, count: int) -> float:
    """Seconds of a loop of the runtime, one sample a call."""
    if runtime == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        started = time.perf_counter()
        session = onnxruntime.InferenceSession(str(path), options)

        def call(sample: Any) -> Any:
            return session.run(None, {"x": sample})[0]
    else:
        from ai_edge_litert.interpreter import Interpreter

        started = time.perf_counter()
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
        given, answer = (
            interpreter.get_input_details()[0]["index"],
            interpreter.get_output_details()[0]["index"],
        )

        def call(sample: Any) -> Any:
            interpreter.set_tensor(given, sample)
            interpreter.invoke()
            return interpreter.get_tensor(answer)

    right = 0
    for inputs, labels in Made(count):
        outputs = np.concatenate([call(inputs[n : n + 1]) for n in range(len(inputs))])
        right += int((outputs.argmax(1) == labels).sum())
    return time.perf_counter() - started


def ours(runtime: str, path: Path, count: int) -> float:
    """Seconds from data that nobody has read to the score, with a worker that is started already."""
    import pytest_edgebench as eb
    from pytest_edgebench.artifacts import canonical
    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.artifacts.inspect.file import inspect
    from pytest_edgebench.measure.memo import Memo
    from pytest_edgebench.measure.observer import Observer
    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.record.run import ArtifactRecord
    from pytest_edgebench.workers.spec import Spec

    spec, folder = Spec(runtime), path.parent / f"cache-{os.getpid()}"
    model = eb.Model(str(path), data=Made(count), score=eb.top1)
    with Pool(folder / "printed") as pool:
        observer = Observer(Cache(folder), Memo(folder / "memo"), pool, 120.0)
        observer.describe(spec)
        record = ArtifactRecord(
            "bench",
            canonical.digest(path),
            path.suffix[1:],
            {path.name: path.stat().st_size},
            inspect(path),
            (),
            {},
        )
        started = time.perf_counter()
        observer.scored(Artifact(path, record), spec, model, 1, "bench")
        return time.perf_counter() - started


def main() -> int:
    """Each way in a process of its own, whose peak is then its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--runtime", choices=FILES)
    parser.add_argument("--way", choices=("bare", "ours"))
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.way:
        seconds = globals()[given.way](given.runtime, given.folder / FILES[given.runtime], given.samples)
        usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        cpu_s = sum(each.ru_utime + each.ru_stime for each in usage)
        print(json.dumps([seconds, sum(each.ru_maxrss for each in usage) * 1024, cpu_s]))  # noqa: T201
        return 0
    good = True
    with tempfile.TemporaryDirectory() as name:
        networks(Path(name))
        for runtime in [given.runtime] if given.runtime else FILES:
            good &= _pairs(runtime, Path(name), given.samples, given.pairs)
    return 0 if good else 1


def _pairs(runtime: str, folder: Path, samples: int, pairs: int) -> bool:
    """Both ways in turns; whether all stayed within the figure."""
    ratios, over = [], []
    for number in range(pairs):
        found = {}
        for way in ("bare", "ours") if number % 2 else ("ours", "bare"):
            words = ["--runtime", runtime, "--samples", str(samples), "--way", way, "--folder", str(folder)]
            command = [sys.executable, __file__, *words]
            ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found[way] = json.loads(ended.stdout.splitlines()[-1])
        ratios.append(found["ours"][0] / found["bare"][0])
        over.append(found["ours"][1] - found["bare"][1])
        print(  # noqa: T201
            f"{runtime}: bare {found['bare'][0]:.2f} s, ours {found['ours'][0]:.2f} s ({ratios[-1]:.3f}), "
            f"CPU {found['bare'][2]:.1f} and {found['ours'][2]:.1f} s, {over[-1] / (1 << 20):.0f} MiB more",
            flush=True,
        )
    ratio = statistics.median(ratios)
    print(f"{runtime}: {samples:,} samples, median ratio {ratio:.3f}, at most {max(over) >> 20} MiB more")  # noqa: T201
    return bool(ratio <= MOST_SHARE and max(over) <= MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
