"""Texts that the projects of the characterisation are made of."""

from __future__ import annotations

BLOBS = '''
"""Two layers fitted to eight clusters in 32 dimensions."""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

centres = np.random.default_rng(0).normal(size=(8, 32))


def samples(seed, count=200):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 8, count)
    return (centres[labels] + 1.5 * rng.normal(size=(count, 32))).astype("float32"), labels


def write(path, width):
    """Weights are rounded to 1/1024, so that they do not depend on the last bits of a least squares fit."""
    inputs, labels = samples(1, 2000)
    first = np.random.default_rng(2).normal(size=(32, width)) / 8
    hidden = np.maximum(inputs @ first, 0)
    second = np.linalg.lstsq(hidden, np.eye(8)[labels], rcond=None)[0]
    first, second = ((np.round(each * 1024) / 1024).astype("float32") for each in (first, second))
    nodes = [
        helper.make_node("MatMul", ["x", "first"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "second"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 32])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 8])
    weights = [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second")]
    graph = helper.make_graph(nodes, "blobs", [x], [y], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]))
    inputs, labels = samples(3)
    np.savez("data.npz", x=inputs, y=labels)
'''.lstrip()

CONFTEST = '''
import pytest_edgebench as eb
from blobs import samples


@eb.model
def blobs():
    """The uncompressed model."""
    return eb.Model("blobs.onnx", data=samples(3), score=eb.top1, calibration=samples(4)[0])


@eb.recipe
def int8(blobs):
    return eb.quantize(blobs, "static-int8", calibration=128)
'''.lstrip()

TEST = """
import pytest_edgebench as eb


@eb.budget(size="16 kB", accuracy=["90 %", "model - 1 points"])
def test_budget(edge):
    edge.check()
""".lstrip()

BOARD = """
[profiles.board]
extends = "cortex-a72"
runtime = "onnxruntime"
""".lstrip()
"""A profile that is only described: nothing is timed on it."""

BASE = {"blobs.py": BLOBS, "conftest.py": CONFTEST, "test_blobs.py": TEST, "edgebench.toml": BOARD}

RECIPES = """

@eb.recipe(profiles=["board"])
def dynamic(blobs):
    return eb.quantize(blobs, "dynamic-int8")


@eb.recipe(profiles=["board"])
def fp16(blobs):
    return eb.quantize(blobs, "fp16")


@eb.recipe(profiles=["board"])
def weights8(blobs):
    return eb.quantize(blobs, "weight-int8")


@eb.recipe(profiles=["board"], sweep={"count": [64], "per_channel": [True, False]})
def swept(blobs, count, per_channel):
    return eb.quantize(blobs, "static-int8", calibration=count, per_channel=per_channel)
"""

DEVICE = '''
#!/usr/bin/env python3
"""A device that answers by ONNX Runtime here, and whose times are made of the file's bytes."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

folder = Path(sys.argv[1])
request = json.loads((folder / "request.json").read_text())
answer = {"schema": 1, "request": request["request"]}
if request["ask"] == "describe":
    answer |= {"runtime": {"name": "doubler", "version": "4.5"}, "cpu": "a chip"}
else:
    content = (folder / request["artifact"]["path"]).read_bytes()
    answer["artifact"] = hashlib.sha256(content).hexdigest()
if request["ask"] == "run":
    session = onnxruntime.InferenceSession(content)
    x = np.load(folder / request["inputs"][0]["path"])
    np.save(folder / "y.npy", session.run(None, {"x": x})[0])
    answer["outputs"] = ["y.npy"]
if request["ask"] == "time":
    answer |= {"calls_s": [len(content) / 2**24] * request["calls"], "load_s": 0.01, "first_call_s": 0.002}
if request["ask"] == "memory":
    answer |= {"peak_bytes": 3_000_000, "baseline_bytes": 2_000_000}
if request["ask"] == "count":
    answer["instructions"] = [2_000_001] + [2_000_000] * (request["calls"] - 1)
(folder / "answer.json").write_text(json.dumps(answer))
'''.lstrip()

OWN = '''

def negate(source, target):
    """Exchange the signs of both weights, which leaves only what passes the Relu of the other sign."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(source)
    for each in model.graph.initializer:
        each.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(each), each.name))
    onnx.save(model, target)


@eb.step("onnx")
def zeroed(source, target, share=0.5):
    """The smallest weights become zero."""
    import numpy as np
    import onnx
    from onnx import numpy_helper

    model = onnx.load(source)
    for each in model.graph.initializer:
        values = numpy_helper.to_array(each).copy()
        values[np.abs(values) < np.quantile(np.abs(values), share)] = 0
        each.CopyFrom(numpy_helper.from_array(values, each.name))
    onnx.save(model, target)


flipped = eb.step("onnx", negate)


def nearness(outputs, labels):
    import numpy as np

    return float(np.round(outputs[np.arange(len(labels)), labels].mean(), 3))


@eb.model
def rated():
    return eb.Model(
        "blobs.onnx", data=samples(3), score=eb.Score(nearness, name="nearness"), calibration=samples(4)[0]
    )


@eb.recipe
def zeroed_int8(blobs):
    return eb.quantize(zeroed(blobs, share=0.3), "static-int8")


@eb.recipe
def negated(blobs):
    return flipped(blobs)


@eb.recipe
def rated_zeroed(rated):
    return zeroed(rated)
'''
