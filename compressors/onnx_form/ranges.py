"""Ranges of an ONNX model's activations, from calibration samples."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod
from onnxruntime.quantization.calibrate import (
    HistogramCollector,
    TensorsData,
    create_calibrator,
    save_tensors_data,
)

from pytest_edgebench.compressors.onnx_form import files
from pytest_edgebench.compressors.onnx_form.divergence import threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    Array = np.ndarray[Any, np.dtype[Any]]
    Calls = Callable[[], Iterator[Mapping[str, Array]]]

METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}
BINS = 2048  # of the entropy method's authors; onnxruntime's own 128 leave nothing to search


def extremes(prepared: Path, calls: Calls) -> dict[str, tuple[Array, Array]]:
    """Smallest and largest value of each float tensor that is not constant.

    Args:
        prepared: a model with the shapes of its tensors.
        calls: starts the samples from the first, each the arrays of one call.
    """
    with tempfile.TemporaryDirectory(dir=prepared.parent) as folder:  # weights may come to lie beside it
        work = create_calibrator(
            prepared,
            augmented_model_path=f"{folder}/augmented.onnx",
            calibrate_method=CalibrationMethod.MinMax,
            use_external_data_format=files.is_large(prepared),
        )
    work.model = None  # its session has read what it needs
    work.collect_data(_Reader(calls()))
    return {name: value.range_value for name, value in work.compute_data().items()}


def narrowed(
    prepared: Path,
    calls: Calls,
    method: str,
    percentile: float,
    whole: Mapping[str, tuple[Array, Array]],
) -> dict[str, tuple[Any, ...]]:
    """The ranges that a method leaves of `whole`.

    One call's tensors are in memory at a time, and calls may differ in shape.
    """
    histograms = _histograms(prepared, calls, whole)
    if method == "entropy":
        found = {name: threshold(*each) for name, each in histograms.items()}
    else:
        work = HistogramCollector("percentile", False, BINS, BINS, percentile, "same")
        work.histogram_dict = {name: (*each, each[3]) for name, each in histograms.items()}
        found = work.compute_collection_result()
    # Of the others the whole range; the library wants a histogram with it, and reads none.
    return {n: found[n] if n in found else (*v, np.zeros(1), np.zeros(2)) for n, v in whole.items()}


def save(ranges: Mapping[str, tuple[Any, ...]], method: str, target: Path) -> Path:
    """Write ranges as `quantize_static` reads them; `target`."""
    save_tensors_data(TensorsData(METHODS[method], dict(ranges)), target)
    return target


def _histograms(
    prepared: Path, calls: Calls, whole: Mapping[str, tuple[Array, Array]]
) -> dict[str, tuple[Array, Array, Array, Array]]:
    """Counts, edges, smallest and largest value of each tensor; as wide on either side of zero."""
    model = onnx.load(prepared)
    limits = {name: float(max(np.abs(low).max(), np.abs(high).max())) for name, (low, high) in whole.items()}
    taken = _taken_up(model)
    wanted = [name for name in whole if limits[name] > 0 and name not in taken]
    counts = {name: np.zeros(BINS, np.int64) for name in wanted}
    session = session_of(model, prepared.with_suffix(".augmented.onnx"), wanted)
    del model
    for call in calls():
        for name, array in zip(wanted, session.run(wanted, dict(call)), strict=True):
            counts[name] += _counted(array, limits[name])
    edges = {name: np.linspace(-limits[name], limits[name], BINS + 1, dtype=np.float32) for name in wanted}
    bounds = {name: (low.reshape(()), high.reshape(())) for name, (low, high) in whole.items()}
    return {name: (counts[name], edges[name], *bounds[name]) for name in wanted}


def _counted(array: Array, limit: float) -> Array:
    """A histogram of equal bins from -limit to limit: numpy's own takes five times as long."""
    scaled = array.ravel() * np.float32(BINS / 2 / limit)
    scaled += np.float32(BINS / 2)
    places = np.minimum(scaled, BINS - 1, out=scaled).astype(np.intp)
    found: Array = np.bincount(places, minlength=BINS)
    return found


def _taken_up(model: onnx.ModelProto) -> set[str]:
    """Tensors that only a Relu or Clip reads: the quantizer takes it up into the scale of its result."""
    readers: dict[str, list[str]] = {value.name: ["output"] for value in model.graph.output}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node.op_type)
    return {name for name, kinds in readers.items() if kinds in (["Relu"], ["Clip"])}


def session_of(model: onnx.ModelProto, augmented: Path, wanted: list[str]) -> onnxruntime.InferenceSession:
    """The model with these tensors as outputs, as the calibrators of onnxruntime run it."""
    there = {value.name for value in model.graph.output}
    infos = {value.name: value for value in (*model.graph.value_info, *model.graph.input)}
    model.graph.output.extend(infos[name] for name in wanted if name not in there)
    files.save(model, augmented)
    model.Clear()
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(augmented, options, providers=["CPUExecutionProvider"])
    files.remove(augmented)
    return session


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Gives the arrays of one call after another."""

    def __init__(self, calls: Iterator[Mapping[str, Array]]) -> None:
        self._calls = calls

    def get_next(self) -> Mapping[str, Array] | None:
        return next(self._calls, None)
