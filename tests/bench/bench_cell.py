"""How long the check of one cell takes, beside the paired loads it rests on: ``python bench_cell.py``.

A cell with one latency budget against a baseline: the model of the baseline, with one weight changed in its
last digit, so that the file is another one and its speed the same. All that does not change from run to
run is in the cache. Printed is the wall time from "the artifact is there" to "the check is done", over the
wall time of all paired rounds and confirmations behind its rows, as the record has it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_figure import Figure, figure, python, seconds

SIZES_MS = (1.2, 21.0, 44.0)
MOST = 1.6
WIDTH, LAYERS = 256, 12
CONFTEST = """
import numpy as np
import pytest_edgebench as eb

X = np.random.default_rng(1).normal(size=(20, {rows}, {width})).astype("float32")
Y = np.arange(20) % 2


@eb.model
def net():
    return eb.Model("net.onnx", data=(X, Y), score=eb.top1)
"""
TEST = """
import time
from pathlib import Path

import pytest_edgebench as eb


@eb.cases(recipes="original")
@eb.budget(latency="baseline + 5 %")
def test_cell(edge):
    _ = edge.artifact
    began = time.perf_counter()
    try:
        edge.check()
    finally:
        Path("took.txt").write_text(str(time.perf_counter() - began))
"""


def write_net(path: Path, rows: int, nudge: float = 0.0) -> None:
    """(batch, rows, width) → a chain of matrix products → (batch, 2)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    nodes, weights, at = [], [], "x"
    for layer in range(LAYERS):
        values = (rng.normal(size=(WIDTH, WIDTH)) / WIDTH**0.5).astype(np.float32)
        values[0, 0] += nudge
        weights.append(numpy_helper.from_array(values, f"w{layer}"))
        nodes += [
            helper.make_node("MatMul", [at, f"w{layer}"], [f"m{layer}"]),
            helper.make_node("Relu", [f"m{layer}"], [f"r{layer}"]),
        ]
        at = f"r{layer}"
    weights.append(numpy_helper.from_array(rng.normal(size=(WIDTH, 2)).astype(np.float32), "last"))
    nodes += [
        helper.make_node("ReduceMean", [at], ["mean"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["mean", "last"], ["y"]),
    ]
    shapes: dict[str, list[str | int | None]] = {"x": ["batch", rows, WIDTH], "y": ["batch", 2]}
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    graph = helper.make_graph(nodes, "cell", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def rows_for(ms: float, folder: Path) -> int:
    """Rows with which the network takes about so many milliseconds a call on one thread."""
    import onnxruntime

    path, rows = folder / "tried.onnx", 16
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    for _ in range(3):
        write_net(path, rows)
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        sample = {"x": np.zeros((1, rows, WIDTH), np.float32)}
        shortest = min(_timed(lambda: session.run(None, sample)) for _ in range(20))  # noqa: B023
        rows = max(1, round(rows * ms / 1000 / shortest))
    return rows


def _timed(call: object) -> float:
    assert callable(call)
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def cell(folder: Path, ms: float, count: int) -> tuple[list[float], list[float]]:
    """Seconds of the check, and of the paired loads behind its rows, of some runs."""
    folder.mkdir()
    rows = rows_for(ms, folder)
    write_net(folder / "net.onnx", rows)
    (folder / "conftest.py").write_text(CONFTEST.format(rows=rows, width=WIDTH), encoding="utf-8")
    (folder / "test_cell.py").write_text(TEST, encoding="utf-8")
    (folder / "edgebench.toml").write_text('[profiles.host]\ntarget = "host"\n', encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    run = python("-m", "pytest", "-q", "--edgebench-json=run.json", "-ppytest_edgebench.plugin")
    own = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    seconds([*run, "--edgebench-update-baseline"], folder, (0,), own)
    write_net(folder / "net.onnx", rows, nudge=1e-6)
    seconds(run, folder, (0, 1), own)  # its answers are kept from here on
    took, paired = [], []
    for _ in range(count):
        seconds(run, folder, (0, 1), own)
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        pairs = record["cases"][0]["pairs"].values()
        took.append(float((folder / "took.txt").read_text(encoding="utf-8")))
        paired.append(sum(pair["seconds"] for pair in pairs))
    return took, paired


def cells(folder: Path, count: int) -> list[Figure]:
    """The figure of each size."""
    found = []
    for ms in SIZES_MS:
        took, paired = cell(folder / f"{ms:g}", ms, count)
        shares = [one / other for one, other in zip(took, paired, strict=True)]
        what = f"check of a cell of {ms:g} ms over its paired loads ({min(took):.2f} s, {min(paired):.2f} s)"
        found.append(figure(what, MOST, "×", shares))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="edgebench-cell-") as folder:
        found = cells(Path(folder), given.runs)
    for one in found:
        print(one.line())  # noqa: T201
    return 0 if all(one.ok for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
