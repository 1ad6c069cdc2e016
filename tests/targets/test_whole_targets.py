"""Whole sessions with profiles on two boards and on a program of the user's own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from loopback_board import LoopbackBoard
from onnx import TensorProto, helper, numpy_helper

PROGRAM = Path(__file__).with_name("device_program.py")

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

X = np.random.default_rng(0).normal(size=(40, 16)).astype("float32")


@eb.model
def net():
    return eb.Model("net.onnx", data=(X, (X[:, 0] > 0).astype("int64")), score=eb.top1)


@eb.recipe
def fp16(net):
    return eb.quantize(net, "fp16")
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(size="20 kB", accuracy="model - 50 points")
@eb.budget("bench-*", latency=["1 s", "model + 9000 %"], level="error", memory="4 GB")
def test_budget(edge):
    edge.check()
"""
INI = """
[pytest]
addopts = -p no:randomly -p no:anyio -p no:hypothesispytest
edgebench_cap_seconds = 1
edgebench_confirm_seconds = 0
"""


def write_net(path: Path) -> None:
    """An ONNX network (batch, 16) → MatMul → Relu → MatMul → (batch, 2)."""
    rng = np.random.default_rng(1)
    weights = [
        numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), name)
        for name, shape in (("a", (16, 64)), ("b", (64, 2)))
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "b"], ["y"]),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", n])
        for name, n in (("x", 16), ("y", 2))
    ]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def run(folder: Path, settings: str, *arguments: str) -> tuple[int, str, dict[str, Any]]:
    """Exit status, what was printed, and the record of a session."""
    folder.mkdir()
    write_net(folder / "net.onnx")
    files = {"conftest.py": CONFTEST, "test_net.py": TEST, "pytest.ini": INI, "edgebench.toml": settings}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--edgebench-json=run.json", *arguments]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=150)
    text = ended.stdout + ended.stderr
    assert "INTERNALERROR" not in text, text
    return ended.returncode, text, json.loads((folder / "run.json").read_text(encoding="utf-8"))


def observed(record: dict[str, Any], case: str) -> dict[str, Any]:
    (found,) = [each for each in record["cases"] if each["key"] == case]
    observation: dict[str, Any] = record["observations"][found["observation"]]
    return observation


def verdicts(record: dict[str, Any]) -> dict[str, set[str]]:
    return {case["key"]: {check["verdict"] for check in case["checks"]} for case in record["cases"]}


def test_two_boards_and_one_that_refuses(tmp_path: Path) -> None:
    """Both are measured, each under its own lock; the third costs its own cases only."""
    boards = {name: LoopbackBoard(tmp_path / name) for name in ("a", "b")}
    wrong = boards["b"].client("wrong", key="stranger")
    configs = {"bench-a": boards["a"].config, "bench-b": boards["b"].config, "locked": wrong}
    settings = ""
    for profile, config in configs.items():
        board = boards["a" if profile == "bench-a" else "b"]
        settings += (
            f'[profiles.{profile}]\ntarget = "ssh://{board.address}"\nruntime = "onnxruntime"\n'
            f'python = "{sys.executable}"\n'
            f'target_options = {{ config = "{config}", folder = "{board.home}" }}\n'
        )
    try:
        status, text, record = run(tmp_path / "project", settings, "-n", "2")
    finally:
        for board in boards.values():
            board.switch_off()
    assert status == 1, text
    found = verdicts(record)
    assert found["net-fp16-locked"] == {"ERROR"}, text
    assert "does not let us in" in text
    for name in ("a", "b"):
        assert found[f"net-fp16-bench-{name}"] <= {"PASS", "INCONCLUSIVE"}, text
        observation = observed(record, f"net-fp16-bench-{name}")
        metrics = observation["metrics"]
        assert metrics["latency.p50"]["evidence"] == metrics["accuracy"]["evidence"] == "device"
        assert metrics["memory"]["evidence"] == "device"
        assert metrics["latency.p50"]["note"].startswith("board: ")
        assert metrics["size"]["evidence"] == "static"
        assert observation["runtime"]["target"] == f"ssh://{boards[name].address}"
        assert observation["runtime"]["name"] == "onnxruntime"


def test_a_program(tmp_path: Path) -> None:
    """What it does not give comes from this machine, or is missing and said so."""
    run_it = json.dumps([sys.executable, "-I", str(PROGRAM), "nothing"])
    settings = (
        '[profiles.bench-phone]\ntarget = "command"\nruntime = "onnxruntime"\n'
        f'target_options = {{ run = {run_it}, evidence = "device", gives = ["latency"] }}\n'
    )
    status, text, record = run(tmp_path / "project", settings)
    assert status == 1, text
    assert "target 'command' of bench-phone gives latency only, so memory is not available" in text
    observation = observed(record, "net-fp16-bench-phone")
    metrics = observation["metrics"]
    assert metrics["latency.p50"]["evidence"] == "device"
    assert metrics["latency.p50"]["value"] == pytest.approx(1e-6 * metrics["size"]["value"])
    assert (metrics["accuracy"]["evidence"], metrics["accuracy"]["n"]) == ("host", 40)
    assert "bench-phone gives no outputs" in metrics["accuracy"]["note"]
    assert (observation["runtime"]["name"], observation["runtime"]["version"]) == ("doubler", "4.5")
