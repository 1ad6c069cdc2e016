"""What NNCF writes and ONNX Runtime 1.32 does not take, or takes wrongly, written as it takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect.onnx_names import graphs

if TYPE_CHECKING:
    import onnx

BIAS = 5
"""Which input of MatMulNBits is the bias."""


def repair(model: onnx.ModelProto) -> None:
    """Repair a quantized model, in place."""
    for graph in graphs(model.graph):
        _flat_scales(graph)
        _bias_once(graph)


def _flat_scales(graph: onnx.GraphProto) -> None:
    """Scales along an axis have one dimension; NNCF gives those of convolutions the rank of the weight."""
    known = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        blocks = any(attribute.name == "block_size" and attribute.i for attribute in node.attribute)
        if node.op_type != "DequantizeLinear" or blocks:
            continue
        for name in node.input[1:]:
            tensor = known.get(name)
            if tensor is not None and len(tensor.dims) > 1:
                count = max(tensor.dims)
                del tensor.dims[:]
                tensor.dims.append(count)


def _bias_once(graph: onnx.GraphProto) -> None:
    """A bias that MatMulNBits has as an input is not added again after it: NNCF 3.4 leaves both.

    The kernel may compute in int8 (accuracy_level 4), without which it is several times slower than float.
    """
    added = {name: set(node.input) for node in graph.node if node.op_type == "Add" for name in node.input}
    for node in graph.node:
        if node.op_type != "MatMulNBits":
            continue
        for attribute in node.attribute:
            if attribute.name == "accuracy_level":
                attribute.i = 4
        if len(node.input) > BIAS and node.input[BIAS] in added.get(node.output[0], ()):
            del node.input[BIAS:]
            while not node.input[-1]:
                del node.input[-1]
