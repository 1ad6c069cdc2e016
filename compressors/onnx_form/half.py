"""Halves stored as their own two bytes."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.external_data_helper import _get_all_tensors


def store_raw(model: onnx.ModelProto) -> None:
    """Rewrite, in place, halves that stand in lists of integers, where each takes up to three bytes."""
    for tensor in _get_all_tensors(model):
        if tensor.data_type == onnx.TensorProto.FLOAT16 and tensor.int32_data:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name))


LARGEST = 65504.0


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


def beyond(model: onnx.ModelProto) -> str:
    """Which weights have numbers that no half reaches, and how many; "" for none."""
    found: dict[str, int] = {}
    for tensor in _get_all_tensors(model):
        if tensor.data_type == onnx.TensorProto.FLOAT:
            count = int((np.abs(numpy_helper.to_array(tensor)) > LARGEST).sum())
            if count:
                found[tensor.name or "a constant"] = count
    if not found:
        return ""
    named = ", ".join(f"{name} ({count:,})" for name, count in [*found.items()][:5])
    return f"numbers beyond 65,504, the largest half, became that: {named}"
