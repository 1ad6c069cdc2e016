"""Ranges by entropy and percentile: what they find, for samples of any length, and what they cost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx_graphs as g
import pytest
from onnxruntime.quantization.shape_inference import quant_pre_process

from pytest_edgebench.compressors.build.quiet import quiet
from pytest_edgebench.compressors.engines import onnxruntime as engine
from pytest_edgebench.compressors.engines.inputs import batches
from pytest_edgebench.compressors.onnx_form import divergence, ranges
from pytest_edgebench.compressors.quantize import Quantize

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize("draw", ["normal", "laplace", "exponential"])
def test_the_search_finds_what_all_widths_would(draw: str) -> None:
    values = getattr(np.random.default_rng(0), draw)(size=20_000)
    limit = np.abs(values).max()
    counts, edges = np.histogram(values, 2048, range=(-limit, limit))
    low, high, *_ = divergence.threshold(counts, edges, values.min(), values.max())
    lost = {width: divergence.divergence(counts, 1024, width) for width in range(64, 1025)}
    width = 1024 if high == values.max() else int(np.abs(edges - high).argmin()) - 1025
    assert values.min() <= low < high <= values.max()
    assert lost[width] <= 1.15 * min(lost.values())


def test_one_value_far_away_is_cut_off() -> None:
    values = np.append(np.random.default_rng(0).normal(size=50_000), 40.0)
    counts, edges = np.histogram(values, 2048, range=(-40, 40))
    assert divergence.threshold(counts, edges, values.min(), values.max())[1] < 10


def of_any_length(path: Path) -> Path:
    """Samples (1, t, 64) of any t, averaged over t in the middle."""
    nodes = [
        g.node("MatMul", ["x", "W"], ["h"]),
        g.node("ReduceMean", ["h"], ["m"], axes=[1], keepdims=0),
        g.node("MatMul", ["m", "V"], ["y"]),
    ]
    weights = [g.weight("W", 64, 128), g.weight("V", 128, 8)]
    return g.write(path, nodes, [g.info("x", ["n", "t", 64])], [g.info("y", ["n", 8])], weights)


@pytest.mark.parametrize("method", ["entropy", "percentile"])
def test_samples_of_different_lengths(tmp_path: Path, method: str) -> None:
    prepared = tmp_path / "m.prepared.onnx"
    rng = np.random.default_rng(0)
    samples = [rng.normal(size=(1, length, 64)).astype(np.float32) for length in range(3, 20)]

    def calls() -> Iterator[dict[str, Any]]:
        return iter([{"x": sample} for sample in samples])

    with quiet():
        quant_pre_process(of_any_length(tmp_path / "m.onnx"), prepared, skip_symbolic_shape=True)
        whole = ranges.extremes(prepared, calls)
        found = ranges.narrowed(prepared, calls, method, 99.9, whole)
    everything = np.concatenate([sample.ravel() for sample in samples])
    assert (whole["x"][0].item(), whole["x"][1].item()) == (everything.min(), everything.max())
    assert set(found) == set(whole) == {"x", "h", "m", "y"}
    low, high = found["x"][:2]
    assert everything.min() <= low < 0 < high <= everything.max()
    if method == "percentile":
        wanted = np.quantile(everything, [0.0005, 0.9995])
        assert np.abs(np.array([low, high]) - wanted).max() < 0.02


def test_samples_of_different_lengths_reach_the_step(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    given = np.empty(12, object)
    given[:] = [rng.normal(size=(3 + n, 64)) for n in range(12)]
    source, target = of_any_length(tmp_path / "m.onnx"), tmp_path / "q.onnx"
    for method in ("minmax", "entropy"):
        step = Quantize("static-int8", method=method)
        engine.quantize(source, target, step._asked(), {"input_0": given})
        sample = given[3][None].astype(np.float32)
        found, wanted = (g.session(path).run(None, {"x": sample})[0] for path in (target, source))
        assert g.noise(found, wanted) < 0.05


def test_entropy_costs_little_more_than_minmax(tmp_path: Path) -> None:
    """Three times as much on this network; 7 times before, and 30 with the library's own search."""
    nodes, weights, given, channels = [], [], "x", 3
    for n in range(6):
        weights += [g.weight(f"K{n}", 16, channels, 3, 3), g.weight(f"B{n}", 16)]
        nodes.append(g.node("Conv", [given, f"K{n}", f"B{n}"], [f"c{n}"], pads=[1] * 4))
        nodes.append(g.node("Relu", [f"c{n}"], [f"r{n}"]))
        given, channels = f"r{n}", 16
    nodes.append(g.node("GlobalAveragePool", [given], ["y"]))
    x, y = [g.info("x", ["n", 3, 32, 32])], [g.info("y", ["n", 16, 1, 1])]
    path = g.write(tmp_path / "m.onnx", nodes, x, y, weights)
    samples = {"x": g.inputs(3, 32, 32, count=128)}

    def cost(method: Any) -> float:
        start = time.process_time()
        engine.quantize(path, tmp_path / "q.onnx", Quantize("static-int8", method=method)._asked(), samples)
        return time.process_time() - start

    pairs = [(cost("minmax"), cost("entropy")) for _ in range(4)][1:]
    assert min(entropy / minmax for minmax, entropy in pairs) < 4


def test_calls_of_a_fixed_batch() -> None:
    made = list(batches({"x": np.arange(5)}, {"x": [2]}))
    assert [list(call["x"]) for call in made] == [[0, 1], [2, 3], [4, 4]]
    assert not list(batches({"x": np.arange(0)}, {"x": [2]}))
