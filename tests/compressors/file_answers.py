"""Run a model file on samples, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


def answers(path: Path, inputs: Any) -> Any:
    """Outputs (n, ...) of a file with one input and one output, as floats; integers by their scales."""
    if path.suffix == ".onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        return np.concatenate([session.run(None, {name: x[None]})[0] for x in inputs])
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    (given,), (wanted,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for x in inputs:
        scale, zero = given["quantization"]
        if scale:  # token numbers have none
            limits = np.iinfo(given["dtype"])
            x = np.clip(np.round(x / scale) + zero, limits.min, limits.max).astype(given["dtype"])
        interpreter.set_tensor(given["index"], x[None])
        interpreter.invoke()
        y = interpreter.get_tensor(wanted["index"])
        if y.dtype != np.float32:
            scale, zero = wanted["quantization"]
            y = (y.astype(np.float32) - zero) * scale
        found.append(y)
    return np.concatenate(found)
