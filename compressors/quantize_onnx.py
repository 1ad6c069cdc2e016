"""Quantization of ONNX files by onnxruntime's own tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from pytest_edgebench.artifacts.inspect_onnx import side_files
from pytest_edgebench.compressors.inputs import matched
from pytest_edgebench.compressors.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def quantize(
    source: Path,
    target: Path,
    scheme: str,
    *,
    per_channel: bool,
    reduce_range: bool,
    samples: Mapping[str, Array],
) -> None:
    """Quantize the model file `source` into `target`.

    Static files are in the QDQ form with uint8 activations and int8 weights (U8S8), for which ONNX
    Runtime's CPU kernels and OpenVINO are made. With `reduce_range` weights lie in -64...64: two products
    with a uint8 then fit the 16 bits in which AVX2 and AVX-512 kernels without VNNI add them
    (2 * 255 * 64 < 2**15).
    """
    with quiet():
        if scheme == "fp16":
            _half(source, target)
            return
        prepared = target.with_suffix(".prepared.onnx")
        if side_files(source):  # the tools below lose sight of them
            onnx.save(onnx.load(source), prepared)
            source = prepared
        # Folds batch norms and infers shapes; the symbolic inference would need sympy and is not needed here.
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        if scheme == "dynamic-int8":
            quantize_dynamic(
                prepared,
                target,
                per_channel=per_channel,
                reduce_range=reduce_range,
                weight_type=QuantType.QInt8,
            )
        else:
            quantize_static(
                prepared,
                target,
                _Reader(prepared, samples),
                quant_format=QuantFormat.QDQ,
                per_channel=per_channel,
                reduce_range=reduce_range,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        prepared.unlink()


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


def _half(source: Path, target: Path) -> None:
    from onnxruntime.quantization.onnx_model import ONNXModel
    from onnxruntime.transformers.float16 import convert_float_to_float16

    # Inputs and outputs stay float32: a runtime is given the model's own data.
    model = ONNXModel(convert_float_to_float16(onnx.load(source), keep_io_types=True))
    model.topological_sort()  # the casts of the inputs were appended at the end
    onnx.save(model.model, target)
