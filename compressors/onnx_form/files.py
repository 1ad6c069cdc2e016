"""Files between two steps of a quantization; the weights of a large one lie beside it.

Whoever reads such a file for its graph, as shape inference does, then has no copy of the weights.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import onnx
from onnxruntime.quantization.shape_inference import quant_pre_process

if TYPE_CHECKING:
    from pathlib import Path

BESIDE = 32_000_000
"""Bytes of weights from which on its weights lie beside it."""
THRESHOLD = 1024


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write a model; one with its weights beside it is of no further use in memory."""
    remove(path)
    if _weight_bytes(model) < BESIDE:
        onnx.save(model, path)
    else:
        onnx.save(
            model, path, save_as_external_data=True, location=_beside(path).name, size_threshold=THRESHOLD
        )


def remove(path: Path) -> None:
    """Delete a file and its weights."""
    for each in (path, _beside(path)):
        each.unlink(missing_ok=True)


def is_large(path: Path) -> bool:
    """Whether a file has its weights beside it."""
    return _beside(path).is_file()


def preprocess(source: Path, target: Path) -> None:
    """Fold batch norms and constants, and infer shapes; `source` goes.

    The library's symbolic inference would need sympy and is not needed here.
    """
    large = is_large(source)
    quant_pre_process(
        source,
        target,
        skip_symbolic_shape=True,
        save_as_external_data=large,
        all_tensors_to_one_file=large,
        external_data_location=_beside(target).name if large else None,
        external_data_size_threshold=THRESHOLD,
    )
    remove(source)
    if large:  # names that are there and empty: else they would tell how the file was made
        model = onnx.load(target)
        for node in model.graph.node:
            if not node.name:
                node.ClearField("name")
        save(model, target)


def _weight_bytes(model: onnx.ModelProto) -> int:
    """Bytes of the weights of a graph: ``ByteSize()`` writes the whole model, and takes twice its size."""
    return sum(
        math.prod(tensor.dims) * onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        for tensor in model.graph.initializer
    )


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.data")
