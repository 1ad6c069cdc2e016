"""Quantization of TFLite files by ai-edge-quantizer."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import calibrator, qtyping, quantizer, recipe_manager
from ai_edge_quantizer.utils import qsv_utils, tfl_flatbuffer_utils

from pytest_edgebench.compressors.inputs import matched
from pytest_edgebench.compressors.quiet import quiet
from pytest_edgebench.errors import build as errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.quantize import Quantize

    Array = np.ndarray[Any, np.dtype[Any]]

ALL = qtyping.TFLOperationName.ALL_SUPPORTED
CASTABLE = (
    qtyping.TFLOperationName.FULLY_CONNECTED,
    qtyping.TFLOperationName.CONV_2D,
    qtyping.TFLOperationName.DEPTHWISE_CONV_2D,
    qtyping.TFLOperationName.CONV_2D_TRANSPOSE,
    qtyping.TFLOperationName.EMBEDDING_LOOKUP,
)

LAYERS = (
    qtyping.TFLOperationName.FULLY_CONNECTED,
    qtyping.TFLOperationName.CONV_2D,
    qtyping.TFLOperationName.DEPTHWISE_CONV_2D,
    qtyping.TFLOperationName.CONV_2D_TRANSPOSE,
)


def quantize(source: Path, target: Path, step: Quantize, samples: Mapping[str, Array]) -> None:
    """Quantize the model file `source` into `target`; static files get int8 or int16 inputs and outputs.

    Raises:
        BuildError: a pattern of `exclude` that matches no operator.
    """
    scheme = step.scheme
    channels = qtyping.QuantGranularity.CHANNELWISE
    granularity = channels if step.per_channel else qtyping.QuantGranularity.TENSORWISE
    with quiet():
        if scheme == "static-int8":
            source = _signed(source, target.with_suffix(".signed.tflite"))
        work = quantizer.Quantizer(str(source))
        ranges = None
        if scheme == "fp16":
            half = qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT)
            config = qtyping.OpQuantizationConfig(
                weight_tensor_config=half,
                compute_precision=qtyping.ComputePrecision.FLOAT,
                explicit_dequantize=True,
            )
            for operation in CASTABLE:
                work.update_quantization_recipe(
                    ".*", operation, config, quantizer.AlgorithmName.FLOAT_CASTING
                )
        elif scheme == "dynamic-int8":
            work.add_dynamic_config(".*", ALL, num_bits=8, granularity=granularity)
            # LiteRT's hybrid depthwise kernel reads a scale for each channel, also where there is only one,
            # and answers garbage without an error.
            work.add_dynamic_config(
                ".*",
                qtyping.TFLOperationName.DEPTHWISE_CONV_2D,
                num_bits=8,
                granularity=channels,
            )
        elif scheme != "static-int8":
            bits = int(scheme.removeprefix("weight-int"))
            work.add_weight_only_config(".*", ALL, num_bits=bits, granularity=granularity)
        else:
            work.add_static_config(
                ".*",
                ALL,
                activation_num_bits=16 if step.activations == "int16" else 8,
                weight_num_bits=8,
                weight_granularity=granularity,
            )
        for scope, operation in _excluded(source, step):
            work.update_quantization_recipe(
                scope, operation, algorithm_key=quantizer.AlgorithmName.NO_QUANTIZE
            )
        if scheme == "static-int8":
            ranges = _ranges(source, work.get_quantization_recipe(), samples)
        result = work.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
    target.write_bytes(bytes(result.quantized_model or b""))
    target.with_suffix(".signed.tflite").unlink(missing_ok=True)


def _excluded(source: Path, step: Quantize) -> list[tuple[str, Any]]:
    """Operators that the step's patterns match by type or name: a regular expression and the type.

    An operator is named as the quantizer names it, by its outputs.
    """
    if not step.exclude:
        return []
    model = tfl_flatbuffer_utils.read_model(str(source))
    known = []
    for graph in model.subgraphs:
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex].builtinCode
            kind = tfl_flatbuffer_utils.TFL_OP_CODE_TO_NAME.get(code)
            if kind is not None:
                known.append((tfl_flatbuffer_utils.get_op_scope(operator, graph.tensors), kind))
    found = []
    for pattern in step.exclude:
        hits = [(scope, kind) for scope, kind in known if fnmatch.filter([scope, kind.value], pattern)]
        if not hits:
            raise errors.excludes_nothing(
                str(step), pattern, [f"{kind.value} {scope}" for scope, kind in known][:20]
            )
        found += [(f"^{re.escape(scope)}$", kind) for scope, kind in hits]
    return list(dict.fromkeys(found))


def prepared(source: Path, target: Path) -> Path:
    """The file itself: its operators keep their names."""
    return source


def layers(source: Path) -> list[str]:
    """Names of the convolutions and matrix products whose weight is a constant."""
    model = tfl_flatbuffer_utils.read_model(str(source))
    found: dict[str, None] = {}
    for graph in model.subgraphs:
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex].builtinCode
            kind = tfl_flatbuffer_utils.TFL_OP_CODE_TO_NAME.get(code)
            if kind in LAYERS and model.buffers[graph.tensors[operator.inputs[1]].buffer].data is not None:
                found[tfl_flatbuffer_utils.get_op_scope(operator, graph.tensors)] = None
    return list(found)


def _ranges(source: Path, recipe: Any, samples: Mapping[str, Array]) -> Any:
    """Smallest and largest value of each tensor over all samples.

    The quantizer's own default is a moving average that keeps 95 % of the old value: the first sample then
    weighs most, and ranges of a hundred samples cut off a third of the largest outputs of a small CNN.
    """
    # One thread: the order of sums, and so the ranges, must not depend on the machine.
    work = calibrator.Calibrator(str(source), num_threads=1, qsv_update_func=qsv_utils.min_max_update)
    manager = recipe_manager.RecipeManager()
    manager.load_quantization_recipe(recipe)
    work.calibrate(_signatures(source, samples), manager)
    return work.get_model_qsvs()


def _signed(source: Path, target: Path) -> Path:
    """The file itself, or for one without signature, which cannot be calibrated, a copy that has one."""
    content = source.read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    if model.signatureDefs:
        return source
    graph = model.subgraphs[0]
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [_named(f"input_{n}", index) for n, index in enumerate(graph.inputs)]
    signature.outputs = [_named(f"output_{n}", index) for n, index in enumerate(graph.outputs)]
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    target.write_bytes(builder.Output())
    return target


def _named(name: str, index: int) -> Any:
    tensor = schema.TensorMapT()
    tensor.name, tensor.tensorIndex = name, int(index)
    return tensor


def _signatures(source: Path, samples: Mapping[str, Array]) -> dict[str, list[dict[str, Array]]]:
    """Calibration data as the quantizer wants it: signature → samples of one inference each."""
    interpreter = Interpreter(str(source))
    signature = next(iter(interpreter.get_signature_list()))
    details = interpreter.get_signature_runner(signature).get_input_details()
    # A signature lists its inputs by name; their order in the graph is the one of the interpreter's list.
    positions = {detail["index"]: n for n, detail in enumerate(interpreter.get_input_details())}
    ordered = sorted(details.items(), key=lambda item: positions[item[1]["index"]])
    arrays = matched(samples, {name: detail["dtype"] for name, detail in ordered}, source)
    count = len(next(iter(arrays.values())))
    return {signature: [{name: array[n : n + 1] for name, array in arrays.items()} for n in range(count)]}
