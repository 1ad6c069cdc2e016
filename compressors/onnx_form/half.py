"""A model in half precision: what it holds as halves, what stays float, and how they are stored."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.external_data_helper import _get_all_tensors

from pytest_edgebench.artifacts.inspect.onnx_names import graphs
from pytest_edgebench.artifacts.inspect.onnx_rules.table import FUSED
from pytest_edgebench.compressors.onnx_form.chosen import name_nodes
from pytest_edgebench.compressors.onnx_form.opset import opset
from pytest_edgebench.compressors.onnx_form.shapes import infer_shapes


def converted(model: onnx.ModelProto, excluded: list[str]) -> onnx.ModelProto:
    """The model in halves, all but the nodes `excluded`; `model` is of no further use.

    Inputs and outputs stay float32: a runtime is given the model's own data.
    """
    from onnxruntime.quantization.onnx_model import ONNXModel
    from onnxruntime.transformers.float16 import convert_float_to_float16

    integers = kept_float(model)
    half = convert_float_to_float16(
        infer_shapes(model),
        keep_io_types=True,
        disable_shape_infer=True,
        node_block_list=[*excluded, *integers] or None,
    )
    made = ONNXModel(half)
    made.topological_sort()  # the casts of the inputs were appended at the end
    store_raw(made.model)
    if integers:
        straight(made.model)
    found: onnx.ModelProto = made.model
    return found


def store_raw(model: onnx.ModelProto) -> None:
    """Rewrite, in place, halves that stand in lists of integers, where each takes up to three bytes."""
    for tensor in _get_all_tensors(model):
        if tensor.data_type == onnx.TensorProto.FLOAT16 and tensor.int32_data:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name))


LARGEST = 65504.0
FLOAT, HALF = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16


def outputs_apart(model: onnx.ModelProto) -> None:
    """Have, in place, an operator make each output that is a weight as well.

    The converter puts a cast before each output, and would feed it what it makes.
    """
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    for output in model.graph.output:
        if output.name not in weights:
            continue
        name = f"{output.name}@weight"
        weights[output.name].name = name
        for node in model.graph.node:
            node.input[:] = [name if each == output.name else each for each in node.input]
        model.graph.node.append(onnx.helper.make_node("Identity", [name], [output.name]))


HALF_SCALES = 19  # the first version of ONNX whose QuantizeLinear and DequantizeLinear take them
QUANTIZING = ("QuantizeLinear", "DequantizeLinear")
# They take and give floats of 32 bits alone.
WHOLE_FLOATS = (
    "DynamicQuantizeLinear", "DynamicQuantizeLSTM", "DynamicQuantizeMatMul", "QAttention", "AffineGrid",
)  # fmt: skip
SUMS = ("MatMulInteger", "ConvInteger")


def kept_float(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes that have no form with halves, though the converter would write one."""
    nodes = [node for graph in graphs(model.graph) for node in graph.node]
    if not any(node.op_type in (*QUANTIZING, *WHOLE_FLOATS, *SUMS) for node in nodes):
        return []
    name_nodes(model)
    makers = {name: node.op_type for node in nodes for name in node.output}
    makers |= {node.output[0]: "sums" for node in nodes if makers.get(next(iter(node.input), "")) in SUMS}
    found = [node.name for node in nodes if node.op_type in WHOLE_FLOATS]
    # Sums of integers are larger than halves, until they are multiplied by a scale.
    scaled = {"sums", "DynamicQuantizeLinear"}
    found += [n.name for n in nodes if n.op_type == "Mul" and scaled & {makers.get(name) for name in n.input}]
    found += [node.name for node in nodes if makers.get(next(iter(node.output), "")) == "sums"]
    if opset(model) < HALF_SCALES:
        # Products of quantized factors run on integers, and would not between casts.
        found += [
            node.name
            for node in nodes
            if node.op_type in QUANTIZING
            or (
                node.op_type in FUSED
                and {makers.get(name) for name in node.input[:2]} == {"DequantizeLinear"}
            )
        ]
    return found


def straight(model: onnx.ModelProto) -> None:
    """Let the nodes of a graph that were kept float hand on floats, in place.

    The converter puts two casts between any two of them, by way of a half.
    """
    makers = {name: node for node in model.graph.node for name in node.output}
    past: dict[str, str] = {}
    for node in model.graph.node:
        before = makers.get(node.input[0]) if node.op_type == "Cast" and _to(node) == FLOAT else None
        if before is not None and before.op_type == "Cast" and _to(before) == HALF:
            past[node.output[0]] = before.input[0]
    for node in model.graph.node:
        node.input[:] = [past.get(name, name) for name in node.input]
    read = {name for each in graphs(model.graph) for node in each.node for name in node.input}
    read |= {value.name for value in model.graph.output}
    while unread := [n for n in model.graph.node if n.op_type == "Cast" and n.output[0] not in read]:
        for node in unread:
            model.graph.node.remove(node)
        read = {name for each in graphs(model.graph) for node in each.node for name in node.input}
        read |= {value.name for value in model.graph.output}


def _to(node: onnx.NodeProto) -> int:
    return next(int(attribute.i) for attribute in node.attribute if attribute.name == "to")


def beyond(model: onnx.ModelProto) -> str:
    """Which weights have numbers that no half reaches, and how many; "" for none."""
    found: dict[str, int] = {}
    for tensor in _get_all_tensors(model):
        if tensor.data_type == onnx.TensorProto.FLOAT:
            values = numpy_helper.to_array(tensor)
            count = int(((np.abs(values) > LARGEST) & np.isfinite(values)).sum())
            if count:
                found[tensor.name or "a constant"] = count
    if not found:
        return ""
    named = ", ".join(f"{name} ({count:,})" for name, count in [*found.items()][:5])
    return f"numbers beyond 65,504, the largest half, became that: {named}"
