"""Quantization of ONNX files by NNCF."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import onnx

from pytest_edgebench.compressors.build.quiet import quiet
from pytest_edgebench.compressors.build.temporaries import temporaries_in
from pytest_edgebench.compressors.engines.inputs import onnx_calls
from pytest_edgebench.compressors.onnx_form import files
from pytest_edgebench.compressors.onnx_form.chosen import left_out, name_nodes
from pytest_edgebench.compressors.onnx_form.errors import opset_too_low
from pytest_edgebench.compressors.onnx_form.handed_on import usual
from pytest_edgebench.compressors.onnx_form.layers import other_dtype
from pytest_edgebench.compressors.onnx_form.masks import masked
from pytest_edgebench.compressors.onnx_form.opset import opset, raised
from pytest_edgebench.compressors.onnx_form.plain import plain
from pytest_edgebench.compressors.onnx_form.ranges import extremes
from pytest_edgebench.compressors.onnx_form.repaired import repair
from pytest_edgebench.compressors.onnx_form.shapes import infer_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.engines.quantization import Quantization

    Array = np.ndarray[Any, np.dtype[Any]]

ENGINE = {
    "name": "nncf",
    "format": "onnx",
    "extra": "nncf",
    "libraries": ("onnx", "onnxruntime"),
    "schemes": {
        "static-int8": ("fast-bias-correction", "bias-correction", "no-bias-correction"),
        "weight-int8": (),
        "weight-int4": ("minmax", "awq", "scale-estimation"),
    },
    "calibrated": ("awq", "scale-estimation"),
    "takes": ("per_channel", "block"),
}
LEAST_OPSET = 13  # scales for each channel
SMALLEST_BLOCK = 16  # of MatMulNBits
SILENT = "NNCF_CI"
"""Without it NNCF tells its makers over the network what it is used for, wherever pytest is not loaded."""


def quantize(
    source: Path,
    target: Path,
    asked: Quantization,
    samples: Mapping[str, Array],
    note: Callable[[str], None] = lambda text: None,
) -> None:
    """Quantize the model file `source` into `target`.

    Static files have the transformer mode and SmoothQuant with ``preset="transformer"``. Weights alone are
    held by DequantizeLinear (8 bits), of convolutions and embeddings too, or by MatMulNBits (4 bits).

    Args:
        note: told what was done beside what was asked for.

    Raises:
        BuildError: a pattern that matches no operator; an opset that cannot be raised.
    """
    from onnxruntime.quantization.onnx_model import ONNXModel

    with quiet(), temporaries_in(target.parent), _untold(), usual(source, target) as source:
        prepared = target.with_suffix(".prepared.onnx")
        model, out = _prepare(source, prepared, asked, note)
        if asked.scheme == "static-int8":
            ranges = extremes(prepared, lambda: onnx_calls(prepared, samples))
            out += masked(model, ranges)[1]
            made = _static(model, asked, out, list(onnx_calls(prepared, samples)))
        else:
            out += _written_wrongly(model, asked)
            made = _weights(model, asked, out, list(onnx_calls(prepared, samples)) if samples else [])
        repair(made)
        written = ONNXModel(made)
        written.clean_initializers()
        onnx.save(written.model, target)
        files.remove(prepared)


def _prepare(
    source: Path, prepared: Path, asked: Quantization, note: Callable[[str], None]
) -> tuple[onnx.ModelProto, list[str]]:
    """Write the model with all weights as initialisers and every node named; what stays float by its name."""
    from onnxruntime.quantization.onnx_model import ONNXModel

    model = plain(source)
    before = opset(model)
    found, operator = raised(model, LEAST_OPSET)
    if found is None:
        raise opset_too_low(asked.step, before, LEAST_OPSET, operator)
    if opset(found) > before:
        note(f"opset raised from {before} to {opset(found)}")
    given = prepared.with_suffix(".given.onnx")
    files.save(found, given)
    files.preprocess(given, prepared)
    whole = ONNXModel(onnx.load(prepared))
    name_nodes(whole.model)
    out = left_out(whole.model, asked.step, asked.ops, asked.exclude)
    out += other_dtype(infer_shapes(whole.model))
    whole.replace_gemm_with_matmul()  # its weight compression knows no Gemm
    whole.clean_initializers()
    files.save(whole.model, prepared)
    known = {node.name for node in whole.model.graph.node}
    return whole.model, [name for each in out for name in (each, f"{each}_MatMul") if name in known]


def _static(model: onnx.ModelProto, asked: Quantization, out: list[str], calls: list[Any]) -> onnx.ModelProto:
    import nncf
    from nncf.quantization import advanced_parameters as advanced
    from nncf.quantization.range_estimator import RangeEstimatorParametersSet

    parameters = advanced.AdvancedQuantizationParameters(
        overflow_fix=advanced.OverflowFix.ENABLE if asked.reduce_range else advanced.OverflowFix.DISABLE,
        disable_bias_correction=asked.algorithm == "no-bias-correction",
        # Its default is a mean of the samples' ranges, which cuts off the largest values of half of them.
        activations_range_estimator_params=RangeEstimatorParametersSet.MINMAX,
        weights_quantization_params=advanced.QuantizationParameters(per_channel=asked.per_channel),
    )
    made: onnx.ModelProto = nncf.quantize(
        model,
        nncf.Dataset(calls),
        subset_size=len(calls),
        fast_bias_correction=asked.algorithm != "bias-correction",
        model_type=nncf.ModelType.TRANSFORMER if asked.preset else None,
        ignored_scope=nncf.IgnoredScope(names=list(dict.fromkeys(out))),
        advanced_parameters=parameters,
    )
    return made


def _weights(
    model: onnx.ModelProto, asked: Quantization, out: list[str], calls: list[Any]
) -> onnx.ModelProto:
    import nncf
    from nncf.quantization import advanced_parameters as advanced

    modes = nncf.CompressWeightsMode
    options: dict[str, Any] = {"mode": modes.INT8_SYM}
    if _in_four_bits(asked):
        options = {"mode": modes.INT4_SYM, "group_size": asked.block, "all_layers": True}
        options["awq"] = asked.algorithm == "awq"
        # Weights whose columns are no multiple of a block get smaller blocks, or stay float.
        fallback = advanced.GroupSizeFallbackMode.ADJUST
        options["advanced_parameters"] = advanced.AdvancedCompressionParameters(
            group_size_fallback_mode=fallback, min_adjusted_group_size=SMALLEST_BLOCK
        )
        options["backup_mode"] = nncf.BackupMode.NONE
        options["scale_estimation"] = asked.algorithm == "scale-estimation"
    if calls:
        options |= {"dataset": nncf.Dataset(calls), "subset_size": len(calls)}
    scope = nncf.IgnoredScope(names=list(dict.fromkeys(out)))
    made: onnx.ModelProto = nncf.compress_weights(model, ignored_scope=scope, **options)
    return made


def _in_four_bits(asked: Quantization) -> bool:
    return asked.scheme == "weight-int4"


def _written_wrongly(model: onnx.ModelProto, asked: Quantization) -> list[str]:
    """Names of nodes of which NNCF 3.4 makes what ONNX does not allow.

    Of embeddings in 4 bits it makes products, and of weights with other axes than a matrix or an image's
    convolution 8-bit ones whose scales lie along two axes.
    """
    ranks = {tensor.name: len(tensor.dims) for tensor in model.graph.initializer}
    found = []
    for node in model.graph.node:
        rank = max((ranks.get(name, 0) for name in node.input), default=0)
        embedding = node.op_type == "Gather" and _in_four_bits(asked)
        if embedding or (node.op_type != "Gather" and rank > 2 and (node.op_type, rank) != ("Conv", 4)):
            found.append(node.name)
    return found


@contextmanager
def _untold() -> Iterator[None]:
    before = os.environ.get(SILENT)
    os.environ[SILENT] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SILENT]
        else:
            os.environ[SILENT] = before
