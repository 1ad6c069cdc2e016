"""Quantization of ONNX files by onnxruntime's own tools."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.calibrate import create_calibrator, save_tensors_data
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.quantization.onnx_model import ONNXModel
from onnxruntime.quantization.shape_inference import quant_pre_process

from pytest_edgebench.artifacts.inspect_onnx import side_files
from pytest_edgebench.compressors.inputs import matched
from pytest_edgebench.compressors.quiet import quiet
from pytest_edgebench.errors import build as errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.quantize import Quantize

    Array = np.ndarray[Any, np.dtype[Any]]


METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}
TYPES = {"int8": QuantType.QInt8, "uint8": QuantType.QUInt8}


def quantize(source: Path, target: Path, step: Quantize, samples: Mapping[str, Array]) -> None:
    """Quantize the model file `source` into `target`.

    Static files are in the QDQ form, by default with uint8 activations and int8 weights (U8S8), for which
    ONNX Runtime's CPU kernels and OpenVINO are made. With `reduce_range` weights lie in -64...64: two
    products with a uint8 then fit the 16 bits in which AVX2 and AVX-512 kernels without VNNI add them
    (2 * 255 * 64 < 2**15). Kernels for uint8 weights widen first and need no such range.

    Raises:
        BuildError: a pattern of `exclude` that matches no operator.
    """
    with quiet():
        if step.scheme == "fp16":
            _half(source, target, step)
            return
        if step.scheme.startswith("weight-"):
            _weights_only(source, target, step)
            return
        prepared = target.with_suffix(".prepared.onnx")
        if side_files(source):  # the tools below lose sight of them
            onnx.save(onnx.load(source), prepared)
            source = prepared
        # Folds batch norms and infers shapes; the symbolic inference would need sympy and is not needed here.
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        whole = onnx.load(prepared)
        excluded = _excluded(whole, step)
        if excluded:
            onnx.save(whole, prepared)  # every node has a name now
        reduce_range = step.reduce_range and step.weights == "int8"
        if step.scheme == "dynamic-int8":
            quantize_dynamic(
                prepared,
                target,
                per_channel=step.per_channel,
                reduce_range=reduce_range,
                weight_type=TYPES[step.weights],
                nodes_to_exclude=[*excluded, *map(_as_matmul, excluded)],
            )
        else:
            ranges = _entropy(prepared, samples) if step.method == "entropy" else None
            quantize_static(
                prepared,
                target,
                None if ranges else _Reader(prepared, samples),
                quant_format=QuantFormat.QDQ,
                per_channel=step.per_channel,
                reduce_range=reduce_range,
                activation_type=TYPES[step.activations or "uint8"],
                weight_type=TYPES[step.weights],
                nodes_to_exclude=excluded,
                calibrate_method=METHODS[step.method],
                calibration_cache_path=ranges,
                extra_options={"CalibPercentile": step.percentile} if step.method == "percentile" else {},
            )
            if ranges:
                ranges.unlink()
        prepared.unlink()


def prepared(source: Path, target: Path) -> Path:
    """Write `source` to `target` as the quantizer sees it, every node with a name that it keeps; `target`."""
    with quiet():
        onnx.save(onnx.load(source), target)  # with its weights inside
        quant_pre_process(target, target, skip_symbolic_shape=True)
        model = onnx.load(target)
        for n, node in enumerate(model.graph.node):
            node.name = node.name or f"{node.op_type}_{n}"
        onnx.save(model, target)
    return target


def layers(source: Path) -> list[str]:
    """Names of the convolutions and matrix products whose weight is a constant."""
    graph = onnx.load(source).graph
    weights = {tensor.name for tensor in graph.initializer}
    kinds = ("Conv", "ConvTranspose", "Gemm", "MatMul")
    return [n.name for n in graph.node if n.op_type in kinds and weights.intersection(n.input[1:2])]


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Gives one sample after another, in the names and float width of the model's inputs."""

    def __init__(self, path: Path, samples: Mapping[str, Array]) -> None:
        graph = onnx.load(path, load_external_data=False).graph
        weights = {tensor.name for tensor in graph.initializer}
        inputs = [i for i in graph.input if i.name not in weights]
        dtypes = {i.name: onnx.helper.tensor_dtype_to_np_dtype(i.type.tensor_type.elem_type) for i in inputs}
        arrays = matched(samples, dtypes, path)
        count = len(next(iter(arrays.values())))
        self._samples: Iterator[dict[str, Array]] = (
            {name: array[n : n + 1] for name, array in arrays.items()} for n in range(count)
        )

    def get_next(self) -> dict[str, Array] | None:
        return next(self._samples, None)


