"""Model files made by hand, so small that every output can be worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flatbuffers
import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from pathlib import Path

TYPES = {"float32": schema.TensorType.FLOAT32, "int8": schema.TensorType.INT8}


def onnx_sum(path: Path, *, batch: int | str = "batch", dtype: int = TensorProto.FLOAT) -> Path:
    """y = a + 2 b, z = -b with a, b of shape (batch, 3); inputs in the order b, a."""
    two = numpy_helper.from_array(np.array(2, helper.tensor_dtype_to_np_dtype(dtype)), "two")
    nodes = [
        helper.make_node("Mul", ["b", "two"], ["b2"]),
        helper.make_node("Add", ["a", "b2"], ["y"]),
        helper.make_node("Neg", ["b"], ["z"]),
    ]
    inputs = [helper.make_tensor_value_info(name, dtype, [batch, 3]) for name in ("b", "a")]
    outputs = [helper.make_tensor_value_info(name, dtype, [batch, 3]) for name in ("y", "z")]
    return save_onnx(path, nodes, inputs, outputs, [two])


def onnx_layers(path: Path, *, width: int = 64, layers: int = 4) -> Path:
    """(batch, width) through `layers` matrix products: something that takes time."""
    rng = np.random.default_rng(0)
    weights, nodes, name = [], [], "x"
    for i in range(layers):
        values = rng.normal(size=(width, width)).astype(np.float32) / width**0.5
        weights.append(numpy_helper.from_array(values, f"w{i}"))
        nodes.append(helper.make_node("MatMul", [name, f"w{i}"], [f"h{i}"]))
        name = f"h{i}"
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", width])]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", width])]
    return save_onnx(path, nodes, inputs, outputs, weights)


def save_onnx(path: Path, nodes: Any, inputs: Any, outputs: Any, weights: Any) -> Path:
    graph = helper.make_graph(nodes, "g", inputs, outputs, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def tflite_sum(
    path: Path, *, dtype: str = "float32", fixed: bool = False, name: str = "serving_default_x:0"
) -> Path:
    """y = x + [1, 2, 3], shape (batch, 3); as int8 with scale 0.5, zero point -3 for x and 0.5, 4 for y."""
    quantized = dtype == "int8"
    added = np.array([2, 4, 6], np.int8) if quantized else np.array([1, 2, 3], np.float32)
    tensors = [
        _tensor(name, dtype, [1, 3], 0, -3 if quantized else None, fixed),
        _tensor("added", dtype, [3], 1, 0 if quantized else None, True),
        _tensor("Identity", dtype, [1, 3], 0, 4 if quantized else None, fixed),
    ]
    operator = schema.OperatorT()
    operator.inputs, operator.outputs = [0, 1], [2]
    operator.builtinOptionsType = schema.BuiltinOptions.AddOptions
    operator.builtinOptions = schema.AddOptionsT()
    graph = schema.SubGraphT()
    graph.tensors, graph.inputs, graph.outputs, graph.operators = tensors, [0], [2], [operator]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.ADD
    code.version = 2 if quantized else 1
    constant = schema.BufferT()
    constant.data = np.frombuffer(added.tobytes(), np.uint8)
    model = schema.ModelT()
    model.version, model.subgraphs, model.operatorCodes = 3, [graph], [code]
    model.buffers = [schema.BufferT(), constant]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(builder.Output())
    return path


def _tensor(
    name: str, dtype: str, shape: list[int], buffer: int, zero_point: int | None, fixed: bool
) -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name, tensor.type, tensor.shape, tensor.buffer = name, TYPES[dtype], shape, buffer
    if not fixed:
        tensor.shapeSignature = [-1, *shape[1:]]
    if zero_point is not None:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [0.5], [zero_point]
    return tensor
