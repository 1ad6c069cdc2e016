"""Work that is left in a graph without channels whose weights are all zero: some software drops them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from pytest_edgebench.artifacts.inspect.tflite_file import Graph, Operator

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

COMPUTES = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"})
KEEPS = frozenset(
    {"PAD", "AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN", "RELU", "RELU6", "RELU_N1_TO_1", "RESHAPE", "QUANTIZE"}
)
"""Operators that leave each channel, the last axis, to itself."""


def shares(graph: Graph) -> dict[int, tuple[float, float]]:
    """Place of an operator → the shares of its products and of its outputs that are left.

    A channel is dropped when all weights that lead to it from channels that are left are zero: its value is
    then its bias, whatever the input. Operators without dropped channels are left out.
    """
    import numpy as np

    dead: dict[int, Mask] = {}
    found = {}
    for place, operator in enumerate(graph.operators):
        if not operator.inputs or not operator.outputs:
            continue
        source, out = operator.inputs[0], operator.outputs[0]
        last = graph.shape(out)[-1:] or (0,)
        products = 1.0
        if (weights := _int8_weights(graph, operator)) is not None:
            before = dead.get(source)
            if operator.name == "DEPTHWISE_CONV_2D":
                gone: Mask = np.asarray(~weights.any(axis=tuple(range(weights.ndim - 1))))
                many = len(gone) // len(before) if before is not None and len(before) else 0
                if before is not None and many * len(before) == len(gone):
                    gone = gone | np.repeat(before, many)
                products = 1 - float(gone.mean())
            else:
                flat = weights.reshape(weights.shape[0], -1, weights.shape[-1])
                unread: Mask = np.asarray(~flat.any(axis=(0, 1)))
                if before is not None and len(before) == len(unread):
                    unread = unread | before
                gone = np.asarray(~flat[:, :, ~unread].any(axis=(1, 2)))
                products = (1 - float(gone.mean())) * (1 - float(unread.mean()))
            if gone.shape == last and gone.any():
                dead[out] = gone
        elif operator.name in KEEPS and source in dead and dead[source].shape == last:
            dead[out] = dead[source]
        left = 1 - float(dead[out].mean()) if out in dead else 1.0
        if products < 1 or left < 1:
            found[place] = (products, left)
    return found


def _int8_weights(graph: Graph, operator: Operator) -> np.ndarray[Any, Any] | None:
    """The weights of an operator whose zero is 0; None where it has none such in the file."""
    import numpy as np

    index = operator.inputs[1] if len(operator.inputs) > 1 else -1
    if operator.name not in COMPUTES or index not in graph.constants or graph.dtype(index) != "int8":
        return None
    quantization = graph.tensors[index].quantization
    points = None if quantization is None else quantization.zeroPoint
    shape = graph.shape(index)
    if graph.sparse(index) or not shape or 0 in shape or (points is not None and np.any(points)):
        return None
    return np.asarray(graph.buffers[graph.tensors[index].buffer].data, np.uint8).view(np.int8).reshape(shape)
