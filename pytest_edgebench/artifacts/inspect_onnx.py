"""Count what is in an ONNX file: operations, dtypes, parameters, zeros, multiply-accumulates at batch 1."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import onnx
import onnx.external_data_helper
import onnx.inliner
import onnx.numpy_helper
import onnx.shape_inference
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from pytest_edgebench.artifacts.inspect_bits import binary
from pytest_edgebench.artifacts.inspect_nbits import unpacked
from pytest_edgebench.errors import build as errors
from pytest_edgebench.record.run import Counts

if TYPE_CHECKING:
    from pathlib import Path

CONVOLUTIONS = {"Conv", "FusedConv", "ConvInteger", "QLinearConv"}
PRODUCTS = {"Gemm", "FusedGemm", "QGemm", "MatMul", "FusedMatMul", "MatMulInteger", "QLinearMatMul"}
PRODUCTS |= {"DynamicQuantizeMatMul", "MatMulIntegerToFloat", "MatMulNBits"}
RECURRENT = {"LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"}
COMPUTE = (
    CONVOLUTIONS | PRODUCTS | RECURRENT | {"ConvTranspose", "Attention", "MultiHeadAttention", "QAttention"}
)
INTEGER = {"ConvInteger", "QLinearConv", "QGemm", "MatMulInteger", "QLinearMatMul", "DynamicQuantizeMatMul"}
INTEGER |= {"MatMulIntegerToFloat", "DynamicQuantizeLSTM", "QAttention"}
QUANTIZE, DEQUANTIZE = "QuantizeLinear", "DequantizeLinear"
# ONNX Runtime folds these between a product and its QuantizeLinear.
FOLDED = {"Relu", "Clip"}
# Position of the weight among the inputs, where it is not 1.
WEIGHT_INPUT = {"QLinearConv": 3, "QLinearMatMul": 3, "QGemm": 3}
# (tensor, zero point) positions of operators that carry a zero point.
ZERO_POINTS = {"DequantizeLinear": (0, 2), "QLinearConv": (3, 5), "QLinearMatMul": (3, 5), "QGemm": (3, 5)}
ZERO_POINTS |= {"ConvInteger": (1, 3), "MatMulInteger": (1, 3)}

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]


def count_onnx(path: Path) -> Counts:
    """Count an ``.onnx`` file.

    Raises:
        BuildError: truncated, damaged, not ONNX, or without its external data.
    """
    model = onnx.inliner.inline_local_functions(load(path))
    nodes = list(_nodes(model.graph))
    constants = {t.name: t for graph in _graphs(model.graph) for t in _constants(graph)}
    ops = Counter(_op_name(node) for node in nodes)
    shapes = {**_shapes(model), **{name: tuple(t.dims) for name, t in constants.items()}}
    scaling = {n for node in nodes if node.op_type in ZERO_POINTS for n in _scaling(node)}
    measured = {name for node in nodes if node.op_type == "DynamicQuantizeLinear" for name in node.output}
    scaling |= {n for node in nodes if node.op_type == "Mul" and measured & {*node.input} for n in node.input}
    weight_bytes: Counter[str] = Counter()
    parameters = zeros = 0
    zero_points = _zero_points(nodes, constants)
    blocks = {node.input[1]: node for node in nodes if node.op_type == "MatMulNBits"}
    scaling |= {name for node in blocks.values() for name in node.input[2:4]}
    signs, helpers = binary(nodes, constants)
    scaling |= helpers
    for name, tensor in constants.items():
        elements = math.prod(tensor.dims)
        if name in blocks:
            packed = unpacked(blocks[name], constants)
            weight_bytes[packed.dtype] += elements
            parameters += packed.elements
            zeros += packed.zeros
            continue
        if name in signs:
            weight_bytes["binary"] += elements
            parameters += signs[name]
            continue
        weight_bytes[_dtype(tensor)] += _bytes(tensor, elements)
        # Shapes and indices (int64, bool), scales and zero points are constants but no parameters.
        if name in scaling or tensor.data_type in (onnx.TensorProto.INT64, onnx.TensorProto.BOOL):
            continue
        parameters += elements
        if len(tensor.dims) >= 2:
            zeros += int((onnx.numpy_helper.to_array(tensor) == zero_points.get(name, 0)).sum())
    makers = {output: node for node in nodes for output in node.output}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in nodes:
        for name in node.input:
            users.setdefault(name, []).append(node)
    return Counts(
        ops=dict(sorted(ops.items())),
        float_ops=sum(n.op_type in COMPUTE and _is_float(n, makers, users) for n in nodes),
        weight_bytes=dict(sorted(weight_bytes.items())),
        parameters=parameters,
        zeros=zeros,
        macs=sum(_macs(node, shapes) for node in nodes),
    )


def load(path: Path) -> onnx.ModelProto:
    """Read a model with its external data.

    Raises:
        BuildError: truncated, damaged, not ONNX, or without its external data.
    """
    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as cause:
        raise errors.damaged(path, "ONNX", "its protobuf ends early or is none") from cause
    if not model.graph.node or not model.opset_import:
        raise errors.damaged(path, "ONNX", "it has no graph")
    for name, needed in _external(model).items():
        file = path.parent / name
        if not file.is_file() or file.stat().st_size < needed:
            raise errors.no_external_data(path, name)
    try:
        onnx.load_external_data_for_model(model, str(path.parent))
    except (OSError, ValueError) as cause:
        raise errors.damaged(path, "ONNX", str(cause).splitlines()[0]) from cause
    return model


def side_files(path: Path) -> tuple[str, ...]:
    """Files, relative to the model's folder, that hold its external data."""
    return tuple(sorted(_external(onnx.load(path, load_external_data=False))))


