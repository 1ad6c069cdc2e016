"""What of qemu is here, for the tests that need it."""

from __future__ import annotations

import platform
import shutil
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.profiles.qemu_cpus import ARCHES
from pytest_edgebench.profiles.target import TargetRef
from pytest_edgebench.targets import qemu_place as place
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

WIDTH = 64
HIDDEN, LAYERS = 512, 3
SUITABLE_X86 = platform.machine() == "x86_64"


def missing(arch: str) -> str:
    """Why an architecture cannot be emulated here; "" where it can."""
    program = ARCHES[arch].program
    if shutil.which(program) is None:
        return f"{program} is not installed"
    if not ARCHES[arch].debian:
        return "" if SUITABLE_X86 else "this machine is no x86-64"
    try:
        place.read_root(place.default_folder(), ARCHES[arch])
    except MeasureError:
        return f"edgebench setup qemu --arch {arch} was not run"
    return ""


def needs(arch: str) -> pytest.MarkDecorator:
    """Skips a test with the reason where an architecture cannot be emulated."""
    return pytest.mark.skipif(bool(missing(arch)), reason=missing(arch) or "-")


def spec(cpu: str, runtime: str = "onnxruntime", folder: Path | None = None) -> Spec:
    """The worker of a runtime on a CPU."""
    options = {"cpu": cpu} if folder is None else {"cpu": cpu, "folder": str(folder)}
    return Spec(runtime, target_ref=TargetRef("qemu", options=tuple(options.items())))


def write_layers(path: Path, outputs: int) -> None:
    """An ONNX network of matrix products: `LAYERS` of `HIDDEN` × `HIDDEN`, one of `HIDDEN` × `outputs`."""
    rng = np.random.default_rng(1)
    weights, nodes, before = [], [], "x"
    for at in range(LAYERS):
        weights.append(
            numpy_helper.from_array(rng.normal(size=(HIDDEN, HIDDEN)).astype(np.float32) / 24, f"w{at}")
        )
        nodes.append(helper.make_node("MatMul", [before, f"w{at}"], [f"h{at}"]))
        before = f"h{at}"
    weights.append(numpy_helper.from_array(rng.normal(size=(HIDDEN, outputs)).astype(np.float32), "last"))
    nodes.append(helper.make_node("MatMul", [before, "last"], ["y"]))
    save(path, nodes, weights, HIDDEN, outputs)


def write_saturating(path: Path) -> None:
    """A network (batch, 64) → (batch, 3) whose int8 products saturate where kernels add pairs in 16 bits.

    The first output is the sum of all inputs but the last two; the second 1.7 times that of every other one,
    so that no pair of its products is large: of inputs near 1, saturation halves only the first. The third
    is below 0 and differs most between samples, so that outputs have something to do with the inputs all
    the same.
    """
    weights = np.zeros((WIDTH, 3), np.float32)
    weights[: WIDTH - 2, 0] = 1.0
    weights[: WIDTH - 2 : 2, 1] = 1.7
    weights[WIDTH - 1, 2] = -200.0
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    save(path, nodes, [numpy_helper.from_array(weights, "w")], WIDTH, 3)


def save(
    path: Path, nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], width: int, outputs: int
) -> None:
    """Write a network from "x" (batch, width) to "y" (batch, outputs)."""
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", n])
        for name, n in (("x", width), ("y", outputs))
    ]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
