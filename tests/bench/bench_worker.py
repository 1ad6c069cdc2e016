"""What measuring costs: starting a worker, and the loop round a call."""

from __future__ import annotations

import importlib.util
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from bench_figure import Figure, figure
from onnx import TensorProto, helper, numpy_helper

from pytest_edgebench.runtimes.known import runtime_file
from pytest_edgebench.targets.host import Host
from pytest_edgebench.workers import worker
from pytest_edgebench.workers.client import Client
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

WIDTH = 128
CALL_S = 20e-6
CALLS = 2000
LONG_S = 60.0


def starting(folder: Path, count: int) -> Figure:
    """From nothing to a worker that has imported ONNX Runtime and says so."""
    spec, found = Spec("onnxruntime"), []
    for _ in range(count + 1):
        began = time.perf_counter()
        with Client(spec, folder, Host(spec.target_ref)) as client:
            client.describe()
            found.append(time.perf_counter() - began)
    return figure("worker start, ONNX Runtime", 0.5, "s", found[1:])


def looping(folder: Path, count: int) -> list[Figure]:
    """The worker's two loops beside a bare one, in turns on one session at a time of a 20 µs model.

    `_each` takes a time at each call, as for a latency budget; `_unit` times some calls at once, as for a
    comparison. Each value is from a fresh load.
    """
    folder.mkdir(exist_ok=True)
    runtime = _runtime()
    layers = 1
    while min(bare(session, CALLS) for session in [_session(runtime, write(folder, layers))] * 9) < CALL_S:
        layers += 1
    path = write(folder, layers)
    each, unit, calls = [], [], []
    for _ in range(count):
        session = _session(runtime, path)
        bare(session, CALLS)
        # The quickest of some blocks: what the machine does meanwhile is no cost of the loop.
        alone, one_by_one, at_once = np.min(
            [
                (
                    bare(session, CALLS),
                    _wall(lambda session=session: worker._each(session.call, CALLS, LONG_S)),
                    worker._unit(session.call, CALLS) / CALLS,
                )
                for _ in range(9)
            ],
            axis=0,
        )
        each.append(100 * (one_by_one / alone - 1))
        unit.append(100 * (at_once / alone - 1))
        calls.append(1e6 * alone)
    size = f"on a model of {np.median(calls):.0f} µs, beyond a bare loop"
    return [
        figure(f"timing each call {size}", 5, "%", each),
        figure(f"timing calls at once {size}", 5, "%", unit),
    ]


def bare(session: Any, calls: int) -> float:
    """Seconds of a call of ONNX Runtime with bound inputs in a loop of nothing else."""
    run, binding = session._session.run_with_iobinding, session._binding
    began = time.perf_counter()
    for _ in range(calls):
        run(binding)
    return (time.perf_counter() - began) / calls


def _wall(loop: Any) -> float:
    began = time.perf_counter()
    loop()
    return (time.perf_counter() - began) / CALLS


def _runtime() -> Any:
    """The runtime file, loaded as the worker does."""
    found = importlib.util.spec_from_file_location("bench_runtime", runtime_file("onnxruntime"))
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["bench_runtime"] = module
    found.loader.exec_module(module)
    return module


def _session(runtime: Any, path: Path) -> Any:
    session = runtime.load(str(path), 1, {})
    session.bind([np.ones((1, WIDTH), np.float32)])
    session.call()  # the first one binds the outputs
    return session


def write(folder: Path, layers: int) -> Path:
    """(1, 128) through some matrix products and tanh's."""
    rng = np.random.default_rng(0)
    nodes, weights, at = [], [], "x"
    for layer in range(layers):
        values = rng.normal(size=(WIDTH, WIDTH)).astype(np.float32) / WIDTH**0.5
        weights.append(numpy_helper.from_array(values, f"w{layer}"))
        nodes.append(helper.make_node("MatMul", [at, f"w{layer}"], [f"m{layer}"]))
        nodes.append(helper.make_node("Tanh", [f"m{layer}"], [f"t{layer}"]))
        at = f"t{layer}"
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, WIDTH]) for name in ("x", at))
    graph = helper.make_graph(nodes, "bench", [x], [y], weights)
    path = folder / f"layers{layers}.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path