def _external(model: onnx.ModelProto) -> dict[str, int]:
    """External file → bytes it must at least have."""
    needed: dict[str, int] = {}
    for tensor in onnx.external_data_helper._get_all_tensors(model):
        if onnx.external_data_helper.uses_external_data(tensor):
            info = onnx.external_data_helper.ExternalDataInfo(tensor)
            end = int(info.offset or 0) + int(info.length or 0)
            needed[info.location] = max(needed.get(info.location, 0), end)
    return needed


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and the bodies of its If, Loop and Scan nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for body in (*((attribute.g,) if attribute.HasField("g") else ()), *attribute.graphs):
                yield from _graphs(body)


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    return (node for g in _graphs(graph) for node in g.node)


def _constants(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            tensor = onnx.TensorProto()
            tensor.CopyFrom(node.attribute[0].t)
            tensor.name = node.output[0]
            yield tensor


def _scaling(node: onnx.NodeProto) -> Iterator[str]:
    """Names of the scales and zero points of a quantized operator."""
    data = {0, 1} if node.op_type in ("ConvInteger", "MatMulInteger") else {0}
    data |= {3, 8} if node.op_type == "QLinearConv" else {3} if node.op_type == "QLinearMatMul" else set()
    data |= {3, 6} if node.op_type == "QGemm" else set()
    return (name for i, name in enumerate(node.input) if i not in data)


def _zero_points(nodes: list[onnx.NodeProto], constants: Mapping[str, onnx.TensorProto]) -> dict[str, int]:
    """Weight → the number that stands for 0 (the first, where each channel has one)."""
    found = {}
    for node in nodes:
        at, zero = ZERO_POINTS.get(node.op_type, (0, 99))
        if len(node.input) > zero and node.input[zero] in constants:
            values = onnx.numpy_helper.to_array(constants[node.input[zero]])
            found[node.input[at]] = int(values.reshape(-1)[0]) if values.size else 0
    return found


def _is_float(
    node: onnx.NodeProto, makers: Mapping[str, onnx.NodeProto], users: Mapping[str, list[onnx.NodeProto]]
) -> bool:
    """Whether a compute operator multiplies floats.

    In the QDQ form an operator between DequantizeLinear and QuantizeLinear is run on integers.
    """
    if node.op_type in INTEGER:
        return False
    factors = [makers.get(name) for name in node.input[:2]]
    if any(maker is None or maker.op_type != DEQUANTIZE for maker in factors):
        return True
    output = node.output[0]
    while len(users.get(output, ())) == 1 and users[output][0].op_type in FOLDED:
        output = users[output][0].output[0]
    return not any(user.op_type == QUANTIZE for user in users.get(output, ()))


def _macs(node: onnx.NodeProto, shapes: Shapes) -> int:
    """Multiply-accumulates of one node; 0 where a shape is unknown."""
    if node.op_type not in COMPUTE:
        return 0
    data = shapes.get(node.input[0])
    at = WEIGHT_INPUT.get(node.op_type, 1)
    weight = shapes.get(node.input[at]) if len(node.input) > at else None
    output = shapes.get(node.output[0])
    if data is None or weight is None:
        return 0
    if node.op_type == "ConvTranspose":  # weight: in, out / group, taps...
        return math.prod(data) * math.prod(weight[1:])
    if node.op_type in RECURRENT:  # data: steps, batch, features; weight: directions, gates, features
        recurrent = shapes.get(node.input[2], ())
        return data[0] * data[1] * (math.prod(weight) + math.prod(recurrent))
    if output is None:
        return 0
    if node.op_type in CONVOLUTIONS:  # weight: out, in / group, taps...
        return math.prod(output) * math.prod(weight[1:])
    if node.op_type in PRODUCTS:
        transposed = any(a.name == "transA" and a.i for a in node.attribute)
        return math.prod(output) * data[-2 if transposed and len(data) > 1 else -1]
    return 0


def _shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """Shapes of all values at batch 1: every symbolic dimension of the inputs is 1.

    Inference stops at operators it does not know; behind them the shapes stored in the file serve.
    """
    stored = {v.name: v for g in _graphs(model.graph) for v in g.value_info}
    for graph in _graphs(model.graph):
        for value in (*graph.input, *stored.values()):
            for dimension in value.type.tensor_type.shape.dim:
                if not dimension.HasField("dim_value"):
                    dimension.dim_value = 1
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    for value in bare.graph.output:
        value.type.tensor_type.ClearField("shape")
    del bare.graph.value_info[:]
    known = _inferred(bare)
    missing = [v for name, v in stored.items() if name not in known]
    if missing:
        bare.graph.value_info.extend(missing)
        known = _inferred(bare)
    return known


def _inferred(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    # It fails over 2 GB and on contradictions: what the file says must then do.
    with contextlib.suppress(onnx.shape_inference.InferenceError, ValueError):
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    shapes = {}
    for graph in _graphs(model.graph):
        for value in (*graph.input, *graph.output, *graph.value_info):
            dims = value.type.tensor_type.shape.dim
            if value.type.tensor_type.HasField("shape") and all(d.HasField("dim_value") for d in dims):
                shapes[value.name] = tuple(d.dim_value for d in dims)
    return shapes


def _op_name(node: onnx.NodeProto) -> str:
    return f"{node.domain}:{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type


def _dtype(tensor: onnx.TensorProto) -> str:
    name: str = onnx.TensorProto.DataType.Name(tensor.data_type).lower()
    return {"float": "float32", "double": "float64"}.get(name, name)


def _bytes(tensor: onnx.TensorProto, elements: int) -> int:
    bits = {"int4": 4, "uint4": 4, "int2": 2, "uint2": 2, "float4e2m1": 4, "string": 0}.get(_dtype(tensor))
    if bits is None:
        return elements * np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)).itemsize
    return math.ceil(elements * bits / 8)
