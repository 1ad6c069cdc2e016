"""Quantization of ONNX files by onnxruntime's own tools."""

from __future__ import annotations

import functools
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import onnx
from onnxruntime.quantization import (
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization import matmul_nbits_quantizer as nbits
from onnxruntime.quantization.onnx_model import ONNXModel
from onnxruntime.quantization.registry import IntegerOpsRegistry, QDQRegistry, QLinearOpsRegistry

from pytest_edgebench.artifacts.inspect.onnx_names import graphs
from pytest_edgebench.compressors.build.quiet import quiet
from pytest_edgebench.compressors.build.temporaries import temporaries_in
from pytest_edgebench.compressors.engines.inputs import onnx_calls
from pytest_edgebench.compressors.onnx_form import files, one_table
from pytest_edgebench.compressors.onnx_form.attention import has_attention
from pytest_edgebench.compressors.onnx_form.bypass import read_floats
from pytest_edgebench.compressors.onnx_form.captured import keep_apart
from pytest_edgebench.compressors.onnx_form.chosen import left_out, name_nodes
from pytest_edgebench.compressors.onnx_form.errors import no_products, opset_too_low
from pytest_edgebench.compressors.onnx_form.half import beyond, converted, outputs_apart
from pytest_edgebench.compressors.onnx_form.handed_on import usual
from pytest_edgebench.compressors.onnx_form.layers import float_layers, other_dtype
from pytest_edgebench.compressors.onnx_form.masks import masked
from pytest_edgebench.compressors.onnx_form.opset import opset, raised
from pytest_edgebench.compressors.onnx_form.pairs import overrides
from pytest_edgebench.compressors.onnx_form.plain import plain
from pytest_edgebench.compressors.onnx_form.ranges import METHODS, extremes, narrowed, save
from pytest_edgebench.compressors.onnx_form.shapes import infer_shapes, inferred_in_place
from pytest_edgebench.compressors.onnx_form.shared import split, stored_twice, tables
from pytest_edgebench.compressors.onnx_form.smooth import smooth
from pytest_edgebench.compressors.onnx_form.typed import add_types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.engines.quantization import Quantization

    Array = np.ndarray[Any, np.dtype[Any]]


ENGINE = {
    "name": "onnxruntime",
    "format": "onnx",
    "usual": True,
    "libraries": ("onnx",),
    "schemes": {
        "dynamic-int8": (),
        "static-int8": (),
        "fp16": (),
        "weight-int8": (),
        "weight-int4": ("default", "rtn", "hqq", "k_quant", "gptq"),
    },
    "calibrated": ("gptq",),
    "takes": ("per_channel", "method", "percentile", "activations", "weights", "block", "keep"),
}

PER_CHANNEL_OPSET = 13  # DequantizeLinear with an axis
DYNAMIC_OPSET = 11  # DynamicQuantizeLinear; the tools raise what is older without a look at its operators
TYPES = {"int8": QuantType.QInt8, "uint8": QuantType.QUInt8, "int16": QuantType.QInt16}
# They hand on what they get, with its scale.
PASSING_ON = (
    "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Slice", "Split", "Pad", "Relu", "Clip",
    "MaxPool", "TopK", "GatherElements", "Resize",
)  # fmt: skip
PRODUCTS = ("MatMul", "Gemm", "Conv", "ConvTranspose")
RECOMMENDED = (
    'the model has attention: preset="transformer" mostly keeps more of its accuracy, since sums and norms '
    "between products stay float"
)


def quantize(
    source: Path,
    target: Path,
    asked: Quantization,
    samples: Mapping[str, Array],
    note: Callable[[str], None] = lambda text: None,
) -> None:
    """Quantize the model file `source` into `target`.

    Static files are in the QDQ form, by default with uint8 activations and int8 weights (U8S8), for which
    ONNX Runtime's CPU kernels and OpenVINO are made. With `reduce_range` weights lie in -64...64: two
    products with a uint8 then fit the 16 bits in which AVX2 and AVX-512 kernels without VNNI add them
    (2 * 255 * 64 < 2**15); those of matrix products with ``preset="transformer"`` have the finest scales with
    which neighbours fit (see `pairs`), after SmoothQuant (see `smooth`). Kernels for uint8 weights widen
    first and need no such range.

    Args:
        note: told what was done beside what was asked for.

    Raises:
        BuildError: a pattern that matches no operator; an opset that cannot be raised.
    """
    with quiet(), temporaries_in(target.parent), usual(source, target) as source:
        if asked.scheme == "fp16":
            _half(source, target, asked, note)
        elif asked.scheme.startswith("weight-"):
            _weights_only(source, target, asked, samples)
        else:
            prepared = target.with_suffix(".prepared.onnx")
            ready = _prepare(source, prepared, asked, note)
            if asked.scheme == "dynamic-int8":
                _dynamic(ready, target, asked)
            else:
                _static(ready, target, asked, samples, note)
            files.remove(prepared)
            for told in stored_twice(ready.tied, target):
                note(told)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A model as the quantizer needs it.

    Attributes:
        per_channel: whether weights get a scale for each channel.
        excluded: names of the nodes that stay float.
        tied: as of `tables`.
    """

    path: Path
    per_channel: bool
    excluded: list[str]
    tied: Mapping[str, int]


def _prepare(source: Path, prepared: Path, asked: Quantization, note: Callable[[str], None]) -> _Ready:
    """Write the model as the quantizer needs it."""
    model = plain(source)
    per_channel, before = asked.per_channel, opset(model)
    least = PER_CHANNEL_OPSET if per_channel and asked.scheme == "static-int8" else DYNAMIC_OPSET
    found, operator = raised(model, least)
    if found is None and least > DYNAMIC_OPSET:
        found, _ = raised(model, DYNAMIC_OPSET)
        per_channel = False
        note(f"one scale a weight, since its {operator} operators keep the file at opset {before}")
    if found is None:
        raise opset_too_low(asked.step, before, least, operator)
    if opset(found) > before > 0:
        note(f"opset raised from {before} to {opset(found)}")
    others = other_dtype(infer_shapes(found))
    if "" in others:
        name_nodes(found)
        others = other_dtype(infer_shapes(found))
    tied = tables(found.graph)
    given = prepared.with_suffix(".given.onnx")
    files.save(found, given)
    del model, found
    files.preprocess(given, prepared)
    whole = onnx.load(prepared)
    nested = len(list(graphs(whole.graph))) > 1
    if nested:
        keep_apart(whole)  # only now, since the optimizer above takes copies out again
    excluded = left_out(whole, asked.step, _ops(whole, asked), asked.exclude)
    unfit = _unfit(whole, asked)
    if "" in unfit:
        name_nodes(whole)
        unfit = _unfit(whole, asked)
    shared = per_channel and asked.scheme == "static-int8" and split(whole)
    if add_types(whole) or nested or excluded or unfit or shared:
        files.save(whole, prepared)  # every node that is left out has a name now
    return _Ready(prepared, per_channel, list(dict.fromkeys([*excluded, *unfit, *others])), tied)


def _unfit(model: onnx.ModelProto, asked: Quantization) -> list[str]:
    """Names of nodes that the tools would quantize into something that ONNX Runtime does not run."""
    # ONNX's own Attention is no com.microsoft one, which the tools take it for.
    found = [n.name for n in model.graph.node if n.op_type == "Attention" and n.domain in ("", "ai.onnx")]
    ranks = {tensor.name: len(tensor.dims) for tensor in model.graph.initializer}
    products = [n for n in model.graph.node if n.op_type == "MatMul"]
    if asked.scheme == "dynamic-int8":
        found += [n.name for n in products if any(ranks.get(name, 2) != 2 for name in n.input)]
    elif asked.preset:  # their results are floats, which kernels give of matrices alone
        found += [n.name for n in products if any(ranks.get(name, 2) > 2 for name in n.input)]
    return found


def _dynamic(ready: _Ready, target: Path, asked: Quantization) -> None:
    large = files.is_large(ready.path)
    if large:  # as the library does, which keeps the weights beside their turned copies
        whole = ONNXModel(onnx.load(ready.path))
        if whole.replace_gemm_with_matmul():
            whole.clean_initializers()
            files.save(whole.model, ready.path)
        del whole
    with inferred_in_place() if large else nullcontext():
        quantize_dynamic(
            ready.path,
            target,
            per_channel=ready.per_channel,
            reduce_range=asked.reduce_range and asked.weights == "int8",
            weight_type=TYPES[asked.weights],
            nodes_to_exclude=[*ready.excluded, *map(_as_matmul, ready.excluded)],
        )


def _static(
    ready: _Ready,
    target: Path,
    asked: Quantization,
    samples: Mapping[str, Array],
    note: Callable[[str], None],
) -> None:
    prepared = ready.path
    calls = functools.partial(onnx_calls, prepared, samples)
    if asked.preset:
        whole = onnx.load(prepared)
        if smooth(prepared, whole, calls, ready.excluded):
            files.save(whole, prepared)
        del whole
    found: Mapping[str, tuple[Any, ...]] = extremes(prepared, calls)
    whole = onnx.load(prepared)
    if any(not node.name for node in whole.graph.node):
        name_nodes(whole)
    if not asked.preset and not asked.ops and has_attention(whole):
        note(RECOMMENDED)
    tensors, nodes = masked(whole, found)
    if nodes:  # now the file has their names
        files.save(whole, prepared)
    floats = list(dict.fromkeys([*ready.excluded, *nodes]))
    reduced = asked.reduce_range and asked.weights == "int8"
    # The results of products are added up with floats there, and kernels give them as such.
    more: dict[str, Any] = {"OpTypesToExcludeOutputQuantization": ["MatMul", "Gemm"]} if asked.preset else {}
    if asked.preset and reduced and ready.per_channel and (asked.activations or "uint8") == "uint8":
        more["TensorQuantOverrides"] = overrides(whole, floats, QuantType.QInt8)
    del whole
    found = {name: value for name, value in found.items() if name not in tensors}
    if asked.method != "minmax":
        found = narrowed(prepared, calls, asked.method, asked.percentile, found)
    cache = save(found, asked.method, prepared.with_suffix(".ranges.json"))
    quantize_static(
        prepared,
        target,
        None,
        quant_format=QuantFormat.QDQ,
        per_channel=ready.per_channel,
        reduce_range=reduced,
        activation_type=TYPES[asked.activations or "uint8"],
        weight_type=TYPES[asked.weights],
        nodes_to_exclude=floats,
        calibrate_method=METHODS[asked.method],
        calibration_cache_path=cache,
        extra_options=more,
    )
    cache.unlink()
    if asked.preset:
        made = onnx.load(target)
        read_floats(made)
        files.save(made, target)


def prepared(source: Path, target: Path) -> Path:
    """Write `source` to `target` as the quantizer sees it, every node with a name that it keeps; `target`."""
    with quiet(), temporaries_in(target.parent):
        model = plain(source)
        given = target.with_suffix(".given.onnx")
        files.save(raised(model, PER_CHANNEL_OPSET)[0] or model, given)
        files.preprocess(given, target)
        model = onnx.load(target)
        name_nodes(model)
        files.remove(target)
        onnx.save(model, target)
    return target


def layers(source: Path, asked: Quantization) -> list[str]:
    """Names of the operators that are quantized with a scale of their own, in the order of the file."""
    model = onnx.load(source)
    out = set(left_out(model, asked.step, _ops(model, asked), asked.exclude))
    known = QDQRegistry | QLinearOpsRegistry if asked.scheme == "static-int8" else IntegerOpsRegistry
    if asked.scheme in ("fp16", "weight-int8", "weight-int4"):
        known = dict.fromkeys(PRODUCTS)
    weights = {tensor.name for tensor in model.graph.initializer}
    return [
        node.name
        for node in model.graph.node
        if node.op_type in known and node.op_type not in PASSING_ON and node.name not in out
        # Without ranges a product of two activations stays as it is.
        if asked.scheme == "static-int8" or weights.intersection(node.input)
    ]


def _ops(model: onnx.ModelProto, asked: Quantization) -> tuple[str, ...]:
    """The patterns of operators that are taken, those of a preset as far as the file has them."""
    if asked.preset is None:
        return asked.ops
    there = {node.op_type for graph in graphs(model.graph) for node in graph.node}
    taken = tuple(kind for kind in PRODUCTS if kind in there)
    if not taken:
        raise no_products(asked.step, asked.preset)
    return taken


def _as_matmul(name: str) -> str:
    """What the library calls the MatMul that it makes of a Gemm."""
    return f"{name}_MatMul"


def _weights_only(source: Path, target: Path, asked: Quantization, samples: Mapping[str, Array]) -> None:
    """Blocks of 4- or 8-bit weights in ``MatMulNBits``, by default symmetric and rounded to the nearest.

    The library converts MatMul only and passes over Gemm, which is what ``nn.Linear`` exports to, without
    a word; and its kernels are several times slower than float unless they may compute in int8
    (accuracy_level 4).
    """

    model = ONNXModel(plain(source))
    excluded = left_out(model.model, asked.step, _ops(model.model, asked), asked.exclude)
    turned = {} if excluded or asked.algorithm else one_table.turn(model.model, asked.block or 32)
    model.replace_gemm_with_matmul()
    doubles = [layer for layer in float_layers(model.model) if layer.dtype not in ("float32", "float16")]
    if doubles:
        name_nodes(model.model)
        excluded += other_dtype(infer_shapes(model.model))
    if asked.algorithm not in (None, "default", "hqq"):
        name_nodes(model.model)  # by which these know the weights that they take
    given = target.with_suffix(".given.onnx")
    if asked.algorithm == "k_quant":
        excluded += _odd_blocks(model.model, asked.block)
    if asked.algorithm == "gptq":
        files.save(model.model, given)
    # Shape inference stops at MatMulNBits; the shapes stored in the file then serve to count.
    work = nbits.MatMulNBitsQuantizer(
        infer_shapes(model.model),
        bits=int(asked.scheme.removeprefix("weight-int")),
        block_size=asked.block,
        is_symmetric=asked.algorithm not in ("hqq", "k_quant"),
        accuracy_level=4,
        nodes_to_exclude=[*excluded, *map(_as_matmul, excluded)],
        algo_config=_algorithm(asked, functools.partial(onnx_calls, given, samples)),
    )
    if asked.algorithm == "gptq":
        _left_float(work)
    work.process()
    made = ONNXModel(work.model.model)
    one_table.join(made.model, turned, int(asked.scheme.removeprefix("weight-int")), asked.block or 32)
    made.clean_initializers()
    onnx.save(made.model, target)
    if asked.algorithm == "gptq":
        files.remove(given)


def _odd_blocks(model: onnx.ModelProto, block: int | None) -> list[str]:
    """Products with an odd number of blocks a column: two zero points share a byte, and one is left over."""
    rows = {tensor.name: tensor.dims[0] for tensor in model.graph.initializer if len(tensor.dims) == 2}
    found = [(node.name, [rows[n] for n in node.input if n in rows]) for node in model.graph.node]
    return [name for name, sizes in found if sizes and -(-sizes[0] // (block or 1)) % 2]


def _left_float(work: Any) -> None:
    """GPTQ passes over what is excluded, unlike the library's other algorithms, unless this is said to it."""
    known = work._generate_q4_node_config
    work._generate_q4_node_config = lambda: {**known(), **dict.fromkeys(work.nodes_to_exclude, "fp32")}


def _algorithm(asked: Quantization, calls: Callable[[], Iterable[Mapping[str, Array]]]) -> Any:
    """The library's configuration of an algorithm by name; None for its default."""
    if asked.algorithm == "hqq":
        return nbits.HQQWeightOnlyQuantConfig(block_size=asked.block, bits=4)
    if asked.algorithm == "rtn":
        return nbits.RTNWeightOnlyQuantConfig()
    if asked.algorithm == "k_quant":
        return nbits.KQuantWeightOnlyQuantConfig()
    if asked.algorithm == "gptq":
        return nbits.GPTQWeightOnlyQuantConfig(calibration_data_reader=list(calls()))
    return None


def _half(source: Path, target: Path, asked: Quantization, note: Callable[[str], None]) -> None:
    whole = plain(source)
    outputs_apart(whole)
    excluded = left_out(whole, asked.step, _ops(whole, asked), asked.exclude)
    too_large = beyond(whole)
    if too_large:
        note(too_large)
    onnx.save(converted(whole, excluded), target)
