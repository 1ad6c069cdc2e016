"""The finest scales with which sums of two products of a uint8 and an int8 still fit 16 bits.

Kernels of x86 processors without VNNI (``vpmaddubsw``) add the products of two neighbours along the sum of a
matrix product in 16 bits, saturated. 255 * (a + b) fits where a + b <= 128: that holds for all weights of
-64...64, and as well for larger ones whose neighbours of the same sign are small. Convolutions have no such
order of neighbours, since kernels may lay out the window as they like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import numpy_helper

if TYPE_CHECKING:
    from collections.abc import Collection

    import onnx

    Array = np.ndarray[Any, np.dtype[Any]]

REDUCED = 64
"""The largest weight of the reduced range, of which any two fit."""
TOP = 127
"""Of both one weight and the sum of two before they are rounded, which adds at most 1."""


def overrides(
    model: onnx.ModelProto, left_out: Collection[str], int8: Any
) -> dict[str, list[dict[str, Any]]]:
    """For onnxruntime's quantizer: weight of a matrix product → what is said of each of its channels.

    Args:
        left_out: names of nodes that stay float. int8: the library's word for the type.
    """
    weights = {tensor.name: tensor for tensor in model.graph.initializer if len(tensor.dims) == 2}
    uses: dict[str, int] = {}
    for node in model.graph.node:
        for name in node.input:
            uses[name] = uses.get(name, 0) + 1
    found = {}
    for node in model.graph.node:
        name = node.input[1] if len(node.input) > 1 else ""
        if node.op_type not in ("MatMul", "Gemm") or node.name in left_out or name not in weights:
            continue
        if uses[name] > 1:
            continue  # the other one may add along another axis
        turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        values = numpy_helper.to_array(weights[name])
        scales = finest(values.T if turned else values)
        found[name] = [
            {
                "axis": 0 if turned else 1,
                "quant_type": int8,
                "rmin": np.float32(-TOP * scale),
                "rmax": np.float32(TOP * scale),
                "symmetric": True,
                "reduce_range": False,
            }
            for scale in scales
        ]
    return found


def finest(weight: Array) -> Array:
    """A scale for each column of a weight (rows are summed over, columns); never 0.

    Columns whose weights are whole steps of the reduced range, as `QAT` leaves them, keep these steps.
    """
    top = np.maximum(np.abs(weight).max(0), np.finfo(np.float32).tiny * TOP)
    largest = top
    for part in (np.maximum(weight, 0), np.maximum(-weight, 0)):
        largest = np.maximum(largest, (part[:-1] + part[1:]).max(0, initial=0))
    scales: Array = np.where(is_reduced(weight), top / REDUCED, largest / TOP)
    return scales


def is_reduced(weight: Array) -> Array:
    """For each column whether its weights are whole steps of the reduced range."""
    steps = weight * REDUCED / np.maximum(np.abs(weight).max(0), np.finfo(np.float32).tiny)
    whole: Array = np.abs(steps - np.round(steps)).max(0) < 1e-3
    return whole
