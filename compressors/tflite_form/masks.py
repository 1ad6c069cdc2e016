"""Attention masks: numbers that stand for minus infinity, of which a scale would leave nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDLESS = 1e30
"""Beyond this a number is of the order of float32's lowest (-3.4e38), wherever it stands."""
MASKING = 9e3
"""Beyond this it is a mask where it goes into a softmax: models use -1e4, half's lowest -65504, -1e9."""
BUILTIN = schema.BuiltinOperator
SOFTMAX = (BUILTIN.SOFTMAX, BUILTIN.LOG_SOFTMAX)
# What may lie between a mask and its softmax.
PASSING = (
    BUILTIN.ADD, BUILTIN.SUB, BUILTIN.MUL, BUILTIN.DIV, BUILTIN.SELECT, BUILTIN.SELECT_V2, BUILTIN.CAST,
    BUILTIN.RESHAPE, BUILTIN.TRANSPOSE, BUILTIN.SQUEEZE, BUILTIN.EXPAND_DIMS, BUILTIN.BROADCAST_TO,
    BUILTIN.SLICE, BUILTIN.STRIDED_SLICE, BUILTIN.CONCATENATION, BUILTIN.MINIMUM, BUILTIN.MAXIMUM,
    BUILTIN.TILE, BUILTIN.WHERE, BUILTIN.FILL,
)  # fmt: skip


def masked(model: Any, ranges: Mapping[str, Mapping[str, Any]]) -> set[tuple[int, int]]:
    """Operators that read or make a mask: number of the subgraph, and of the operator in it.

    Args:
        model: a file read by the schema's own object API.
        ranges: tensor name → its "min" and "max".
    """
    found: set[tuple[int, int]] = set()
    for at, graph in enumerate(model.subgraphs):
        region = _before_softmax(model, graph)
        masks = {i for i, tensor in enumerate(graph.tensors) if _is_mask(model, tensor, ranges, i in region)}
        masks |= _handed_on(model, graph, masks, region)
        for number, operator in enumerate(graph.operators):
            if masks.intersection(map(int, (*operator.inputs, *operator.outputs))):
                found.add((at, number))
    return found


def _before_softmax(model: Any, graph: Any) -> set[int]:
    """Tensors that reach a softmax without a product or norm between."""
    codes = [model.operatorCodes[operator.opcodeIndex].builtinCode for operator in graph.operators]
    makers = {int(i): n for n, operator in enumerate(graph.operators) for i in operator.outputs}
    todo = [int(op.inputs[0]) for op, code in zip(graph.operators, codes, strict=True) if code in SOFTMAX]
    found: set[int] = set()
    while todo:
        index = todo.pop()
        if index in found or index < 0:
            continue
        found.add(index)
        if index in makers and codes[makers[index]] in PASSING:
            todo += map(int, graph.operators[makers[index]].inputs)
    return found


def _handed_on(model: Any, graph: Any, masks: set[int], region: set[int]) -> set[int]:
    """Tensors on the way to a softmax that hold a mask, too: ranges leave numbers of that order out."""
    found = set(masks)
    for operator in graph.operators:  # in the order in which they run
        code = model.operatorCodes[operator.opcodeIndex].builtinCode
        if code in PASSING and found.intersection(map(int, operator.inputs)):
            found |= region.intersection(map(int, operator.outputs))
    return found


def _is_mask(model: Any, tensor: Any, ranges: Mapping[str, Mapping[str, Any]], in_region: bool) -> bool:
    if tensor.type != schema.TensorType.FLOAT32:
        return False
    name = tensor.name.decode() if isinstance(tensor.name, bytes) else str(tensor.name)
    data = model.buffers[tensor.buffer].data
    if data is not None and len(data):
        values = [np.frombuffer(bytes(data), np.float32)]
    elif name in ranges:
        values = [np.asarray(ranges[name][bound]) for bound in ("min", "max")]
    else:
        return False
    with np.errstate(invalid="ignore"):
        size = max(float(np.abs(each).max()) if each.size else 0.0 for each in values)
    return not size < ENDLESS or (in_region and size >= MASKING)
