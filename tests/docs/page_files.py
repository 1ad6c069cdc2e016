"""What pages of the documentation presuppose a reader to have: a model file, samples, a repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from net_of_pages import samples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def onnx_file(path: Path, hidden: int = 256) -> None:
    """Two layers fitted to the clusters, 98 % right."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    inputs, labels = samples(1, 4000)
    first = np.random.default_rng(2).normal(size=(32, hidden)).astype(np.float32) / 8
    second = np.linalg.lstsq(np.maximum(inputs @ first, 0), np.eye(8)[labels], rcond=None)[0].astype(
        np.float32
    )
    nodes = [
        helper.make_node("MatMul", ["x", "first"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "second"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 32])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 8])
    weights = [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second")]
    graph = helper.make_graph(nodes, "clusters", [x], [y], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def _model(folder: Path) -> None:
    onnx_file(folder / "model.onnx")


def _samples(folder: Path) -> None:
    x, y = samples(3, 500)
    np.savez(folder / "samples.npz", x=x, y=y)


def _project(folder: Path) -> None:
    """A model, an int8 recipe and a budget, as `edgebench init` writes them."""
    _model(folder)
    _samples(folder)
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_model.py").write_text(TEST, encoding="utf-8")
    (folder / "edgebench.toml").write_text('[profiles.laptop]\ntarget = "host"\n', encoding="utf-8")


def _kws(folder: Path) -> None:
    """The keyword model of MLPerf Tiny and its inputs."""
    if "EDGEBENCH_DATA" not in os.environ:
        pytest.skip("EDGEBENCH_DATA is not set")
    data = Path(os.environ["EDGEBENCH_DATA"])
    shutil.copy(data / "models/mlperf_tiny/kws_int8.tflite", folder / "kws.tflite")
    shutil.copy(data / "kws/kws_inputs.npz", folder / "kws.npz")


def _audio(folder: Path) -> None:
    """A file with a state and a sampling rate, as a voice activity detector has, and what it hears."""
    import onnx
    from onnx import TensorProto, helper

    def value(name: str, kind: int, shape: list[int]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, shape)

    nodes = [
        helper.make_node("ReduceMean", ["input"], ["level"], axes=[1], keepdims=1),
        helper.make_node("Add", ["state", "level"], ["stateN"]),
        helper.make_node("Cast", ["sr"], ["rate"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["stateN", "rate"], ["output"]),
    ]
    given = [
        value("input", TensorProto.FLOAT, [1, 512]),
        value("state", TensorProto.FLOAT, [1, 1]),
        value("sr", TensorProto.INT64, []),
    ]
    gives = [value("output", TensorProto.FLOAT, [1, 1]), value("stateN", TensorProto.FLOAT, [1, 1])]
    graph = helper.make_graph(nodes, "vad", given, gives)
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), folder / "vad.onnx")
    rng = np.random.default_rng(0)
    np.save(folder / "audio.npy", rng.normal(size=(60, 512)).astype(np.float32))
    np.save(folder / "speech.npy", np.arange(60) % 3 == 0)


def _net(folder: Path) -> None:
    """A torch module that trains in a second, as a module of the reader's."""
    shutil.copy(Path(__file__).with_name("net_of_pages.py"), folder / "net.py")


def _git(folder: Path) -> None:
    """A repository in which all that is there so far is committed on main."""
    (folder / ".gitignore").write_text(".pytest_cache\n__pycache__\n", encoding="utf-8")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for words in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-qm", "accepted")):
        subprocess.run(["git", *words], cwd=folder, check=True)


CONFTEST = """\
import pytest_edgebench as eb


@eb.model
def model():
    return eb.Model("model.onnx", data="samples.npz", score=eb.top1)


@eb.recipe
def int8(model):
    return eb.quantize(model, "static-int8")
"""
TEST = """\
import pytest_edgebench as eb


@eb.budget(accuracy=["90 %", "model - 1 points"])
@eb.budget(recipes="int8", size="16 kB", latency="model + 200 %")
def test_budget(edge):
    edge.check()
"""
MAKERS: Mapping[str, Callable[[Path], None]] = {
    "model.onnx": _model,
    "samples.npz": _samples,
    "audio.npy": _audio,
    "kws": _kws,
    "net": _net,
    "project": _project,
    "repository": _git,
}
"""What a page may ask for in ``<!-- needs: ... -->``."""
