"""ONNX files made node by node, so that every count in a test can be worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def conv_net(path: Path, *, quantized: bool = False, external: bool = False) -> Path:
    """(batch, 1, 8, 8) → Conv 4@3x3 → Relu → Flatten → Gemm 5: 40 + 725 parameters, 9 weights zero.

    MACs: 6*6*4 * 9 = 1296 and 144 * 5 = 720.
    """
    rng = np.random.default_rng(0)
    conv = rng.normal(size=(4, 1, 3, 3)).astype(np.float32)
    conv[0] = 0
    gemm = rng.normal(size=(5, 144)).astype(np.float32)
    bias = {"bc": np.ones(4, np.float32), "bg": np.ones(5, np.float32)}
    tensors: dict[str, Any] = {"wc": conv, "wg": gemm, **bias}
    nodes = [
        helper.make_node("Conv", ["x", "wc", "bc"], ["c"], name="conv"),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("Gemm", ["f", "wg", "bg"], ["y"], transB=1),
    ]
    if quantized:
        tensors |= {"s": np.float32(0.1), "z": np.uint8(128), "zw": np.int8(0)}
        tensors["wq"] = np.round(conv / 0.1).astype(np.int8)
        del tensors["wc"]
        nodes[:2] = [
            helper.make_node("QuantizeLinear", ["x", "s", "z"], ["xq"]),
            helper.make_node("DequantizeLinear", ["xq", "s", "z"], ["xd"]),
            helper.make_node("DequantizeLinear", ["wq", "s", "zw"], ["wc"]),
            helper.make_node("Conv", ["xd", "wc", "bc"], ["c"]),
            helper.make_node("Relu", ["c"], ["a"]),
            helper.make_node("QuantizeLinear", ["a", "s", "z"], ["aq"]),
            helper.make_node("DequantizeLinear", ["aq", "s", "z"], ["r"]),
        ]
    weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in tensors.items()]
    return save(path, nodes, [("x", ["batch", 1, 8, 8])], [("y", ["batch", 5])], weights, external=external)


def save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: Sequence[tuple[str, Sequence[int | str | None]]],
    outputs: Sequence[tuple[str, Sequence[int | str | None]]],
    weights: list[TensorProto],
    *,
    external: bool = False,
) -> Path:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        weights,
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets)
    options: dict[str, Any] = (
        {"save_as_external_data": True, "location": "weights.bin", "size_threshold": 0} if external else {}
    )
    onnx.save(model, path, **options)
    return path
