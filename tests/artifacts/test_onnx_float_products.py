"""Products of integers whose results are floats run in integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pytest_edgebench.artifacts.inspect.file import inspect

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize(("operator", "float_ops"), [("MatMul", 0), ("Gemm", 0), ("Conv", 1)])
def test_without_a_scale_of_the_result(tmp_path: Path, operator: str, float_ops: int, moved: bool) -> None:
    """ONNX Runtime runs them as MatMulIntegerToFloat and QGemm; it has no such convolution.

    It also carries a scale past an operator that only rearranges.
    """
    shape = [8, 4, 1, 1] if operator == "Conv" else [4, 8]
    given: list[str | int | None] = ["n", 4, 1, 1] if operator == "Conv" else ["n", 4]
    values = np.random.default_rng(0).integers(-99, 99, shape).astype(np.int8)
    scale = numpy_helper.from_array(np.array(0.01, np.float32), "scale")
    zeros = [
        numpy_helper.from_array(np.array(0, dtype), name)
        for name, dtype in (("zero", np.uint8), ("wzero", np.int8))
    ]
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
        helper.make_node("DequantizeLinear", ["w", "scale", "wzero"], ["v"]),
        *([helper.make_node("Transpose", ["d"], ["e"], perm=range(len(given)))] if moved else []),
        helper.make_node(operator, ["e" if moved else "d", "v"], ["y"]),
    ]
    made = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, "w"), scale, *zeros],
    )  # fmt: skip
    path = tmp_path / "m.onnx"
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    assert inspect(path).float_ops == float_ops
    optimized = tmp_path / "optimized.onnx"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(optimized)
    options.log_severity_level = 4
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    kinds = {node.op_type for node in onnx.load(optimized).graph.node}
    assert bool(kinds & {"MatMulIntegerToFloat", "QGemm"}) == (float_ops == 0)