def _entropy(prepared: Path, samples: Mapping[str, Array]) -> Path:
    """Ranges by the entropy method, in a file as `quantize_static` reads it.

    Its own call makes histograms of 128 bins and searches among ranges of at least 128 bins, that is, only
    the whole range: it does what minmax does, without a word. 2048 bins are what the method's authors use.
    """
    augmented = prepared.with_suffix(".augmented.onnx")
    calibrator = create_calibrator(
        prepared,
        augmented_model_path=str(augmented),
        calibrate_method=CalibrationMethod.Entropy,
        extra_options={"num_bins": 2048},
    )
    calibrator.collect_data(_Reader(prepared, samples))
    target = prepared.with_suffix(".ranges.json")
    save_tensors_data(calibrator.compute_data(), target)
    augmented.unlink()
    return target


def _excluded(model: onnx.ModelProto, step: Quantize) -> list[str]:
    """Names of the nodes that the step's patterns match: by type, name, or name of a weight.

    Nodes without a name get one.
    """
    if not step.exclude:
        return []
    weights = {tensor.name for tensor in model.graph.initializer}
    names: dict[str, set[str]] = {}
    for n, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{n}"
        given = weights.intersection(node.input)
        names[node.name] = {node.name, node.op_type, *given, *(n.rpartition(".")[0] for n in given)}
    found = []
    for pattern in step.exclude:
        hits = [node for node, known in names.items() if fnmatch.filter(known, pattern)]
        if not hits:
            raise errors.excludes_nothing(str(step), pattern, [*names][:20])
        found += hits
    return list(dict.fromkeys(found))


def _as_matmul(name: str) -> str:
    """What the library calls the MatMul that it makes of a Gemm."""
    return f"{name}_MatMul"


def _weights_only(source: Path, target: Path, step: Quantize) -> None:
    """Blocks of 4- or 8-bit weights, symmetric, in ``MatMulNBits``.

    The library converts MatMul only and passes over Gemm, which is what ``nn.Linear`` exports to, without
    a word; and its kernels are several times slower than float unless they may compute in int8
    (accuracy_level 4).
    """
    model = ONNXModel(onnx.load(source))
    excluded = _excluded(model.model, step)
    model.replace_gemm_with_matmul()
    # Shape inference stops at MatMulNBits; the shapes stored in the file then serve to count.
    work = MatMulNBitsQuantizer(
        onnx.shape_inference.infer_shapes(model.model),
        bits=int(step.scheme.removeprefix("weight-int")),
        block_size=step.block,
        is_symmetric=True,
        accuracy_level=4,
        nodes_to_exclude=[*excluded, *map(_as_matmul, excluded)],
    )
    work.process()
    work.model.clean_initializers()
    onnx.save(work.model.model, target)


def _half(source: Path, target: Path, step: Quantize) -> None:
    from onnxruntime.transformers.float16 import convert_float_to_float16

    # Inputs and outputs stay float32: a runtime is given the model's own data.
    whole = onnx.load(source)
    excluded = _excluded(whole, step) or None
    model = ONNXModel(convert_float_to_float16(whole, keep_io_types=True, node_block_list=excluded))
    model.topological_sort()  # the casts of the inputs were appended at the end
    onnx.save(model.model, target)
