"""Shapes of a model's tensors, inferred without its weights: onnx's own call copies those three times."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

import onnx
from onnxruntime.quantization import onnx_quantizer

from pytest_edgebench.artifacts.inspect.onnx_names import graphs

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = 1024
"""Elements of a constant beyond which no shape depends on its values."""


def infer_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Add the shapes of a model's tensors, in place; `model`."""
    if len(list(graphs(model.graph))) > 1:
        return onnx.shape_inference.infer_shapes(model)  # bodies have shapes of their own
    graph = model.graph
    bare = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    bare.graph.CopyFrom(
        onnx.GraphProto(
            name=graph.name,
            node=graph.node,
            input=graph.input,
            output=graph.output,
            value_info=graph.value_info,
        )
    )
    for tensor in graph.initializer:
        if math.prod(tensor.dims) <= LARGE:
            bare.graph.initializer.add().CopyFrom(tensor)
        else:
            given = onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
            bare.graph.input.append(given)
    inferred = onnx.shape_inference.infer_shapes(bare).graph
    for ours, found in ((graph.value_info, inferred.value_info), (graph.output, inferred.output)):
        del ours[:]
        ours.extend(found)
    return model


@contextmanager
def inferred_in_place() -> Iterator[None]:
    """While it lasts, onnxruntime's dynamic quantizer infers shapes in the model that it has.

    It otherwise copies the model, writes it and reads it again, and holds both until the end.
    """
    known = onnx_quantizer.save_and_reload_model_with_shape_infer
    onnx_quantizer.save_and_reload_model_with_shape_infer = infer_shapes
    try:
        yield
    finally:
        onnx_quantizer.save_and_reload_model_with_shape_infer = known
