"""Binary weights in ONNX files: packed bits, expanded by BitShift, Cast and Where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from pytest_edgebench.artifacts.inspect.onnx_file import load
from pytest_edgebench.compressors import errors
from pytest_edgebench.compressors.binary_weights import binary_of, check_patterns

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.binary_weights import Asked

    Array = np.ndarray[Any, np.dtype[Any]]

OPSET = 14  # BitShift came with 11, Reshape and Where of all types with 13 and 14
SHIFTS, SEVEN = "binary.shifts", "binary.seven"


def binarize(source: Path, target: Path, asked: Asked) -> dict[str, tuple[int, int]]:
    """Binarize the weights of the model file `source` into `target`.

    Bit k of a byte, shifted left by 7 - k (which drops the bits above it) and then right by 7, is 0 or 1.

    Returns:
        Weight → its bytes as floats, and as signs and scales.

    Raises:
        BuildError: a pattern of `exclude` that matches no weight, an opset before 14, NaN in a weight.
    """
    model = load(source)
    weights = _weights(model.graph)
    check_patterns(asked, list(weights))
    opset = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    added: list[onnx.NodeProto] = []
    done: dict[str, tuple[int, int]] = {}
    for name, axis in weights.items():
        values = numpy_helper.to_array(tensors[name])
        found = binary_of(asked, name, values, axis)
        if found is None:
            continue
        if opset < OPSET:
            raise errors.old_opset(asked.step, opset, OPSET)
        bits, scale = found
        added += _expanding(model.graph, name, values, bits, scale)
        model.graph.initializer.remove(tensors[name])
        done[name] = values.nbytes, bits.nbytes + scale.nbytes
    if done:
        _constant(model.graph, SHIFTS, np.arange(7, -1, -1, dtype=np.uint8)[None])
        _constant(model.graph, SEVEN, np.array([7], np.uint8))
        nodes = list(model.graph.node)
        del model.graph.node[:]
        model.graph.node.extend([*added, *nodes])
    onnx.save(model, target)
    return done


def _weights(graph: onnx.GraphProto) -> dict[str, int]:
    """Float weight → axis of its channels, of those that are used in one way only."""
    known = {
        t.name: len(t.dims) for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT and t.dims
    }
    given = {value.name for value in (*graph.input, *graph.output)}
    axes: dict[str, int] = {}
    spoiled: set[str] = set(given)
    for node in graph.node:
        for at, name in enumerate(node.input):
            if name not in known:
                continue
            axis = _axis(node, known[name]) if at == 1 else None
            if axis is None or axes.setdefault(name, axis) != axis:
                spoiled.add(name)
        for attribute in node.attribute:  # a body may read the outer graph's tensors
            for body in (*((attribute.g,) if attribute.HasField("g") else ()), *attribute.graphs):
                spoiled.update(name for inner in body.node for name in inner.input)
    return {name: axis for name, axis in axes.items() if name not in spoiled}


def _axis(node: onnx.NodeProto, rank: int) -> int | None:
    """Axis of the output channels of a node's weight, which is its second input; None where it has none."""
    if node.op_type == "Conv":
        return 0
    if node.op_type == "Gemm" and rank == 2:
        return 0 if any(a.name == "transB" and a.i for a in node.attribute) else 1
    if node.op_type == "MatMul" and rank >= 2:
        return rank - 1
    return None


def _expanding(
    graph: onnx.GraphProto, name: str, values: Array, bits: Array, scale: Array
) -> list[onnx.NodeProto]:
    """Nodes that make the weight `name` again from constants, which are added to the graph."""
    shape = np.array(values.shape, np.int64)
    _constant(graph, f"{name}.signs", bits)
    _constant(graph, f"{name}.scale", scale)
    _constant(graph, f"{name}.shape", shape)
    made: list[onnx.NodeProto] = []

    def add(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        made.append(helper.make_node(kind, inputs, [output], name=f"{output}.{kind.lower()}", **attributes))
        return output

    left = add("BitShift", [f"{name}.signs", SHIFTS], f"{name}.left", direction="LEFT")
    right = add("BitShift", [left, SEVEN], f"{name}.right", direction="RIGHT")
    positive = add("Cast", [right], f"{name}.positive", to=onnx.TensorProto.BOOL)
    if values.size % 8:  # the last byte is not full
        _constant(graph, f"{name}.flat", np.array([-1], np.int64))
        _constant(graph, f"{name}.start", np.array([0], np.int64))
        _constant(graph, f"{name}.end", np.array([values.size], np.int64))
        flat = add("Reshape", [positive, f"{name}.flat"], f"{name}.all")
        positive = add("Slice", [flat, f"{name}.start", f"{name}.end"], f"{name}.used")
    shaped = add("Reshape", [positive, f"{name}.shape"], f"{name}.shaped")
    above = f"{name}.scale"
    if scale.dtype != np.float32:
        above = add("Cast", [above], f"{name}.above", to=onnx.TensorProto.FLOAT)
    below = add("Neg", [above], f"{name}.below")
    add("Where", [shaped, above, below], name)
    return made


def _constant(graph: onnx.GraphProto, name: str, value: Array) -> None:
    if all(tensor.name != name for tensor in graph.initializer):
        graph.initializer.append(numpy_helper.from_array(value, name))
